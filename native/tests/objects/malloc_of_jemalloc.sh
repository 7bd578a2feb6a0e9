#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
#
# A program whose malloc is jemalloc's, preloaded before ours.
# @timeout 60
# @needs /usr/lib/*/libjemalloc.so.2
allocator=$(echo /usr/lib/*/libjemalloc.so.2)
LD_PRELOAD=$allocator:$LD_PRELOAD exec "$(dirname "$0")/work"
