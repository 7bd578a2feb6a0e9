#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# @timeout 60
"""SQLite with a write-ahead log: two processes write, each with a transaction open now and then, one of them reads."""
import multiprocessing
import os
import sqlite3

LAST = 300


def connect():
    return sqlite3.connect("base.db", isolation_level=None, timeout=30)


def write(who, rounds):
    """Batches of rows; the log is folded into the database every few pages."""
    base = connect()
    base.execute("pragma wal_autocheckpoint=20")
    n = 0
    while not os.path.exists("go") or n == 0:
        base.execute("begin immediate")
        for _ in range(10):
            n += 1
            base.execute("insert into t values (?, ?, ?)", (who, n, "x" * (n % LAST)))
        base.execute("commit")
        rounds.value = n
        if n % 50 == 0:
            seen, total = base.execute("select count(*), sum(n) from t where who = ?", (who,)).fetchone()
            if (seen, total) != (n, n * (n + 1) // 2):
                raise SystemExit(f"fail: {who} sees {seen} rows of {n}")
    base.close()


setup = connect()
if setup.execute("pragma journal_mode=wal").fetchone() != ("wal",):
    raise SystemExit("fail: no write-ahead log")
setup.execute("create table t (who text, n integer, text text)")
context = multiprocessing.get_context("fork")
setup.close()
counts = {who: context.Value("q", 0) for who in ("parent", "child")}
child = context.Process(target=write, args=("child", counts["child"]))
child.start()
open("ready", "w", encoding="ascii").close()
write("parent", counts["parent"])
child.join()
base = connect()
if "CKPT_TEST_SABOTAGE" in os.environ:
    base.execute("delete from t where n = 1")
for who, count in counts.items():
    n = count.value
    want = (n, n * (n + 1) // 2, sum(i % LAST for i in range(1, n + 1)))
    got = base.execute("select count(*), sum(n), sum(length(text)) from t where who = ?", (who,)).fetchone()
    if got != want:
        raise SystemExit(f"fail: {who} wrote {want}, found {got}")
whole = base.execute("pragma integrity_check").fetchone()
print("pass" if whole == ("ok",) and child.exitcode == 0 else f"fail: {whole}, child {child.exitcode}")
