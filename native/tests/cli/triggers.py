# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""What leads to a checkpoint: the interval with its jitter, the least run time, a time limit, signals from outside."""
import math
import os
import re
import signal
import time

from case import PYTHON, expect, generation_dir, parse
from harness import check


def manifest(task, number):
    with open(os.path.join(generation_dir(task, number), "manifest.json"), encoding="utf-8") as f:
        return parse(f.read())


def cause(task, number):
    return manifest(task, number)["cause"]


def wait_generation(task, number):
    task.wait_for(lambda: max(task.generations(), default=0) >= number, f"generation {number}")


def log_of(task):
    try:
        with open(task.environ["CKPT_LOG"], encoding="utf-8") as f:
            return f.read()
    except OSError:
        return ""


def with_log(task):
    task.environ["CKPT_LOG"] = os.path.join(task.logs, "ckpt.log")
    return task


def plan_of(task):
    status, out, err = task.ckpt("status", "--json", task.store)
    expect("status of ckpt status", (status, err), (0, ""))
    return parse(out).get("plan")


def end(task):
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")
    task.check_nothing_left()


def test_jitter_is_random_and_can_be_repeated(case):
    """The waits of a task follow from its seed, and none is longer than the interval."""
    waits = []
    for seed in ("1", "1", "2", None):
        task = with_log(case.waiting(["--interval", "200ms", "--jitter", "50%"]))
        if seed:
            task.environ["CKPT_JITTER_SEED"] = seed
        task.start()
        task.wait_ready()
        wait_generation(task, 3)
        expect("cause", cause(task, 3), "periodic")
        end(task)
        waits.append([float(w) for w in re.findall(r"next interval is ([0-9.]+) s", log_of(task))[:3]])
    expect("waits of the same seed", waits[1], waits[0])
    check(waits[2] != waits[0] and waits[3] != waits[0] and waits[3] != waits[2], f"no difference: {waits}")
    check(all(0.1 <= w <= 0.2 for list_ in waits for w in list_), f"out of bounds: {waits}")


def test_nothing_before_the_least_run_time(case):
    """Neither by the interval nor at the end, which comes at once; on request there is one."""
    task = case.waiting(["--interval", "20ms", "--min-runtime", "1h"])
    task.start()
    task.wait_ready()
    os.kill(task.process.pid, signal.SIGTERM)
    expect("exit status", task.wait_end(), 143)
    expect("generations", task.generations(), [])
    check("--min-runtime" in "".join(task.messages()), f"says {task.messages()}")
    task.check_nothing_left()
    os.unlink(task.path("ready"))
    task.start()
    task.wait_ready()
    task.checkpoint()
    expect("cause", cause(task, max(task.generations())), "request")
    end(task)


def test_run_time_of_earlier_incarnations_counts(case):
    """Where each incarnation is shorter than the least run time, there is progress all the same."""
    task = case.waiting(["--interval", "20ms", "--min-runtime", "400ms"])
    task.start()
    task.wait_ready()
    wait_generation(task, 1)
    check(manifest(task, 1)["runSeconds"] >= 0.4, f"taken after {manifest(task, 1)['runSeconds']} s")
    task.kill_tree()
    task.start()
    task.wait_restarted(1)
    began = max(task.generations())
    wait_generation(task, began + 1)
    end(task)


def test_interval_is_chosen_by_cost_and_failures(case):
    """Daly's formula, with the measured cost; `ckpt status` and the log show what was chosen."""
    task = with_log(case.waiting(["--interval", "auto", "--mtbf", "10h"]))
    task.start(task.run_line("--interval", "auto"))
    task.wait_ready()
    task.wait_for(lambda: plan_of(task), "what was chosen")
    check(not plan_of(task)["costIsMeasured"], "the cost is said to be measured before there was one")
    task.checkpoint()
    task.wait_for(lambda: plan_of(task)["costIsMeasured"], "the measured cost")
    plan, image = plan_of(task), manifest(task, 1)
    cost = image["pauseSeconds"] + image["writeSeconds"]
    part = cost / 2 / 36000
    want = max(5, 10 * cost, math.sqrt(2 * cost * 36000) * (1 + math.sqrt(part) / 3 + part / 9) - cost)
    expect("auto", plan["auto"], True)
    expect("mtbf", plan["mtbfSeconds"], 36000)
    check(abs(plan["costSeconds"] - cost) < 0.01, f"cost is {plan['costSeconds']}, manifest says {cost}")
    check(abs(plan["intervalSeconds"] - want) < 0.05 * want + 0.1, f"interval {plan['intervalSeconds']}, wanted {want}")
    status, out, _ = task.ckpt("status", task.store)
    check(status == 0 and "chosen" in out and "measured" in out, f"ckpt status says {out!r}")
    check(re.search(r"interval \d+ s: .*measured.*failures 36000 s", log_of(task)), "the log does not say it")
    end(task)


