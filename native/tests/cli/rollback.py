# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""After a restart the files are what they were at the checkpoint, whatever the tree did to them later."""
import os
import random
import time

from case import expect
from harness import check

SEEDS = 3
OPERATIONS = 2500
KILLS = 10  # a seed, user and kind of directory


def undisturbed(case, seed):
    task = case.task([case.program("random_files"), str(seed), str(OPERATIONS)])
    task.start(task.command)
    expect("exit status", task.wait_end(), 0)
    return task.log("stdout")


def killed_at_random(case, seed, new_directories):
    """The same, killed at any moment after a new generation, until it has been killed often enough."""
    task = case.task([case.program("random_files"), str(seed), str(OPERATIONS)], ("--dedicated",))
    task.deadline += 60 * case.patience
    directory = task.work
    line = task.run_line("--interval", "100ms")
    for number in range(KILLS + 1):
        if number > 0 and new_directories:
            directory = os.path.join(task.dir, f"attempt{number}")
            os.mkdir(directory)
            task.user.own(directory)
        last = max(task.generations(), default=0)
        task.start(line, cwd=directory)
        if number > 0:
            task.wait_restarted(number)
        if number == KILLS:
            break
        task.wait_for(lambda: max(task.generations(), default=0) > last, "a new generation")
        time.sleep(random.uniform(0, 0.15))
        check(task.process.poll() is None, f"ended after {number} kills: {task.log('stdout')!r}")
        task.kill_tree()
    expect("exit status", task.wait_end(), 0)
    return task.log("stdout")


def test_random_operations_in_place(case):
    for seed in range(1, SEEDS + 1):
        expect(f"the sum of seed {seed}", killed_at_random(case, seed, False), undisturbed(case, seed))


def test_random_operations_in_new_directories(case):
    for seed in range(SEEDS + 1, 2 * SEEDS + 1):
        expect(f"the sum of seed {seed}", killed_at_random(case, seed, True), undisturbed(case, seed))
