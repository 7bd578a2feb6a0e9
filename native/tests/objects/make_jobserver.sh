#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# GNU make -j with its jobserver's pipe, a recursive make that shares it, and xargs -P, all in the middle of their work.
. "$(dirname "$0")/testlib.sh"

cat >Makefile <<'END'
MAKEFLAGS += -r
.PHONY: all sub lower
all: $(foreach n,1 2 3 4 5 6,out.$n) sub
out.%:
	@until [ -e go ]; do sleep 0.02; done; echo $* >$@
sub:
	@$(MAKE) --no-print-directory -f Makefile lower
lower: deep.1 deep.2 deep.3
deep.%:
	@until [ -e go ]; do sleep 0.02; done; echo deep $* >$@
END
make -j 3 all &
make=$!
seq 1 8 | xargs -P 4 -I{} sh -c 'until [ -e go ]; do sleep 0.02; done; echo {} >x.{}' &
xargs=$!
ready
wait_go
wait "$make"; same "make's status" 0 $?
wait "$xargs"; same "xargs' status" 0 $?
sabotaged && rm out.3
same "files of make" "1 2 3 4 5 6" "$(cat out.? | sort | tr '\n' ' ' | sed 's/ $//')"
same "files of the recursive make" "deep 1 deep 2 deep 3" "$(cat deep.? | sort | tr '\n' ' ' | sed 's/ $//')"
same "files of xargs" "1 2 3 4 5 6 7 8" "$(cat x.? | sort | tr '\n' ' ' | sed 's/ $//')"
pass
