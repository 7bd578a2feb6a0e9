#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""Python with numpy: many random walkers on a torus. walkers.py [ITERATIONS]

The state is the generator, the walkers' places, a map of how often each cell was visited, and a list of past sums.
"""
import hashlib
import sys

import numpy

SIDE = 256
WALKERS = 20000
STEPS = 60


def digest(*arrays):
    result = hashlib.sha256()
    for array in arrays:
        result.update(array.tobytes())
    return result.hexdigest()[:16]


def main():
    iterations = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    random = numpy.random.Generator(numpy.random.PCG64(20260901))
    places = random.integers(0, SIDE, size=(WALKERS, 2))
    visits = numpy.zeros((SIDE, SIDE), dtype=numpy.int64)
    warmth = numpy.zeros((SIDE, SIDE))
    history = []
    for i in range(1, iterations + 1):
        for _ in range(STEPS):
            places = (places + random.integers(-1, 2, size=places.shape)) % SIDE
            numpy.add.at(visits, (places[:, 0], places[:, 1]), 1)
        warmth = 0.9 * warmth + numpy.sqrt(visits) + 0.1 * numpy.roll(warmth, 1, axis=0)
        history.append(float(warmth.sum()))
        if i % 10 == 0:
            print("Python", i, digest(places, visits, warmth), flush=True)
    print("Python result", repr(sum(history)), digest(places, visits, warmth))


main()
