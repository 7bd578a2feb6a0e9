# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""Children that share memory or descriptors with their parents are named, the task goes on, and is carried after them."""
from case import goes_on_after_restart, one_line
from harness import check


def refused(case, how, reason):
    task = case.task([case.program("shares_with_parent"), how], ("--interval", "50ms"))
    task.start()
    task.wait_ready()
    task.wait_for(task.messages, "a warning")
    check(reason in one_line(task), f"the warning is {task.messages()}")
    task.touch("child_ends")
    task.wait_for(lambda: task.exists("second"), "the second part")
    goes_on_after_restart(task)


def test_suspended_in_vfork(case):
    refused(case, "vfork", "shares its memory")


def test_memory(case):
    refused(case, "memory", "shares its memory")


def test_descriptors(case):
    refused(case, "descriptors", "shares its descriptors")
