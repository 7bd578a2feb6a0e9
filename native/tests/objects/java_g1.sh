#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
#
# Java at work, G1.
# @needs build/tests/java/Work.class
# @timeout 120
exec java -XX:+UseG1GC -cp "$(dirname "$0")" Work
