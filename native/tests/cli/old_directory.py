# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""Where no mount namespace can be had a task goes on in its old directory, and its files move to the new one when it has
ended; where only /proc cannot be mounted, it sees the host's there."""
import os
import shutil
import subprocess
import tempfile

from case import expect, one_line
from harness import check, without
from other_directory import new_directory, tree_of, write

UNMOUNTED = "max_mnt_namespaces"
REASON = "namespaces: no mount namespace can be made here: user.max_mnt_namespaces allows no more; an administrator, or " \
         "whoever set up the container, can allow it"

# A pipeline, and files of all kinds. What is staged as a copy is changed, and a link to an input removed.
WORK = r"""
mkdir -p sub/empty .hidden
seq 3 >a; ln a sub/b; chmod 640 a; ln -s ../a sub/link
printf x >holes; truncate -s 3M holes
echo more >>copied; rm link2
[ -z "$LARGE" ] || head -c 6000000 /dev/urandom >large
: >ready
(until [ -e go ]; do sleep 0.01; done; seq 2000) | while read -r n; do echo "$n"; done | tee numbers | wc -l
rm go ready
touch -d '2001-02-03 04:05:06' old sub/empty
chmod 500 sub
pwd >where
"""


def stage(task, directory):
    """As an engine does, for each attempt."""
    write(task, directory, ".command.run", f"script of {directory}\n")
    write(task, directory, ".attempt", f"{directory}\n")
    write(task, directory, "copied", "input\n")
    for name in ("link1", "link2"):
        os.symlink(os.path.join(task.dir, "input"), os.path.join(directory, name))


def begun(case, environ=None, options=()):
    task = case.task(["bash", "-c", WORK], ("--dedicated", "--exclude", ".command.*", "--each-own", ".att*", *options))
    task.environ.update(environ or {})
    write(task, task.dir, "input", "data\n")
    stage(task, task.work)
    task.start()
    task.wait_ready()
    task.checkpoint()
    task.kill_tree()
    return task


def results_are_right(task, directory, moved=True):
    expect("the work", open(os.path.join(directory, "where"), encoding="utf-8").read(), f"{task.work}\n")
    found = tree_of(directory)
    expect("numbers", found["numbers"], "".join(f"{n}\n" for n in range(1, 2001)).encode())
    expect("names", set(found) - {"large"}, {"sub", "sub/empty", "sub/b", "sub/link", ".hidden", "a", "holes", "copied", "numbers",
                                             "old", "where", "link1", ".command.run", ".attempt"})
    expect("a copied input that was changed", found["copied"], b"input\nmore\n")
    expect("the new attempt's own", found[".command.run"], f"script of {directory}\n".encode())
    if moved:
        expect("what each attempt has of its own", found[".attempt"], f"{directory}\n".encode())
    at = lambda name: os.stat(os.path.join(directory, name))
    expect("names of one file", at("sub/b").st_ino, at("a").st_ino)
    expect("mode", (at("a").st_mode & 0o777, at("sub").st_mode & 0o777), (0o640, 0o500))
    expect("a link", os.readlink(os.path.join(directory, "sub/link")), "../a")
    expect("times", (at("old").st_mtime, at("sub/empty").st_mtime), (981173106.0, 981173106.0))
    check(at("holes").st_size == 3 << 20 and at("holes").st_blocks < 100, "the holes are full")


def ends(task):
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "2000\n")


def test_files_move_when_the_task_has_ended(case):
    task = begun(case)
    retry = new_directory(task)
    stage(task, retry)
    task.start(without(UNMOUNTED, task.run_line()), cwd=retry)
    task.wait_restarted(1)
    expect("message", one_line(task), f"ckpt: warning: the task goes on in its old directory '{task.work}', which does not "
                                      f"stay as it was left, and its files are moved to '{retry}' when it has ended: {REASON}")
    expect("attemptDir", task.json("task.json").get("attemptDir"), task.work)
    ends(task)
    results_are_right(task, retry)
    expect("what stays", set(tree_of(task.work)), {".command.run", ".attempt", "link1"})


def test_check_names_the_way(case):
    task = begun(case)
    for line, words in (([task.place.ckpt, "check", task.store], "in the new directory"),
                        (without(UNMOUNTED, [task.place.ckpt, "check", task.store]), f"in '{task.work}', with the host's /proc")):
        task.start(line)
        expect("exit status of ckpt check", task.wait_end(), 0)
        check(any(l.startswith("image-way") and words in l for l in task.log("stdout").splitlines()), task.log("stdout"))


def test_a_directory_that_had_to_be_made_again_goes_again(case):
    """As on a node's own disk, where each attempt has a directory that ends with it."""
    task = begun(case, options=("--by-reference", "none"))
    shutil.rmtree(task.work)
    for number in (1, 2):
        retry = new_directory(task, f"retry{number}")
        stage(task, retry)
        task.start(without(UNMOUNTED, task.run_line()), cwd=retry)
        task.wait_restarted(number)
        if number == 1:
            task.kill_tree()
    ends(task)
    results_are_right(task, retry, moved=False)
    check(not os.path.exists(task.work), f"what stays: {os.path.exists(task.work) and os.listdir(task.work)}")


def on_other_filesystem(task):
    path = tempfile.mkdtemp(prefix="ckpt-tests-", dir="/dev/shm")
    task.user.own(path)
    return path if os.stat(path).st_dev != os.stat(task.work).st_dev else None


