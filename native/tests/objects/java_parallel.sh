#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
#
# Java at work, parallel collector and transparent huge pages.
# @needs build/tests/java/Work.class
# @timeout 120
exec java -XX:+UseParallelGC -XX:+UseTransparentHugePages -cp "$(dirname "$0")" Work
