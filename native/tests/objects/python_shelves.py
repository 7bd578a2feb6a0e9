#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# @needs /usr/bin/python3
# @timeout 60
"""Shelves of every kind that is there (dbm.gnu, dbm.ndbm, dbm.dumb), written to all the time."""
import importlib
import os
import shelve


def kinds():
    for name in ("gnu", "ndbm", "dumb"):
        try:
            yield importlib.import_module("dbm." + name)
        except ImportError:
            pass


shelves = [shelve.Shelf(kind.open("shelf." + kind.__name__, "c")) for kind in kinds()]
n = 0
open("ready", "w", encoding="ascii").close()
while n == 0 or not os.path.exists("go"):
    n += 1
    for shelf in shelves:
        shelf[f"key {n % 997}"] = {"n": n, "text": "x" * (n % 200)}
        if n % 7 == 0:
            shelf.pop(f"key {n // 2 % 997}", None)
            shelf[f"key {n // 2 % 997}"] = {"n": n, "text": "again"}
        if n % 100 == 0:
            shelf.sync()
want = {}
for i in range(1, n + 1):
    want[f"key {i % 997}"] = {"n": i, "text": "x" * (i % 200)}
    if i % 7 == 0:
        want[f"key {i // 2 % 997}"] = {"n": i, "text": "again"}
if "CKPT_TEST_SABOTAGE" in os.environ:
    want.popitem()
wrong = [i for i, shelf in enumerate(shelves) if dict(shelf) != want]
for shelf in shelves:
    shelf.close()
print("pass" if n and shelves and not wrong else f"fail: {len(shelves)} shelves, wrong: {wrong}")