def test_move_that_breaks_off(case):
    """In the midst of a copy, at a limit of the job; the next attempt, in a third directory, makes the same."""
    task = begun(case, {"LARGE": "yes"})
    elsewhere = on_other_filesystem(task)
    try:
        if elsewhere is None:
            return
        stage(task, elsewhere)
        large = open(task.path("large"), "rb").read()
        task.start(without(UNMOUNTED, task.run_line()), cwd=elsewhere)
        task.wait_restarted(1)
        subprocess.run(["prlimit", "--fsize=1000000", "--pid", str(task.process.pid)], check=True,
                       **task.user.popen_arguments())
        task.touch("go")
        expect("exit status", task.wait_end(), 176)
        check(task.exists("large"), "what was not moved is gone")
        check(0 < os.path.getsize(os.path.join(elsewhere, "large")) < len(large), "it did not end while it copied")
        check("move 'large': File too large" in task.messages()[-1], f"says {task.messages()}")
        for number, line in ((2, without(UNMOUNTED, task.run_line())), (3, task.run_line())):
            retry = new_directory(task, f"retry{number}")
            stage(task, retry)
            task.start(line, cwd=retry)
            task.wait_restarted(number)
            if number == 2:
                task.kill_tree()
        write(task, retry, "go", "")
        expect("exit status", task.wait_end(), 0)
        results_are_right(task, retry, moved=False)
        expect("the large file", open(os.path.join(retry, "large"), "rb").read(), large)
    finally:
        shutil.rmtree(elsewhere, ignore_errors=True)


def test_files_are_copied_to_another_filesystem(case):
    task = begun(case)
    elsewhere = on_other_filesystem(task)
    try:
        if elsewhere is None:
            return
        stage(task, elsewhere)
        task.start(without(UNMOUNTED, task.run_line()), cwd=elsewhere)
        task.wait_restarted(1)
        ends(task)
        results_are_right(task, elsewhere)
        expect("what stays", set(tree_of(task.work)), {".command.run", ".attempt", "link1"})
    finally:
        shutil.rmtree(elsewhere, ignore_errors=True)


def test_directories_that_do_not_take_the_files(case):
    """The task has not come to its end: the next attempt goes on."""
    task = begun(case)
    retry = new_directory(task)
    stage(task, retry)
    task.start(without(UNMOUNTED, task.run_line()), cwd=retry)
    task.wait_restarted(1)
    shutil.rmtree(retry)
    task.touch("go")
    expect("exit status", task.wait_end(), 176)
    check(any("the files of the task stay in" in m for m in task.messages()), f"not said: {task.messages()}")
    second = new_directory(task, "second")
    stage(task, second)
    task.start(cwd=second)
    task.wait_restarted(2)
    write(task, second, "go", "")
    expect("exit status", task.wait_end(), 0)
    results_are_right(task, second, moved=False)


def starts_again(task, line, reason, cwd=None):
    task.start(line, cwd=cwd)
    task.wait_for(lambda: any("the command starts from the beginning" in m for m in task.messages()), "the start")
    check(any(reason in m for m in task.messages()), f"not said: {task.messages()}")


def test_something_else_at_the_old_path_is_left_alone(case):
    task = begun(case)
    retry = new_directory(task)
    task.start(cwd=retry)
    task.wait_restarted(1)
    task.kill_tree()
    os.rename(task.work, os.path.join(task.dir, "gone"))
    new_directory(task, os.path.basename(task.work))
    task.touch("somebody's")
    starts_again(task, without(UNMOUNTED, task.run_line()), f"it worked in '{task.work}', where something else is now", retry)
    expect("what is there", os.listdir(task.work), ["somebody's"])


def test_files_of_processes_need_a_proc_of_ones_own(case):
    task = case.task(["bash", "-c", "exec 7</proc/self/maps; : >ready; until [ -e go ]; do sleep 0.01; done; echo pass"])
    task.start()
    task.wait_ready()
    task.checkpoint()
    task.kill_tree()
    os.remove(task.path("ready"))
    starts_again(task, without(UNMOUNTED, task.run_line()), "/maps' open, which takes a /proc of its own")
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")


def test_where_only_proc_cannot_be_mounted(case):
    """As in a container that hides parts of it: what hides them may not be uncovered in a namespace of one's own."""
    task = begun(case)
    retry = new_directory(task)
    stage(task, retry)
    before = tree_of(task.work)
    unshared = "unshare --user --map-current-user --mount --keep-caps"
    # In each one: that of a system in a directory would do for the kernel as well.
    hidden = [*unshared.split(), "sh", "-c", 'set -e; while read -r _ at kind _; do [ "$kind" != proc ] || '
              f'mount --bind /dev/null "$at/version"; done </proc/mounts; exec {unshared} '
              'setpriv --inh-caps=-all --ambient-caps=-all "$@"', "sh"]
    for number in (1, 2):
        task.start([*hidden, *task.run_line()], cwd=retry)
        task.wait_restarted(number)
        check("in /proc the task sees the numbers of the host: namespaces: /proc cannot be mounted here" in one_line(task),
              f"not said: {task.messages()}")
        if number == 1:
            task.checkpoint()
            task.kill_tree()
    write(task, retry, "go", "")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "2000\n")
    results_are_right(task, retry, moved=False)
    check(tree_of(task.work) == before, "the old directory was touched")
