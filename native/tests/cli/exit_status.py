# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""The exit status of the command is the exit status of `ckpt run`; its images go when it was 0."""
from case import expect, goes_on_after_restart
from harness import check

STATUSES = [("exit 0", 0), ("exit 3", 3), ("exit 255", 255), ("kill -TERM $$", 143), ("kill -KILL $$", 137),
            ("kill -HUP $$", 129), ("trap 'exit 9' TERM; kill -TERM $$; exit 1", 9)]


def test_without_a_checkpoint(case):
    for script, status in STATUSES:
        task = case.task(["bash", "-c", f"{script}"])
        task.start()
        expect(f"status of '{script}'", task.wait_end(), status)
        expect("messages", task.messages(), [])
        expect("state", task.json("status.json").get("state"), "ended")
        expect("exitStatus", task.json("status.json").get("exitStatus"), status)
        task.check_nothing_left()


def test_after_a_restart(case):
    for script, status in STATUSES:
        task = case.task(["bash", "-c", f": >ready; until [ -e go ]; do sleep 0.01; done; {script}"])
        task.start()
        task.wait_ready()
        goes_on_after_restart(task, output=None, status=status)
        expect("exitStatus", task.json("status.json").get("exitStatus"), status)
        task.check_nothing_left()


def test_generations_go_after_status_zero_and_stay_after_another(case):
    for status, left in ((0, []), (5, [1])):
        task = case.task([case.program("waits_then_exits.sh"), str(status)])
        task.start()
        task.wait_ready()
        task.checkpoint()
        expect("generations while it runs", task.generations(), [1])
        task.touch("go")
        expect("exit status", task.wait_end(), status)
        expect(f"generations after status {status}", task.generations(), left)
        check(task.json("task.json").get("argv") and task.json("status.json"), "task.json or status.json is gone")


def test_finished_task_starts_again_from_the_start(case):
    counter = case.counter()
    counter.task.start()
    expect("first output", counter.finish(), "1 2 3 4 5 6 ")
    counter.task.start()
    expect("second output", counter.finish(), "1 2 3 4 5 6 ")
