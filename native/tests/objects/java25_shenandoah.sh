#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
#
# Java 25 at work, Shenandoah.
# @needs /usr/lib/jvm/*-25-*/bin/java
# @timeout 120
java=(/usr/lib/jvm/*-25-*/bin/java)
exec "${java[0]}" -XX:+UseShenandoahGC -cp "$(dirname "$0")" Work
