# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""Wrong lines: one line on standard error, exit status 2, nothing touched."""
import os

from case import expect, one_line
from harness import check

WRONG = [
    ["run"], ["run", "--"], ["run", "--no-such-option", "--", "true"], ["run", "--interval", "soon", "--", "true"],
    ["run", "--interval", "-1s", "--", "true"], ["run", "--interval", "99999999999999999999s", "--", "true"],
    ["run", "--keep", "0", "--", "true"], ["run", "--keep", "two", "--", "true"], ["run", "--dir"],
    ["run", "--grace", "", "--", "true"], ["run", "--generation", "x", "--", "true"],
    ["run", "--signal", "NOSUCH", "--", "true"], ["run", "--signal", "KILL", "--", "true"],
    ["run", "--checkpoint-signal", "KILL", "--", "true"], ["run", "--mtbf", "0", "--", "true"],
    ["run", "--time-limit", "@soon", "--", "true"], ["run", "--jitter", "110%", "--", "true"],
    ["run", "--memory", "1G", "--", "true"], ["run", "--min-runtime", "", "--", "true"],
    ["run", "--label", "no-equals-sign", "--", "true"], ["launch"], ["launch", "--replay=maybe", "--", "true"],
    ["restart"], ["restart", "a", "b"], ["checkpoint"], ["checkpoint", "--timeout", "x", "a"],
    ["list", "--no-such-option", "a"], ["verify"], ["status"], ["inspect"], ["frobnicate"], ["--frobnicate"],
]


def test_wrong_lines(case):
    task = case.task(["true"])
    for line in WRONG:
        status, out, err = task.ckpt(*line)
        shown = "ckpt " + " ".join(line)
        expect(f"exit status of '{shown}'", status, 2)
        expect(f"output of '{shown}'", out, "")
        check(err.startswith("ckpt: ") and err.count("\n") == 1, f"'{shown}' says {err!r}")
    expect("what lies in the directory", sorted(os.listdir(task.dir)), ["logs", "work"])


def test_help_and_version(case):
    task = case.task(["true"])
    for line, word in ((["--help"], "checkpoint"), (["run", "--help"], "--time-limit"),
                       (["list", "-h"], "--json"), (["--version"], "0.")):
        status, out, err = task.ckpt(*line)
        expect(f"exit status of {line}", status, 0)
        check(word in out and err == "", f"{line} says {out!r} {err!r}")


def test_directory_of_another_command(case):
    counter = case.counter()
    counter.to_three_with_generations()
    task = counter.task
    task.start(task.run_line()[:-1] + ["7"])
    expect("exit status", task.wait_end(), 2)
    one_line(task)
    expect("output", task.log("stdout"), "")
    expect("generations", task.generations(), [1])
    task.start()
    expect("output of the right command", counter.finish(), "4 5 6 ")


def test_directory_without_images_takes_any_command(case):
    """One that was misspelt, failed or has succeeded: there is nothing to lose."""
    task = case.task(["true"])
    for number, (command, status) in enumerate(((["/nonexistent/program"], 127), (["sh", "-c", "exit 3"], 3),
                                                (["true"], 0), (["false"], 1)), 1):
        task.start([*task.run_line()[:-1], *command])
        expect(f"exit status of {command}", task.wait_end(), status)
        expect(f"what {command} is told", len(task.messages()), 1 if status == 127 else 0)
        expect("command on record", task.json("task.json")["argv"], command)
    expect("exit status on record", task.json("status.json")["exitStatus"], 1)


def test_command_that_does_not_exist(case):
    task = case.task(["/nonexistent/program"])
    task.start()
    expect("exit status", task.wait_end(), 127)
    check("/nonexistent/program" in one_line(task), f"the line is {task.messages()}")


def test_command_that_may_not_be_executed(case):
    task = case.task(["/etc/passwd"])
    task.start()
    expect("exit status", task.wait_end(), 126)
    check("/etc/passwd" in one_line(task), f"the line is {task.messages()}")


def test_store_that_cannot_be_made(case):
    """Not the status of a command that does not exist: nobody has looked for it."""
    status, out, err = case.task(["true"]).ckpt("run", "--dir", "/proc/store", "--", "true")
    expect("exit status", status, 2)
    check(out == "" and err.startswith("ckpt: make store '/proc/store': "), f"{out!r} {err!r}")
