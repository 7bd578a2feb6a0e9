# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""Variables that belong to the job are those of the job that a restart runs in: for getenv in programs of the image, and
in every environment that these give to new ones."""
import json
import os
import shutil

from case import PYTHON, expect
from harness import check

# Prints, whenever a file step.N appears, what getenv says, and what programs are given: with the process's own
# environment, with a list made before the checkpoint, and with an empty one.
SHOW = """
import ctypes, json, os, subprocess, sys, time
libc = ctypes.CDLL(None)
libc.getenv.restype = ctypes.c_char_p
names = sys.argv[1].split(",")
os.environ["SLURM_OWN"] = "mine"
del os.environ["SLURM_UNSET"]
def pick(lines):
    found = dict(line.split("=", 1) for line in lines if "=" in line)
    return [found.get(name) for name in names]
def child(environment):
    return pick(subprocess.run(["env"], env=environment, stdout=subprocess.PIPE, text=True).stdout.splitlines())
def getenv(name):
    value = libc.getenv(name.encode())
    return value and value.decode()
step = 0
open("ready", "w").close()
while True:
    step += 1
    while not os.path.exists(f"step.{step}"):
        time.sleep(0.01)
    with open(f"shown.{step}.part", "w") as f:
        json.dump([[getenv(name) for name in names], child(None), child(dict(os.environ)), child({})], f)
    os.rename(f"shown.{step}.part", f"shown.{step}")
"""
NAMES = ["SLURM_JOB_ID", "SLURM_GONE", "SLURM_NEW", "SLURM_OWN", "SLURM_UNSET", "MINE"]
FIRST = {"SLURM_JOB_ID": "1", "SLURM_GONE": "here", "SLURM_OWN": "job", "SLURM_UNSET": "job", "MINE": "a"}
SECOND = {"SLURM_JOB_ID": "2", "SLURM_NEW": "n", "SLURM_OWN": "job2", "SLURM_UNSET": "job2", "MINE": "b"}
THIRD = {"SLURM_JOB_ID": "3", "SLURM_OWN": "job3", "SLURM_UNSET": "job3", "MINE": "c"}


def shows(case, options=(), names=NAMES):
    return case.task([PYTHON, "-c", SHOW, ",".join(names)], options)


def job(task, variables):
    return {**task.environ, **variables}


def shown(task, step):
    task.touch(f"step.{step}")
    task.wait_for(lambda: task.exists(f"shown.{step}"), f"what step {step} shows")
    with open(task.path(f"shown.{step}"), encoding="utf-8") as f:
        return json.load(f)


def begin(task, variables):
    task.start(environ=job(task, variables))
    task.wait_ready()


def again(task, variables, number, *options):
    task.checkpoint()
    task.kill_tree()
    task.start(task.run_line(*options), environ=job(task, variables))
    task.wait_restarted(number)


def test_values_of_each_new_job(case):
    """Its own variables the task keeps; the old job's are replaced, removed and added, and an empty environment stays so."""
    task = shows(case)
    begin(task, FIRST)
    nothing = [None] * len(NAMES)
    first = ["1", "here", None, "mine", None, "a"]
    expect("first job", shown(task, 1), [first, first, first, nothing])
    again(task, SECOND, 1)
    second = ["2", None, "n", "mine", None, "a"]
    expect("second job", shown(task, 2), [second, second, second, nothing])
    again(task, THIRD, 2)
    third = ["3", None, None, "mine", None, "a"]
    expect("third job", shown(task, 3), [third, third, third, nothing])


def test_no_variable_at_all(case):
    task = shows(case, ("--refresh-env", "none"))
    begin(task, FIRST)
    again(task, SECOND, 1)
    expect("getenv", shown(task, 1)[0], ["1", "here", None, "mine", None, "a"])


def test_variables_by_name(case):
    """The list is the task's: a restart that gives none uses it, another one replaces it."""
    task = shows(case, ("--refresh-env", "default,MI?E"))
    begin(task, FIRST)
    task.options = []
    again(task, SECOND, 1)
    expect("with the recorded list", shown(task, 1)[0], ["2", None, "n", "mine", None, "b"])
    again(task, THIRD, 2, "--refresh-env", "MINE")
    expect("with another list", shown(task, 2)[0], ["2", None, "n", "mine", None, "c"])


