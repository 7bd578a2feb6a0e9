# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""Choices at a restart: --generation, --fresh, launch, restart, --replay, and the bare form."""
import os

from case import expect, last_restart
from harness import check

PYTHON = "/usr/bin/python3"


def test_chosen_generation(case):
    counter = case.counter()
    counter.to_three_with_generations(2)
    counter.task.start(counter.task.run_line("--generation", "1"))
    expect("output", counter.finish(), "3 4 5 6 ")
    expect("restarted from", last_restart(counter.task), 1)


def test_restart_command(case):
    counter = case.counter()
    counter.to_three_with_generations(2)
    counter.task.start([counter.task.place.ckpt, "restart", counter.task.store])
    expect("output", counter.finish(), "4 5 6 ")


def test_restart_where_no_generation_is(case):
    counter = case.counter()
    counter.task.start()
    counter.count_to(2)
    counter.task.kill_tree()
    counter.task.start([counter.task.place.ckpt, "restart", counter.task.store])
    expect("exit status", counter.task.wait_end(), 176)
    counter.task.start()
    expect("output of run", counter.finish(), "1 2 3 4 5 6 ")


def test_fresh_and_launch_start_from_the_start(case):
    for word, option in (("run", "--fresh"), ("launch", "--keep=2")):
        counter = case.counter()
        task = counter.task
        counter.to_three_with_generations(2)
        task.start([task.place.ckpt, word, "--dir", task.store, option, "--", *task.command])
        expect(f"output of {word} {option}", counter.finish(), "1 2 3 4 5 6 ")


def test_replay(case):
    """With --replay the incarnation that finishes prints all, also over several restarts."""
    counter = case.counter(("--replay",))
    task = counter.task
    task.start()
    for number in (2, 4):
        counter.count_to(number)
        task.checkpoint()
        counter.count_to(number + 1)  # printed after the checkpoint, so printed again
        task.kill_tree()
        task.start()
    expect("output", counter.finish(), "1 2 3 4 5 6 ")


def test_output_after_the_checkpoint_comes_again_without_replay(case):
    counter = case.counter()
    task = counter.task
    task.start()
    counter.count_to(2)
    task.checkpoint()
    counter.count_to(4)
    task.kill_tree()
    expect("output before", task.log("stdout"), "1 2 3 4 ")
    task.start()
    expect("output after", counter.finish(), "3 4 5 6 ")


def bare_form(case, line=()):
    """LD_PRELOAD=libckpt.so CKPT_DIR=... ./counter, ckpt checkpoint, kill, ckpt restart."""
    counter = case.counter()
    task = counter.task
    environ = dict(task.environ, LD_PRELOAD=task.place.library, CKPT_DIR=task.store, CKPT_INTERVAL="0")
    task.start([*line, "env", *(f"{k}={environ[k]}" for k in ("LD_PRELOAD", "CKPT_DIR", "CKPT_INTERVAL")),
                *task.command])
    counter.count_to(3)
    task.checkpoint()
    task.kill_tree()
    expect("output before", task.log("stdout"), "1 2 3 ")
    task.start([task.place.ckpt, "restart", task.store])
    finished = counter.finish()
    # The first half went straight to a file, which may be where the second half goes as well.
    check(task.log("stdout", 1) + finished == "1 2 3 4 5 6 ", f"{task.log('stdout', 1)!r} {finished!r}")


def test_bare_form(case):
    bare_form(case)


def test_bare_form_in_the_group_of_a_shell(case):
    """Whose number is that of the parent, as in a script that a terminal's shell has started."""
    bare_form(case, ("bash", "-c", 'set -m; ("$@"; :) & wait', "-"))


def test_bare_form_undisturbed(case):
    """Without anybody asking for a checkpoint nothing shows, and nothing stays behind."""
    counter = case.counter()
    task = counter.task
    environ = dict(task.environ, LD_PRELOAD=task.place.library, CKPT_DIR=task.store)
    task.start(task.command, environ=environ)
    expect("output", counter.finish(), "1 2 3 4 5 6 ")
    expect("standard error", task.log("stderr"), "")


def test_settings_from_the_environment(case):
    counter = case.counter()
    task = counter.task
    task.environ.update(CKPT_DIR=task.store, CKPT_INTERVAL="50ms", CKPT_SIGNAL="USR1")
    line = [task.place.ckpt, "run", *task.command]
    task.start(line)
    counter.count_to(3)
    done = max(task.generations(), default=0)
    task.wait_for(lambda: max(task.generations(), default=0) >= done + 2, "periodic generations")
    task.kill_tree()
    task.start(line)
    expect("output", counter.finish(), "4 5 6 ")


def test_what_is_missing_for_a_moment(case):
    """A file that the tree has mapped, on a server that does not answer at once, costs no generation."""
    task = case.task([PYTHON, "-c", "import mmap, os, time\nfile = open('../mapped', 'rb')\n"
                      "at = mmap.mmap(file.fileno(), 0, mmap.MAP_PRIVATE, mmap.PROT_READ)\nfile.close()\n"
                      "open('ready', 'w')\nwhile not os.path.exists('go'): time.sleep(0.01)\nprint(at[:4].decode())"])
    mapped, log = os.path.join(task.dir, "mapped"), os.path.join(task.dir, "log")
    with open(mapped, "w", encoding="utf-8") as f:
        f.write("pass")
    task.user.own(mapped)
    task.start()
    task.wait_ready()
    task.checkpoint()
    task.kill_tree()
    os.rename(mapped, mapped + ".away")
    task.environ["CKPT_LOG"] = log
    task.start()
    task.wait_for(lambda: os.path.exists(log) and "mapped': No such file or directory; trying again" in
                  open(log, encoding="utf-8").read(), "the first try")
    os.rename(mapped + ".away", mapped)
    task.wait_restarted(1)
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")
    expect("messages", task.messages(), [])
