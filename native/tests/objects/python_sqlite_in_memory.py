#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# @timeout 60
"""SQLite at work, one database in memory and one in a file with a transaction that is open at every checkpoint."""
import os
import sqlite3

memory, file = sqlite3.connect(":memory:"), sqlite3.connect("base.db", isolation_level=None)
memory.execute("create table t (n integer primary key, text text)")
file.execute("pragma journal_mode=delete")
file.execute("create table t (n integer primary key, text text)")
n = 0
file.execute("begin")
open("ready", "w", encoding="ascii").close()
while not os.path.exists("go"):
    n += 1
    memory.execute("insert into t values (?, ?)", (n, "x" * (n % 300)))
    file.execute("insert into t values (?, ?)", (n, "y" * (n % 300)))
    if n % 40 == 0:
        memory.commit()
        file.execute("commit")
        file.execute("begin")
file.execute("commit")
if "CKPT_TEST_SABOTAGE" in os.environ:
    file.execute("delete from t where n = 1")
want = (n, n * (n + 1) // 2, sum(i % 300 for i in range(1, n + 1)))
results = [c.execute("select count(*), sum(n), sum(length(text)) from t").fetchone() for c in (memory, file)]
results.append(sqlite3.connect("base.db").execute("select count(*), sum(n), sum(length(text)) from t").fetchone())
print("pass" if results == [want] * 3 else f"fail: {results} instead of {want}")
