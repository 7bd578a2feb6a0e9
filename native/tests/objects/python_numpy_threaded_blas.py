#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# @needs /usr/lib/python3/dist-packages/numpy
# @timeout 120
"""numpy at work: threads of BLAS, arrays large and small, mapped from a file and shared, random numbers that go on."""
import os
import threading

import numpy as np

stop = threading.Event()
rounds = [0, 0]


def multiply(number, left, right, want):
    while not stop.is_set() or rounds[number] < 3:
        if not np.allclose(left @ right, want):
            rounds[number] = -10**9
        rounds[number] += 1


def main():
    random = np.random.default_rng(11)
    big = random.standard_normal((300, 300))
    inverse = np.linalg.inv(big)
    mapped = np.memmap("mapped", dtype="i8", mode="w+", shape=(1 << 16,))
    mapped[:] = np.arange(1 << 16)
    threads = [threading.Thread(target=multiply, args=(i, big, inverse, np.eye(300))) for i in range(2)]
    for thread in threads:
        thread.start()
    values = np.random.default_rng(5)
    drawn = [values.integers(1 << 40) for _ in range(10)]
    open("ready", "w", encoding="ascii").close()
    while not os.path.exists("go"):
        drawn.append(values.integers(1 << 40))
        assert np.linalg.svd(big[:60, :60], compute_uv=False).min() > 0
    stop.set()
    for thread in threads:
        thread.join()
    again = np.random.default_rng(5 + ("CKPT_TEST_SABOTAGE" in os.environ))
    right = drawn == [again.integers(1 << 40) for _ in drawn] and min(rounds) > 0
    right = right and int(mapped.sum()) == (1 << 16) * ((1 << 16) - 1) // 2
    os.write(1, b"pass\n" if right else b"fail: numpy has other results\n")
    os._exit(0 if right else 1)


main()
