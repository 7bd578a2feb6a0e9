#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
#
# Java 25 at work, virtual threads on generational ZGC. The source is compiled by its launcher.
# @needs /usr/lib/jvm/*-25-*/bin/java
# @timeout 120
java=(/usr/lib/jvm/*-25-*/bin/java)
exec "${java[0]}" -XX:+UseZGC -Xmx256m "$(dirname "$0")/Virtual.java"