def test_chosen_interval_is_kept(case):
    """With failures all the time it is the shortest; a task that ends before it has paid nothing."""
    task = case.waiting(["--mtbf", "1s"])
    line = task.run_line("--interval", "auto")
    task.start(line)
    task.wait_ready()
    end(task)
    expect("generations of a short task", task.generations(), [])
    os.unlink(task.path("go"))
    task.start(line)
    wait_generation(task, 1)
    image = manifest(task, 1)
    expect("cause", image["cause"], "periodic")
    check(image["runSeconds"] >= 4.5, f"taken after {image['runSeconds']} s")
    end(task)


def limited(case, task, line):
    """A task that has an image from just before its time limit, and goes on from there."""
    task.start(line)
    task.wait_ready()
    wait_generation(task, 1)
    expect("cause", cause(task, 1), "time-limit")
    plan = plan_of(task)
    check(plan["timeLimit"].endswith("Z") and plan["leadSeconds"] > 0, f"the plan is {plan}")
    task.kill_tree()
    task.start(task.run_line("--time-limit", "none"))
    task.wait_restarted(1)
    end(task)


def test_image_ahead_of_the_time_limit(case):
    task = case.waiting()
    limited(case, task, task.run_line("--time-limit", "2s"))


def test_time_limit_as_a_time_of_day(case):
    task = case.waiting()
    limited(case, task, task.run_line("--time-limit", f"@{int(time.time()) + 3}"))


def test_time_limit_of_the_batch_system(case):
    """Slurm says when the job ends; the nearer of two limits counts."""
    task = case.waiting()
    task.environ["SLURM_JOB_END_TIME"] = str(int(time.time()) + 3)
    limited(case, task, task.run_line("--time-limit", "10h"))


def test_window_that_is_too_short_is_said_beforehand(case):
    task = case.waiting(["--time-limit", "40ms", "--grace", "1ms"])
    task.start()
    task.wait_ready()
    said = "".join(task.messages())
    check("time limit" in said and "--grace" in said, f"says {said!r}")
    end(task)


def test_signal_that_is_named_is_one_of_those_that_end(case):
    """USR2 by itself, USR1 when it is named: what batch systems announce a limit with."""
    for options, signo in ((), signal.SIGUSR2), (["--signal", "USR1"], signal.SIGUSR1):
        counter = case.counter(options)
        counter.task.start()
        counter.count_to(3)
        os.kill(counter.task.process.pid, signo)
        expect("exit status", counter.task.wait_end(), 128 + signo)
        expect("cause", cause(counter.task, 1), "signal")
        counter.task.start()
        expect("output after", counter.finish(), "4 5 6 ")


def test_signal_that_only_asks_for_an_image(case):
    counter = case.counter(["--signal", "USR2=continue"])
    counter.task.start()
    counter.count_to(2)
    for number in (1, 2):
        os.kill(counter.task.process.pid, signal.SIGUSR2)
        wait_generation(counter.task, number)
        expect("cause", cause(counter.task, number), "signal")
    expect("output", counter.finish(), "1 2 3 4 5 6 ")


def test_signals_that_are_passed_on(case):
    """By a word, and by default what would end ckpt: the task may have another use for it (dd, reload, alarm; exec)."""
    for signo, options in ((signal.SIGHUP, ["--signal", "HUP=pass"]), (signal.SIGUSR1, []), (signal.SIGALRM, []),
                           (signal.SIGRTMIN + 3, [])):
        task = case.task(["bash", "-c", f"trap 'echo got; exit 7' {int(signo)}; : >ready; while :; do sleep 0.01; done"],
                         options)
        task.start()
        task.wait_ready()
        os.kill(task.process.pid, signo)
        expect(f"exit status after {signo}", task.wait_end(), 7)
        expect("output", task.log("stdout"), "got\n")
        expect("generations", task.generations(), [])


def test_end_that_comes_with_another_signal(case):
    """While nobody can look at them, as here before the tree is back, none takes the place of another."""
    counter = case.counter(["--signal", "RTMIN+3=pass"])
    counter.to_three_with_generations()
    pending = ("import os, signal, sys\nboth = {signal.SIGTERM, signal.SIGRTMIN + 3}\n"
               "signal.pthread_sigmask(signal.SIG_BLOCK, both)\nfor one in both: os.kill(os.getpid(), one)\n"
               "os.execv(sys.argv[1], sys.argv[1:])")
    counter.task.start([PYTHON, "-c", pending, *counter.task.run_line()])
    expect("exit status", counter.task.wait_end(), 143)
    expect("state", counter.task.json("status.json").get("state"), "stopped")
    counter.task.start()
    expect("output after", counter.finish(), "4 5 6 ")


def test_signals_that_come_many_at_a_time(case):
    """An engine and its batch system may each send theirs, before the final image is complete."""
    counter = case.counter()
    counter.task.start()
    counter.count_to(3)
    for signo in (signal.SIGUSR2, signal.SIGTERM, signal.SIGHUP, signal.SIGTERM):
        os.kill(counter.task.process.pid, signo)
    check(counter.task.wait_end() in (128 + signal.SIGUSR2, 143, 129), "not ended by a signal")
    expect("state", counter.task.json("status.json").get("state"), "stopped")
    expect("generations", counter.task.generations(), [1])
    counter.task.start()
    expect("output after", counter.finish(), "4 5 6 ")
