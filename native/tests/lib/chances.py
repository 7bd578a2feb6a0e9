# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""The second chance of failed tests: a machine that is busy for a moment must not fail a whole run, and a test that
fails every time, or too many that fail now and then, must."""

REPEATS = 3  # that a failed test has to pass, each alone
UNSETTLED_MAX = 3  # tests in one run that may need them
FAILED_MAX = 20  # beyond it something is broken: repeats would only take long


class Verdict:
    """What became of the tests that failed at first: (test, its problem) each."""

    def __init__(self):
        self.unsettled, self.failed = [], []

    def summary(self):
        """The line about the unsettled ones, None without any."""
        if not self.unsettled:
            return None
        names = ", ".join(str(test) for test, _ in self.unsettled)
        more = f"; more than {UNSETTLED_MAX} are a failure" if self.too_many() else ""
        return f"{len(self.unsettled)} unsettled, passed {REPEATS} times when alone: {names}{more}"

    def too_many(self):
        return len(self.unsettled) > UNSETTLED_MAX

    def failures(self):
        """How many tests count as failed."""
        return len(self.failed) + (len(self.unsettled) if self.too_many() else 0)


def second_chances(failures, passes):
    """Judges (test, problem) of every test that failed: `passes(test)` runs it once more, with nothing beside it."""
    verdict = Verdict()
    hopeless = len(failures) > FAILED_MAX
    for test, problem in failures:
        settled = not hopeless and all(passes(test) for _ in range(REPEATS))
        (verdict.unsettled if settled else verdict.failed).append((test, problem))
    return verdict
