#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
#
# Java at work, ZGC, which maps its heap several times.
# @needs build/tests/java/Work.class
# @timeout 120
exec java -XX:+UseZGC -Xmx256m -cp "$(dirname "$0")" Work
