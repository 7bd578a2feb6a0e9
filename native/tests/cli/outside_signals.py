# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""Signals that batch systems send to every process of a task at once: they take effect when the final image is
complete, and are not in it. What processes of the tree send each other takes effect at once."""
import os
import signal

from case import expect
from harness import check


def signal_everybody(task, signo, supervisor=True):
    for pid in task.tree():
        if pid != task.process.pid or supervisor:
            try:
                os.kill(pid, signo)
            except ProcessLookupError:
                pass


def final(task, signo):
    expect("exit status", task.wait_end(), 128 + signo)
    task.check_nothing_left()
    expect("state", task.json("status.json").get("state"), "stopped")


# A child that dies of the signal, a trap that runs, or a sleep that ends early shows in the output.
PIPELINE = ("trap 'echo trapped' TERM USR2; : >ready; (until [ -e go ]; do read -t 0.02 <>fifo; done; exit 3) | cat; "
            "echo ${PIPESTATUS[*]}")


def pipeline(case, options=()):
    task = case.task(["bash", "-c", PIPELINE], options)
    os.mkfifo(task.path("fifo"))
    task.user.own(task.path("fifo"))
    return task


def catches(pid, name, signo):
    """Whether it is such a program, and beyond the start of its library."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as f:
            status = dict(line.split(":", 1) for line in f)
    except OSError:
        return False
    return status["Name"].strip() == name and int(status["SigCgt"], 16) >> (signo - 1) & 1 == 1


def wait_complete(task):
    """What is between exec and its library's start gets a signal as without us."""
    task.wait_ready()
    task.wait_for(lambda: any(catches(pid, "cat", signal.SIGTERM) for pid in task.tree()), "cat")


def test_every_process_of_a_tree_at_once(case):
    """As the first thing that ever happens to the task, and again to what was restarted."""
    for signo in (signal.SIGTERM, signal.SIGUSR2, signal.SIGHUP):
        task = pipeline(case)
        task.start()
        wait_complete(task)
        signal_everybody(task, signo)
        final(task, signo)
        task.start()
        task.wait_restarted(1)
        signal_everybody(task, signo)
        final(task, signo)
        task.start()
        task.wait_restarted(2)
        task.touch("go")
        expect("exit status after", task.wait_end(), 0)
        expect("output", task.log("stdout"), "3 0\n")


def test_programs_with_handlers_of_their_own(case):
    """Python turns SIGINT into an exception; here it would do so in every process."""
    task = case.task(["python3", "-c", "import os, time, subprocess, sys\n"
                      "child = subprocess.Popen([sys.executable, '-c', 'import os, time\\n'\n"
                      "    'open(\"child\", \"w\")\\nwhile not os.path.exists(\"go\"): time.sleep(0.02)'])\n"
                      "while not os.path.exists('child'): time.sleep(0.02)\n"
                      "open('ready', 'w')\n"
                      "while not os.path.exists('go'): time.sleep(0.02)\n"
                      "print(child.wait())\n"])
    task.start()
    task.wait_ready()
    signal_everybody(task, signal.SIGINT)
    final(task, signal.SIGINT)
    task.start()
    task.wait_restarted(1)
    task.touch("go")
    expect("exit status after", task.wait_end(), 0)
    expect("output", task.log("stdout"), "0\n")


def test_one_process_from_outside(case):
    """There is an image from before it takes effect; then it does what it does without us."""
    task = case.task(["bash", "-c", "trap 'echo got; exit 5' TERM; : >ready; until [ -e go ]; do read -t 0.02 <>fifo; done; "
                      "echo end"])
    os.mkfifo(task.path("fifo"))
    task.user.own(task.path("fifo"))
    task.start()
    task.wait_ready()
    signal_everybody(task, signal.SIGTERM, supervisor=False)
    expect("exit status", task.wait_end(), 5)
    expect("output", task.log("stdout"), "got\n")
    expect("generations", task.generations(), [1])
    task.start()
    task.wait_restarted(1)
    task.touch("go")
    expect("exit status after", task.wait_end(), 0)
    expect("output after", task.log("stdout"), "end\n")


def test_signals_from_inside_are_delivered_at_once(case):
    """By bash, by kill(1), by timeout(1), by a program to itself, and to a session of its own; no image is taken."""
    task = case.task(["bash", "-c",
                      "sleep 1000 & kill -TERM $!; wait $!; echo $?; "
                      "sleep 1000 & env kill -HUP $!; wait $!; echo $?; "
                      "timeout 0.1 sleep 1000; echo $?; "
                      "bash -c 'kill -INT $$'; echo $?; "
                      "setsid -w bash -c 'echo $$ >pid; sleep 1000 & wait' & until [ -s pid ]; do sleep 0.01; done; "
                      "kill -USR2 $(cat pid); wait $!; echo $?; pkill -TERM -s $(cat pid); "
                      "python3 -c 'import os, signal\n"
                      "signal.signal(signal.SIGTERM, lambda n, f: print(n))\n"
                      "os.kill(os.getpid(), signal.SIGTERM)\n"
                      "signal.raise_signal(signal.SIGTERM)'"])
    task.start()
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "143\n129\n124\n130\n140\n15\n15\n")
    expect("highest generation ever", os.path.exists(os.path.join(task.store, "generations", ".last")), False)


def test_what_programs_see_of_their_dispositions(case):
    """The library stands in front of some signals; nobody is told."""
    task = case.task([case.program("dispositions")])
    task.start()
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")


def test_final_image_that_cannot_be_taken(case):
    """Then every process gets its signal after all, and the task ends of it. Who is in the way of the image stays there."""
    static = f"trap '' TERM; exec '{case.program('static_program')}' >log 2>&1"
    task = case.task(["bash", "-c", f"trap 'echo trapped; exit 4' TERM; ({static}) & "
                      "until [ -e ready ]; do sleep 0.01; done; : >begun; wait"])
    task.start()
    task.wait_for(lambda: task.exists("begun"), "begun")
    signal_everybody(task, signal.SIGTERM)
    expect("exit status", task.wait_end(), 4)
    expect("output", task.log("stdout"), "trapped\n")
    check("no final checkpoint" in "".join(task.messages()), f"says {task.messages()}")


def test_signal_of_every_process_that_only_asks_for_an_image(case):
    task = pipeline(case, ["--signal", "USR2=continue"])
    task.start()
    wait_complete(task)
    signal_everybody(task, signal.SIGUSR2)
    task.wait_for(task.generations, "an image")
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "3 0\n")


def test_processes_that_are_just_being_forked(case):
    """None of them takes effect in a child that does not know yet who it is."""
    task = case.task(["bash", "-c", "echo $$ >pid; : >ready; for ((i = 0; i < 500; i++)); do (:) || echo died $?; done; "
                      "echo end"], ["--signal", "HUP=continue", "--min-runtime", "1h"])
    task.start()
    task.wait_ready()
    with open(task.path("pid"), encoding="utf-8") as f:
        group = int(f.read())
    while task.process.poll() is None:
        try:
            os.killpg(group, signal.SIGHUP)
        except ProcessLookupError:
            break
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "end\n")
