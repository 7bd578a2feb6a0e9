# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""What tests/run makes of tests that fail."""
from case import expect
from chances import FAILED_MAX, REPEATS, UNSETTLED_MAX, second_chances


def judged(*results):
    """The verdict on tests that failed once, each with the results of its repeats; and how many repeats there were."""
    left = {number: list(given) for number, given in enumerate(results)}
    verdict = second_chances([(number, "why") for number in left], lambda number: left[number].pop(0))
    return verdict, sum(map(len, results)) - sum(map(len, left.values()))


def test_second_chance_needs_every_repeat(_case):
    verdict, repeats = judged([True] * REPEATS, [True] * (REPEATS - 1) + [False], [False, True, True])
    expect("unsettled", verdict.unsettled, [(0, "why")])
    expect("failed", verdict.failed, [(1, "why"), (2, "why")])
    expect("failures", verdict.failures(), 2)
    expect("repeats", repeats, 2 * REPEATS + 1)


def test_second_chance_is_for_a_few(_case):
    few, _ = judged(*[[True] * REPEATS] * UNSETTLED_MAX)
    expect("failures", few.failures(), 0)
    many, _ = judged(*[[True] * REPEATS] * (UNSETTLED_MAX + 1))
    expect("failures of one more", many.failures(), UNSETTLED_MAX + 1)
    broken, repeats = judged(*[[True] * REPEATS] * (FAILED_MAX + 1))
    expect("failures of a broken build", (broken.failures(), repeats), (FAILED_MAX + 1, 0))
