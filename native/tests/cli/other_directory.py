# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""A restart in another working directory: it starts as a copy of the old one and stands at its path."""
import os
import shutil

from case import expect
from harness import check


def tree_of(path):
    """Relative name -> content, or None for a directory."""
    found = {}
    for where, directories, files in os.walk(path):
        for name in directories:
            found[os.path.relpath(os.path.join(where, name), path)] = None
        for name in files:
            with open(os.path.join(where, name), "rb") as f:
                found[os.path.relpath(os.path.join(where, name), path)] = f.read()
    return found


def new_directory(task, name="retry"):
    path = os.path.join(task.dir, name)
    os.mkdir(path)
    task.user.own(path)
    return path


def write(task, directory, name, content):
    path = os.path.join(directory, name)
    with open(path, "w", encoding="utf-8") as f:
        f.write(content)
    task.user.own(path)


def test_work_goes_on_in_a_copy(case):
    task = case.task([case.program("cwd_umask_and_environment")], ("--dedicated", "--exclude", ".command.*", "--exclude", "big?"))
    write(task, task.work, "input", "data\n")
    write(task, task.work, "big1", "left out\n")
    write(task, task.work, ".command.run", "old script\n")
    os.symlink("input", task.path("link"))
    os.mkdir(task.path("below"))
    write(task, task.path("below"), "big2", "not at the top level\n")
    task.user.own(task.path("below"))
    task.start()
    task.wait_ready()
    task.checkpoint()
    task.kill_tree()
    before = tree_of(task.work)
    retry = new_directory(task)
    write(task, retry, ".command.run", "new script\n")
    task.start(cwd=retry)
    task.wait_restarted(1)
    expect("attemptDir", task.json("task.json").get("attemptDir"), retry)
    expect("workdir", task.json("task.json").get("workdir"), task.work)
    write(task, retry, "go", "")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")
    check(tree_of(task.work) == before, "the old directory was touched")
    after = tree_of(retry)
    expect("input", after.get("input"), b"data\n")
    expect("the symbolic link", os.readlink(os.path.join(retry, "link")), "input")
    expect("a file below", after.get("below/big2"), b"not at the top level\n")
    expect("an excluded file", after.get("big1"), None)
    expect("an excluded file with a new version", after.get(".command.run"), b"new script\n")
    check("sub/written_here" in after, "what was written after the restart is elsewhere")


def test_three_attempts_in_three_directories(case):
    """Each starts from the one before; the program's own path is in the working directory, too."""
    counter = case.counter(("--dedicated",))
    task = counter.task
    program = task.command[0]
    where = [task.work, new_directory(task, "second"), new_directory(task, "third")]
    for number, directory in enumerate(where):
        shutil.copy(program, directory)
        task.command[0] = os.path.join(directory, "counter")
        task.start(cwd=directory)
        if number > 0:
            task.wait_restarted(number)
        counter.count_to(2 * number + 2, directory)
        if number < 2:
            task.checkpoint()
            task.kill_tree()
            expect("output", task.log("stdout"), f"{2 * number + 1} {2 * number + 2} ")
    expect("exit status", task.wait_end(), 0)
    expect("output at last", task.log("stdout"), "5 6 ")
    for number, directory in enumerate(where):
        done = sorted(int(n[5:]) for n in os.listdir(directory) if n.startswith("done."))
        expect(f"what lies in {directory}", done, list(range(1, 2 * number + 3)))


def test_file_is_cut_back_in_the_copy(case):
    """What was appended after the checkpoint is gone in the copy and stays in the old directory."""
    task = case.task([case.program("file_grown_after_checkpoint")], ("--dedicated",))
    task.start()
    task.wait_ready()
    task.checkpoint()
    size = os.path.getsize(task.path("append"))
    task.wait_for(lambda: os.path.getsize(task.path("append")) > size + 50, "growth")
    task.kill_tree()
    grown = tree_of(task.work)
    retry = new_directory(task)
    task.start(cwd=retry)
    task.wait_restarted(1)
    write(task, retry, "go", "")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")
    check(tree_of(task.work) == grown, "the old directory was touched")
