#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
#
# A program whose malloc is mimalloc's, preloaded before ours.
# @timeout 60
# @needs /usr/lib/*/libmimalloc.so.2
allocator=$(echo /usr/lib/*/libmimalloc.so.2)
LD_PRELOAD=$allocator:$LD_PRELOAD exec "$(dirname "$0")/work"
