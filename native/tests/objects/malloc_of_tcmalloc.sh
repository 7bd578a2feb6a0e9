#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
#
# A program whose malloc is tcmalloc's, preloaded before ours.
# @timeout 60
# @needs /usr/lib/*/libtcmalloc_minimal.so.4
allocator=$(echo /usr/lib/*/libtcmalloc_minimal.so.4)
LD_PRELOAD=$allocator:$LD_PRELOAD exec "$(dirname "$0")/work"
