# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""What the preloaded library asks of a system, and what it does where it can't work."""
import os
import re
import shutil
import subprocess

from case import expect
from harness import check


def test_loads_into_old_systems(case):
    """No symbol newer than GLIBC_2.17, and no other library."""
    check(shutil.which("readelf"), "readelf (binutils) is missing")
    text = subprocess.run(["readelf", "-W", "-d", "-V", "--dyn-syms", case.place.library], capture_output=True,
                          text=True, check=True).stdout
    versions = {tuple(map(int, v.split("."))) for v in re.findall(r"GLIBC_([0-9.]+)", text)}
    check(all(v <= (2, 17) for v in versions), f"versions {sorted(versions)}")
    expect("libraries it needs", re.findall(r"NEEDED.*\[(.*)\]", text), [])


# Made where no filter of the program's is in force (before main, or in a restored process), or by the program itself.
UNFILTERED = """capset execve getrandom ioprio_set mlock mlock2 mlockall prlimit64 rseq sched_setaffinity sched_setscheduler
seccomp semop set_robust_list setgroups setpriority setresgid setresuid setsid statx""".split()


def test_its_system_calls_are_foreseen(case):
    """What filter_check.c asks seccomp filters for is all that the library does."""
    source = os.path.join(os.path.dirname(__file__), "..", "..", "src", "preload")
    texts = {name: open(os.path.join(source, name), encoding="utf-8").read() for name in os.listdir(source)}
    table = texts.pop("filter_check.c").split("needs[] =")[1]
    foreseen = set(re.findall(r"^    [A-Z_]+\((\w+)", table, re.MULTILINE))
    made = {call for text in texts.values() for call in re.findall(r"\braw[0-6]\(\s*SYS_(\w+)", text)}
    check(len(made) > 80, f"only {len(made)} system calls were found")
    expect("system calls that filter_check.c lacks", sorted(made - foreseen - set(UNFILTERED)), [])


def test_alone_it_does_no_harm(case):
    """Preloaded where no `ckpt` lies beside it: the program runs as if it were not there."""
    counter = case.counter()
    task = counter.task
    alone = os.path.join(task.dir, "libckpt.so")
    shutil.copy(task.place.library, alone)
    task.start(task.command, environ=dict(task.environ, LD_PRELOAD=alone, CKPT_DIR=task.store))
    expect("output", counter.finish(), "1 2 3 4 5 6 ")
    expect("standard error", task.log("stderr"), "")


def test_function_that_a_plug_in_brings(case):
    """What the library stands in front of need not be there when a program starts."""
    if not os.path.exists(case.program("loads_a_plug_in")):
        print("left out library.function_that_a_plug_in_brings: no musl-gcc here")
        return
    task = case.task([case.program("loads_a_plug_in"), case.program("brings_a_function.so")])
    task.start()
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")


def test_static_programs_do_not_mind(case):
    task = case.task([case.program("static_program")])
    task.start(task.command, environ=dict(task.environ, LD_PRELOAD=task.place.library, CKPT_DIR=task.store))
    task.wait_ready()
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")
