# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""A task that asks for its own checkpoints, or for none: `ckpt checkpoint` in its script, include/ckpt.h in a program."""
import glob
import json
import os
import signal
import subprocess

from case import expect
from harness import check


def cause(task, number):
    with open(os.path.join(task.store, "generations", f"{number:06d}", "manifest.json"), encoding="utf-8") as f:
        return json.load(f)["cause"]


def test_script_asks_for_an_image(case):
    """The request returns when the image is complete, and again, with success, in the task that is restarted from it."""
    task = case.task(["bash", "-c", f"n=$('{case.program('ckpt')}' checkpoint) || exit 9; echo \"$n\"; : >ready; "
                      "until [ -e go ]; do sleep 0.01; done; echo end"])
    task.start()
    task.wait_ready()
    expect("generations", task.generations(), [1])
    expect("cause", cause(task, 1), "request")
    task.wait_for(lambda: task.log("stdout") == "generation 1\n", "the answer")
    task.kill_tree()
    os.unlink(task.path("ready"))
    task.start()
    task.wait_restarted(1)
    task.wait_ready()
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output before", task.log("stdout", 1), "generation 1\n")
    expect("output after", task.log("stdout"), "generation 1\nend\n")
    task.check_nothing_left()


def test_script_names_its_own_store(case):
    task = case.task(["bash", "-c", f"'{case.program('ckpt')}' checkpoint \"$STORE\" | cat; echo ${{PIPESTATUS[0]}}"])
    task.environ["STORE"] = task.store
    task.start()
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "generation 1\n0\n")


def test_script_is_told_why_there_is_none(case):
    task = case.task(["bash", "-c", f"'{case.program('static_program')}' & until [ -e ready ]; do sleep 0.01; done; "
                      f"'{case.program('ckpt')}' checkpoint; echo $?; : >go; wait"])
    task.start()
    expect("exit status", task.wait_end(), 0)
    check("175\n" in task.log("stdout"), f"prints {task.log('stdout')!r}")
    check("static" in task.log("stderr") and "ckpt: no checkpoint: " in task.log("stderr"),
          f"says {task.log('stderr')!r}")


def test_outside_of_a_task_a_store_is_needed(case):
    status, _, err = case.task(["true"]).ckpt("checkpoint")
    expect("exit status", status, 2)
    check("needs one DIR outside of a task" in err, f"says {err!r}")


def test_program_asks_for_an_image(case):
    """From C, in executables that are linked with and without PIE."""
    for name in ("knows_moments", "knows_moments_fixed"):
        task = case.task([case.program(name), "request"])
        task.start()
        task.wait_ready()
        expect("generations", task.generations(), [1])
        task.kill_tree()
        os.unlink(task.path("ready"))
        task.start()
        task.wait_restarted(1)
        task.wait_ready()
        task.touch("go")
        expect("exit status", task.wait_end(), 0)
        expect("output", task.log("stdout"), "1 7\n2\n")


def test_program_runs_without_us(case):
    """Also one that is statically linked."""
    for name in ("knows_moments", "knows_moments_fixed", "knows_moments_static"):
        task = case.task([case.program(name), "request"])
        task.touch("go")
        task.start(task.command)
        expect("exit status", task.wait_end(), 0)
        expect("output", task.log("stdout"), "0 7\n0\n")


def test_python_asks_for_an_image(case):
    task = case.task(["python3", "-c", "import ctypes\n"
                      "library = ctypes.CDLL(None)\n"
                      "print(library.ckpt_request() if hasattr(library, 'ckpt_request') else None, flush=True)\n"])
    task.start()
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "1\n")


def test_no_image_while_a_program_holds_it_off(case):
    """Neither a periodic one nor one that is asked for; both come when it is over."""
    task = case.task([case.program("knows_moments"), "hold"], ["--interval", "30s", "--jitter", "0", "--grace", "60s"])
    task.start()
    task.wait_ready()
    asked = subprocess.Popen([task.place.ckpt, "checkpoint", task.store], stdout=subprocess.PIPE,
                             **task.user.popen_arguments())
    task.environ["CKPT_LOG"] = ""
    task.wait_for(lambda: glob.glob(os.path.join(task.store, "requests", "*")), "the request")
    expect("generations", task.generations(), [])
    check(asked.poll() is None, "the request has been answered")
    task.touch("go")
    out, _ = asked.communicate(timeout=20)
    expect("answer", out, b"generation 1\n")
    task.touch("end")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "1\n1\n")


def test_hold_that_is_forgotten(case):
    """It delays an image, and does not prevent it: neither a periodic one nor the last."""
    task = case.task([case.program("knows_moments"), "hold"], ["--interval", "300ms"])
    task.start()
    task.wait_ready()
    task.wait_for(lambda: len(task.generations()) >= 1, "a periodic image")
    task.kill_tree()
    task.start(task.run_line("--interval", "0", "--grace", "2s"))
    task.wait_restarted(1)
    os.kill(task.process.pid, signal.SIGTERM)
    expect("exit status", task.wait_end(), 143)
    expect("cause", cause(task, max(task.generations())), "signal")
    task.start(task.run_line("--interval", "0"))
    task.wait_restarted(2)
    task.touch("go")
    task.touch("end")
    expect("exit status after", task.wait_end(), 0)
