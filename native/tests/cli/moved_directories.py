# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""A task that was started by hand goes on in its directory, wherever that lies now, and whoever calls from elsewhere is
told."""
import os

from case import expect, one_line
from harness import check


def others(task, name):
    path = os.path.join(task.dir, name)
    os.mkdir(path)
    task.user.own(path)
    return path


def begun(case, store=None):
    """Killed at 3, with an image at 2."""
    counter = case.counter()
    task = counter.task
    if store:
        task.store = store(task)
    task.start()
    counter.count_to(2)
    task.checkpoint()
    counter.count_to(3)
    task.kill_tree()
    return counter, task


def test_called_from_another_directory(case):
    counter, task = begun(case)
    elsewhere = others(task, "elsewhere")
    task.start(cwd=elsewhere)
    task.wait_restarted(1)
    expect("output", counter.finish(), "3 4 5 6 ")
    expect("message", one_line(task), f"ckpt: warning: the task goes on in '{task.work}', where it was started")
    expect("what lies in the other directory", os.listdir(elsewhere), [])


def test_directory_moved_with_its_store(case):
    """What is not the task's stays as it is; at the old path nothing is left behind."""
    counter, task = begun(case, lambda task: os.path.join(task.work, ".ckpt"))
    with open(task.path("notes.txt"), "w", encoding="utf-8") as f:
        f.write("somebody's\n")
    old, new = task.work, os.path.join(task.dir, "new place", "work")
    os.mkdir(os.path.dirname(new))
    os.rename(old, new)
    task.user.own(os.path.dirname(new))
    task.work, task.store = new, os.path.join(new, ".ckpt")
    for number in (1, 2):
        task.start()
        task.wait_restarted(number)
        if number == 1:
            expect("message", one_line(task), f"ckpt: warning: '{old}', where the task was started, is gone: "
                                              f"it goes on in '{new}'")
            counter.count_to(4)
            task.checkpoint()
            counter.count_to(5)
            task.wait_for(lambda: task.log("stdout") == "3 4 5 ", "the output")
            task.kill_tree()
    expect("output", counter.finish(), "5 6 ")
    expect("what others have there", open(task.path("notes.txt"), encoding="utf-8").read(), "somebody's\n")


def test_nothing_is_left_at_the_old_path(case):
    counter, task = begun(case)
    old, task.work = task.work, os.path.join(task.dir, "new")
    os.rename(old, task.work)
    task.start()
    task.wait_restarted(1)
    expect("output", counter.finish(), "3 4 5 6 ")
    check(not os.path.exists(old), "the old path is there again")


def test_nothing_is_left_of_what_two_tasks_share(case):
    """Whoever ends last removes what is above both, also where another incarnation was killed that had made it."""
    first, second = case.counter(), case.counter()
    old, new = (os.path.join(first.task.dir, "project", name) for name in ("old", "new"))
    os.makedirs(old)
    for counter, name in ((first, "a"), (second, "b")):
        task = counter.task
        task.work = os.path.join(old, name)
        os.mkdir(task.work)
        for path in (task.work, old, os.path.dirname(old)):
            task.user.own(path)
        task.start()
        counter.count_to(2)
        task.checkpoint()
        task.kill_tree()
        task.work = os.path.join(new, name)
    os.rename(old, new)
    for task in (first.task, second.task):
        task.start()
        task.wait_restarted(1)
    first.task.kill_tree()
    expect("output", second.finish(), "3 4 5 6 ")
    first.task.start()
    first.task.wait_restarted(2)
    expect("output", first.finish(), "3 4 5 6 ")
    check(not os.path.exists(old), "the old path is there again")


def test_restart_of_a_directory_that_is_gone(case):
    """`ckpt restart` is called from anywhere: where the task is to go on it cannot know."""
    _, task = begun(case)
    os.rename(task.work, os.path.join(task.dir, "new"))
    status, out, err = task.ckpt("restart", task.store)
    expect("exit status", status, 176)
    check("is gone; `ckpt run` in the one that it has become goes on there" in err, f"not said: {(out + err)!r}")
