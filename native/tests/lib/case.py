# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""One test of the command line: a function in tests/cli that gets a Case, and the tasks it makes."""
import json
import os

from harness import Task, check


PYTHON = "/usr/bin/python3"


class Case:
    def __init__(self, place, user, name, patience):
        self.place, self.user, self.name, self.patience = place, user, name, patience
        self.tasks = []

    def task(self, command, options=()):
        task = Task(self.place, self.user, self.name, command, options, 30 * self.patience)
        self.tasks.append(task)
        return task

    def program(self, name):
        return os.path.join(self.place.bin, name)

    def waiting(self, options=()):
        """A task that prints `pass` once its file go exists."""
        return self.task([self.program("waits_then_exits.sh")], options)

    def counter(self, options=(), last=6):
        return Counter(self, options, last)


class Counter:
    """A task that prints "1 2 3 4 5 6 ", each number when its step is allowed."""

    def __init__(self, case, options, last):
        self.task = case.task([case.program("counter"), str(last)], options)
        self.last = last

    def count_to(self, number, work=None):
        """Allows all steps up to that number and waits until it is printed."""
        work = work or self.task.work
        for i in range(1, number + 1):
            with open(os.path.join(work, f"step.{i}"), "w", encoding="utf-8"):
                pass
        self.task.wait_for(lambda: os.path.exists(os.path.join(work, f"done.{number}")), f"number {number}")

    def finish(self, status=0):
        """Lets it count to the end; what this incarnation printed."""
        try:
            self.count_to(self.last)
        finally:
            got = self.task.wait_end()
        check(got == status, f"exit status {got}, wanted {status}")
        self.task.check_nothing_left()
        return self.task.log("stdout")

    def to_three_with_generations(self, count=1):
        """Counts to 1, 2, 3 with a checkpoint after each of the last `count` numbers, then dies."""
        self.task.start()
        for number in range(1, 4):
            self.count_to(number)
            if number > 3 - count:
                self.task.checkpoint()
        self.task.kill_tree()


def one_line(task, incarnation=None):
    """The only line ckpt wrote to standard error."""
    lines = task.messages(incarnation)
    check(len(lines) == 1, f"wanted one line of ckpt, got {lines}")
    return lines[0]


def reason_is_named(task, words):
    """No checkpoint can be taken now: the answer, the one warning and `ckpt status` say why."""
    status, _, err = task.ckpt("checkpoint", task.store)
    expect("exit status of ckpt checkpoint", status, 175)
    check(words in err, f"ckpt checkpoint says {err!r}, wanted {words!r}")
    failure = parse(task.ckpt("status", "--json", task.store)[1]).get("failure") or {}
    check(words in failure.get("reason", ""), f"ckpt status says {failure}, wanted {words!r}")
    check(words in one_line(task), f"the warning is {task.messages()}")


def goes_on_after_restart(task, go="go", output="pass\n", line=None, status=0):
    """A checkpoint, kill -9, the same line again; the file `go` lets the task end, as it should."""
    task.checkpoint()
    task.kill_tree()
    task.start(line)
    task.wait_restarted(1)
    task.touch(go)
    expect("exit status", task.wait_end(), status)
    if output is not None:
        expect("output", task.log("stdout"), output)


def expect(what, got, want):
    check(got == want, f"{what} is {got!r}, wanted {want!r}")


def parse(text):
    try:
        return json.loads(text)
    except ValueError as e:
        check(False, f"not JSON: {e}: {text[:200]!r}")


def generation_dir(task, number):
    return os.path.join(task.store, "generations", f"{number:06d}")


def last_restart(task):
    restarts = task.restarts()
    check(restarts, "status.json has no restart")
    return restarts[-1]["generation"]
