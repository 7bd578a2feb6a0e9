#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
#
# The same addresses in every process, with and without our library.
# @timeout 60
exec setarch -R "$(dirname "$0")/work"
