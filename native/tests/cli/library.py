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


def test_alone_it_does_no_harm(case):
    """Preloaded where no `ckpt` lies beside it: the program runs as if it were not there."""
    counter = case.counter()
    task = counter.task
    alone = os.path.join(task.dir, "libckpt.so")
    shutil.copy(task.place.library, alone)
    task.start(task.command, environ=dict(task.environ, LD_PRELOAD=alone, CKPT_DIR=task.store))
    expect("output", counter.finish(), "1 2 3 4 5 6 ")
    expect("standard error", task.log("stderr"), "")


def test_static_programs_do_not_mind(case):
    task = case.task([case.program("static_program")])
    task.start(task.command, environ=dict(task.environ, LD_PRELOAD=task.place.library, CKPT_DIR=task.store))
    task.wait_ready()
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")