def test_shell_started_before(case):
    """A shell has a copy of its variables; what it starts gets the new values."""
    task = case.task(["bash", "-c", "touch ready; until [ -e go ]; do sleep 0.01; done\n"
                      'echo "shell $SLURM_JOB_ID"; printenv SLURM_JOB_ID SLURM_NEW; env -i env | grep -c SLURM; :'])
    begin(task, FIRST)
    again(task, SECOND, 1)
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "shell 1\n2\nn\n0\n")


def test_shell_that_gives_its_variables_back(case):
    """bash frees the list it has made once a variable changes: no entry in it may be another's memory."""
    task = case.task(["bash", "-c", "touch ready; export FIRST=1; /bin/true; until [ -e go ]; do sleep 0.01; done\n"
                      "export SECOND=2; echo $(printenv SLURM_JOB_ID SECOND); printenv SLURM_JOB_ID; :"])
    begin(task, {"SLURM_JOB_ID": "1"})
    again(task, {"SLURM_JOB_ID": "2"}, 1)
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "2 2\n2\n")
    expect("other standard error", task.other_stderr(), "")


def place_of(task, name):
    path = os.path.join(task.dir, name)
    os.mkdir(path)
    task.user.own(path)
    return path


def temporary_directory(case, makes_file):
    """What TMPDIR is after a restart in a job with another one, and the rest of the output."""
    task = case.task(["bash", "-c", '[ "$0" = no ] || echo kept > $TMPDIR/file; touch ready\n'
                      "until [ -e go ]; do sleep 0.01; done; printenv TMPDIR; cat $TMPDIR/file 2>&1; :",
                      "yes" if makes_file else "no"])
    old, new = place_of(task, "old"), place_of(task, "new")
    begin(task, {"TMPDIR": old})
    task.checkpoint()
    task.kill_tree()
    shutil.rmtree(old)
    task.start(environ=job(task, {"TMPDIR": new}))
    task.wait_restarted(1)
    task.touch("go")
    task.wait_end()
    value, _, rest = task.log("stdout").partition("\n")
    return os.path.basename(value), rest


def test_place_of_the_new_job(case):
    expect("TMPDIR", temporary_directory(case, False)[0], "new")


def test_place_with_files_keeps_its_name(case):
    """The task knows its files by the old name, and there they come back."""
    expect("TMPDIR and content", temporary_directory(case, True), ("old", "kept\n"))


def test_list_that_makes_no_sense(case):
    for bad in ("", "A,,B", "1A", "A B", "A=1"):
        task = shows(case, ("--refresh-env", bad))
        task.start()
        expect("exit status", task.wait_end(), 2)
        check(f"--refresh-env is '{bad}'" in task.log("stderr"), f"not named: {task.log('stderr')!r}")


def maps_of(pid):
    try:
        with open(f"/proc/{pid}/maps", encoding="utf-8") as f:
            return f.read()
    except OSError:  # it has just ended
        return ""


def test_store_and_library_in_another_place(case):
    """Both move between two incarnations: new programs get the library, and what they write is noted where it counts."""
    task = case.task(["bash", "-c", "touch ready; until [ -e go ]; do sleep 0.01; done\n"
                      "bash -c 'echo one > ../file; touch written; until [ -e on ]; do sleep 0.01; done; cat ../file'; :"])
    before, elsewhere = (os.path.join(task.dir, name) for name in ("bin", "bin.moved"))
    shutil.copytree(case.place.bin, before)
    task.start([os.path.join(before, "ckpt"), *task.run_line()[1:]])
    task.wait_ready()
    task.checkpoint()
    task.kill_tree()
    os.rename(before, elsewhere)
    moved = os.path.join(task.dir, "moved")
    os.rename(task.store, moved)
    task.store = moved
    line = [os.path.join(elsewhere, "ckpt"), *task.run_line()[1:]]
    task.start(line)
    task.wait_restarted(1)
    task.touch("go")
    task.wait_for(lambda: task.exists("written"), "the file outside")
    library = f" {os.path.join(elsewhere, 'libckpt.so')}\n"
    check(any(library in maps_of(p) for p in task.tree()), "no program has the library from its new place")
    task.checkpoint()
    task.kill_tree()
    os.remove(os.path.join(task.dir, "file"))
    task.start(line)
    task.wait_restarted(2)
    task.touch("on")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "one\n")
    expect("other standard error", task.other_stderr(), "")
