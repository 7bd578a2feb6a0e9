#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""Pools of processes and threads at work: multiprocessing.Pool, ProcessPoolExecutor, subprocesses started by threads."""
import concurrent.futures
import multiprocessing
import os
import subprocess
import sys
import time


def work(number):
    while not os.path.exists("go"):
        time.sleep(0.01)
    return number * number


def shell(number):
    script = f"until [ -e go ]; do sleep 0.02; done; exit {number}"
    return subprocess.run(["sh", "-c", script], check=False).returncode


def main():
    with multiprocessing.Pool(2) as pool, concurrent.futures.ProcessPoolExecutor(2) as executor, \
            concurrent.futures.ThreadPoolExecutor(4) as threads:
        mapped = pool.map_async(work, range(20))
        futures = [executor.submit(work, n) for n in range(20)]
        shells = [threads.submit(shell, n) for n in range(6)]
        with open("ready", "w", encoding="utf-8"):
            pass
        squares = [n * n for n in range(20)]
        if "CKPT_TEST_SABOTAGE" in os.environ:
            squares[3] = 0
        got = [mapped.get(), [f.result() for f in futures], [s.result() for s in shells]]
    if got != [squares, squares, list(range(6))]:
        print("fail:", got)
        sys.exit(1)
    print("pass")


if __name__ == "__main__":
    main()
