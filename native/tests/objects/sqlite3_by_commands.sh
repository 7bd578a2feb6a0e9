#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
#
# The sqlite3 program with a write-ahead log, told what to do through a pipe, while others read the same database.
# @needs /usr/bin/sqlite3
# @timeout 60
. "$(dirname -- "$0")/testlib.sh"

coproc base { exec sqlite3 -batch base.db; }
ask() { # SQL: the one line that it answers
    printf '%s\n' "$1" >&"${base[1]}"
    IFS= read -r answer <&"${base[0]}"
}

ask 'pragma journal_mode=wal;'
same 'journal mode' wal "$answer"
ask 'pragma wal_autocheckpoint=10;'
ask 'create table t (n integer primary key, text text); select 1;'
ready
n=0
until [ -e go ]; do
    n=$((n + 1))
    ask "begin; insert into t values ($n, printf('%.*c', $n % 500, 'x')); commit; select count(*) from t;"
    same 'number of rows' "$n" "$answer"
    if [ $((n % 40)) = 0 ]; then
        same 'seen by another' "$n" "$(sqlite3 base.db 'select max(n) from t;')"
    fi
done
sabotaged && ask 'delete from t where n = 1; select 1;'
printf '.quit\n' >&"${base[1]}"
wait "$base_PID"
same 'at the end' "$n $((n * (n + 1) / 2)) ok" \
    "$(sqlite3 -separator ' ' base.db 'select count(*), sum(n) from t;') $(sqlite3 base.db 'pragma integrity_check;')"
pass
