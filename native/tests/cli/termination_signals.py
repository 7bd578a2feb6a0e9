# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""SIGTERM, SIGINT, SIGHUP: a final checkpoint, then the tree ends with 128+n, and the same line goes on."""
import os
import signal
import subprocess

from case import PYTHON, expect, goes_on_after_restart
from harness import check


def stop(counter, signo, group=False):
    (os.killpg if group else os.kill)(counter.task.process.pid, signo)
    expect("exit status", counter.task.wait_end(), 128 + signo)
    counter.task.check_nothing_left()
    expect("state", counter.task.json("status.json").get("state"), "stopped")


def test_each_signal_to_the_supervisor(case):
    for signo in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        counter = case.counter()
        counter.task.start()
        counter.count_to(3)
        stop(counter, signo)
        expect("output before", counter.task.log("stdout"), "1 2 3 ")
        with open(os.path.join(counter.task.store, "generations/000001/manifest.json"), encoding="utf-8") as f:
            check('"signal"' in f.read(), "the manifest's cause is not the signal")
        counter.task.start()
        expect("output after", counter.finish(), "4 5 6 ")


def test_the_example_of_the_talk(case):
    """`ckpt run ./counter`, Ctrl-C after 3, the same line continues with 4. Nothing but that on the screen."""
    counter = case.counter()
    task = counter.task
    line = [task.place.ckpt, "run", *task.command]
    task.store = task.path(".ckpt")
    task.start(line)
    counter.count_to(3)
    stop(counter, signal.SIGINT, group=True)
    expect("output before", task.log("stdout"), "1 2 3 ")
    task.start(line)
    expect("output after", counter.finish(), "4 5 6 ")


def test_signal_to_the_whole_session_twice(case):
    counter = case.counter()
    counter.task.start()
    for number in (2, 4):
        counter.count_to(number)
        stop(counter, signal.SIGTERM, group=True)
        counter.task.start()
    expect("output at last", counter.finish(), "5 6 ")


def test_every_process_of_a_tree_is_signalled_at_once(case):
    """What a batch system does at the end of the time limit: SIGTERM to each process of the job. Nothing that the
    signal has done to the tree is in the generation that the same line continues from."""
    task = case.task(["bash", "-c", ": >ready; (until [ -e go ]; do sleep 0.01; done; exit 3) | cat; "
                      "echo ${PIPESTATUS[*]}"])
    task.start()
    task.wait_ready()
    task.checkpoint()
    for pid in task.tree():
        try:
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
    expect("exit status", task.wait_end(), 143)
    task.check_nothing_left()
    task.start()
    task.wait_restarted(1)
    task.touch("go")
    expect("exit status after", task.wait_end(), 0)
    expect("output", task.log("stdout"), "3 0\n")


def test_no_image_of_a_process_that_is_about_to_take_a_signal(case):
    """A restart from it would begin with the signal. One that is blocked may wait in an image as long as it likes. TERM
    is passed on here: otherwise one from outside is held, and the process is whole."""
    script = ("import os, signal, time\nsignal.signal(signal.SIGTERM, lambda *_: None)\n"
              "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])\nopen('ready', 'w')\n"
              "while not os.path.exists('go'): time.sleep(0.01)\n"
              "print(signal.SIGHUP in signal.sigpending() and 'pass')")
    task = case.task([PYTHON, "-c", script], ["--signal", "TERM=pass"])
    task.environ["CKPT_LOG"] = os.path.join(task.logs, "ckpt.log")

    def is_met():
        with open(task.environ["CKPT_LOG"], encoding="utf-8") as log:
            return "has just been signalled" in log.read()
    task.start()
    task.wait_ready()
    pid = next(p for p in task.tree() if p != task.process.pid)
    os.kill(pid, signal.SIGHUP)
    task.checkpoint()
    # Processes, since threads of this one would wait for each other; several, so that one gets the processor in the pause.
    pester = f"import os, time\nprint(flush=True)\nwhile True:\n os.kill({pid}, 15)\n time.sleep(0.0002)"
    pesterers = [subprocess.Popen([PYTHON, "-c", pester], stdout=subprocess.PIPE) for _ in range(3)]
    try:
        for each in pesterers:
            each.stdout.readline()
        while not is_met():  # whether the pause of a try is hit is a matter of chance
            status, _, err = task.ckpt("checkpoint", task.store)
            check(status == 0 or "has just been signalled" in err, f"the reason is {err!r}")
    finally:
        for each in pesterers:
            each.kill()
            each.wait()
    goes_on_after_restart(task)


def test_signal_from_inside_the_tree_is_the_trees_own(case):
    """A script that terminates its own child is not stopped by it, and takes no final checkpoint."""
    task = case.task(["bash", "-c", "sleep 1000 & kill -TERM $!; wait $!; echo $?"])
    task.start()
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "143\n")
