# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""Standard input, output and error of `ckpt run`, in the shapes that shells and workflow engines give them."""
import os
import random
import signal
import time

from case import expect, goes_on_after_restart
from harness import check

WAIT = ": >ready; until [ -e go ]; do sleep 0.01; done; "


def through_shell(task, line):
    """Starts `sh -c line` with "$@" being the ckpt run line."""
    return ["sh", "-c", line, "sh", *task.run_line()]


def kill_and_finish(task, line):
    """Checkpoint, kill, the same line again, then the end; the contents of the file out of the last incarnation."""
    task.start(through_shell(task, line))
    task.wait_ready()
    task.checkpoint()
    task.kill_tree()
    os.rename(task.path("out"), task.path("out.1"))
    task.start(through_shell(task, line))
    task.wait_restarted(1)
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    task.check_nothing_left()
    with open(task.path("out"), encoding="utf-8") as f:
        return f.read()


def test_pipe_to_tee(case):
    """What Nextflow does: both streams through pipes to tee, outside the tree."""
    task = case.task(["bash", "-c", f"echo before; {WAIT} echo after; echo error >&2"], ("--replay",))
    out = kill_and_finish(task, '{ "$@" 2>&1 >&3 | tee err >&2; } 3>&1 | tee out')
    expect("standard output", out, "before\nafter\n")
    with open(task.path("err"), encoding="utf-8") as f:
        check(f.read().endswith("error\n"), "standard error")


def test_joined_streams_keep_their_order(case):
    script = "for i in 1 2 3; do echo out $i; echo err $i >&2; done; " + WAIT
    task = case.task(["bash", "-c", script + "for i in 4 5 6; do echo out $i; echo err $i >&2; done"], ("--replay",))
    out = kill_and_finish(task, '"$@" >out 2>&1')
    lines = [line for line in out.splitlines() if not line.startswith("ckpt: ")]
    expect("lines", lines, [f"{stream} {i}" for i in range(1, 7) for stream in ("out", "err")])


def test_much_output_with_many_checkpoints(case):
    script = ": >ready; seq 1 150000; until [ -e go ]; do sleep 0.01; done; seq 150001 300000"
    task = case.task(["bash", "-c", script], ("--replay", "--interval", "20ms"))
    task.start()
    task.wait_ready()
    task.wait_for(lambda: max(task.generations(), default=0) >= 1, "a generation")
    task.kill_tree()
    task.touch("go")
    task.start()
    expect("exit status", task.wait_end(), 0)
    check(task.log("stdout") == "".join(f"{i}\n" for i in range(1, 300001)), "the output is not exact")


def test_reader_who_does_not_read(case):
    """The tree waits for him as it would without us; checkpoints go on, and in the end he gets every byte."""
    script = ": >ready; seq 1 100000; : >written; until [ -e go ]; do sleep 0.01; done; echo end"
    task = case.task(["bash", "-c", script])
    task.start(through_shell(task, '"$@" | { until [ -e read ]; do sleep 0.01; done; cat >out; }'))
    task.wait_ready()
    for number in (1, 2):
        task.checkpoint()
        check(not task.exists("written"), "more was taken than a pipe holds")
    task.touch("go")
    task.touch("read")
    expect("exit status", task.wait_end(), 0)
    with open(task.path("out"), encoding="utf-8") as f:
        check(f.read() == "".join(f"{i}\n" for i in range(1, 100001)) + "end\n", "the output is not exact")


def test_end_with_a_reader_who_does_not_read(case):
    """A final image is taken, and nobody waits for longer than the grace time."""
    task = case.task(["bash", "-c", ": >ready; seq 1 100000; until [ -e go ]; do sleep 0.01; done; echo end"],
                     ["--grace", "2s"])
    task.start(through_shell(task, '{ "$@"; echo $? >status; } | { until [ -e read ]; do sleep 0.01; done; }'))
    task.wait_ready()
    copy = os.path.join(task.store, "stdout")
    task.wait_for(lambda: os.path.exists(copy) and os.path.getsize(copy) > 60000, "output")
    os.kill(task.json("lease")["pid"], signal.SIGTERM)
    task.wait_for(lambda: task.exists("status"), "the end")
    task.touch("read")
    task.wait_end()
    with open(task.path("status"), encoding="utf-8") as f:
        expect("exit status", f.read(), "143\n")
    expect("generations", task.generations(), [1])


LOUD = 1200  # writes
KILLS = 5


def loud_in_the_end(case, line, names):
    """What such a shell line leaves in the files of those names, undisturbed and when it is killed on the way: some time
    after a new generation, and while it is still busy with coming back."""
    found = []
    for kills in (0, KILLS):
        task = case.task([case.program("loud"), str(LOUD)], ("--replay", "--interval", "60ms"))
        task.environ["CKPT_LOG"] = os.path.join(task.dir, "log")
        shell = through_shell(task, line) if kills else ["sh", "-c", line, "sh", *task.command]
        for number in range(kills + 1):
            last = max(task.generations(), default=0)
            task.start(shell)
            if number > 0:
                task.wait_restarted(number)
            if number == kills:
                break
            if number % 2 == 0:
                task.wait_for(lambda: max(task.generations(), default=0) > last, "a new generation")
            time.sleep(random.uniform(0, 0.1))
            check(task.process.poll() is None, f"ended after {number} kills")
            task.kill_tree()
        expect("exit status", task.wait_end(), 0)
        task.check_nothing_left()
        found.append([])
        for name in names:
            with open(task.path(name), "rb") as f:
                found[-1].append(f.read())
    for name, want, got in zip(names, *found):
        check(len(want) > 1000000, f"{name} is too short a test: {len(want)} bytes")
        same = len(os.path.commonprefix([want, got]))
        check(got == want, f"{name} has {len(got)} bytes, undisturbed {len(want)}, and is the same up to {same}")


def test_exact_through_one_pipe(case):
    loud_in_the_end(case, '"$@" 2>&1 | tee both >log', ("both", "log"))


def test_exact_through_two_pipes(case):
    """As Nextflow has it."""
    loud_in_the_end(case, '{ "$@" 2>&1 >&3 | tee err >/dev/null; } 3>&1 | tee out >/dev/null', ("out", "err"))


def test_reader_that_goes_away(case):
    """The tree gets SIGPIPE as it would without ckpt."""
    task = case.task(["bash", "-c", "yes; echo ${PIPESTATUS[*]} >status"])
    task.start(through_shell(task, '"$@" | head -n 1'))
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "y\n")
    task.check_nothing_left()
    with open(task.path("status"), encoding="utf-8") as f:
        expect("status of yes", f.read(), "141\n")


def test_output_without_room(case):
    """A pipe cannot tell the tree why nobody takes what it writes: we do."""
    task = case.task(["yes"])
    task.start(through_shell(task, '"$@" >/dev/full'))
    expect("exit status", task.wait_end(), 141)
    expect("messages", task.messages(), ["ckpt: warning: cannot write the output of the task to standard output: "
                                         "No space left on device; it gets SIGPIPE"])


def test_closed_streams(case):
    """What the task writes is lost, and nothing else is: no file of ours has come into their place."""
    say = "for i in {1..1000}; do echo lost; echo lost >&2; done; "
    for closed in (">&-", "<&- >&- 2>&-"):
        task = case.task(["bash", "-c", f"{say} {WAIT} {say} echo kept >out"])
        line = f'"$@" {closed}'
        task.start(through_shell(task, line))
        task.wait_ready()
        goes_on_after_restart(task, output="", line=through_shell(task, line))
        check(task.exists("out"), f"the command did not go on with {closed}")
        expect("owner in the lease", task.json("lease").get("host"), os.uname().nodename)


def test_ignored_signals_of_writing_stay_ignored(case):
    """As services of systemd have it; with or without ours the writer is told by the error."""
    task = case.task(["bash", "-c", "yes | head -n 1; echo ${PIPESTATUS[0]}; grep SigIgn /proc/self/status"])
    task.start(through_shell(task, 'trap "" PIPE XFSZ; "$@"'))
    expect("exit status", task.wait_end(), 0)
    first, status, ignored = task.log("stdout").splitlines()
    expect("output", (first, status), ("y", "1"))
    wanted = 1 << signal.SIGPIPE - 1 | 1 << signal.SIGXFSZ - 1
    expect("ignored signals", int(ignored.split()[1], 16) & wanted, wanted)


def test_input_from_a_file(case):
    """Read on where it was."""
    script = f"read -r a; echo $a; {WAIT} cat"
    task = case.task(["bash", "-c", script], ("--replay",))
    with open(task.path("in"), "w", encoding="utf-8") as f:
        f.write("".join(f"{i}\n" for i in range(1, 20001)))
    expect("output", kill_and_finish(task, '"$@" <in >out'), "".join(f"{i}\n" for i in range(1, 20001)))


def test_input_from_a_pipe(case):
    """What the tree has read is read; the restarted tree goes on with the input of the new line."""
    task = case.task(["bash", "-c", f"read -r a; echo $a; {WAIT} read -r b; echo $b"])
    task.start(through_shell(task, 'echo one | "$@"'))
    task.wait_ready()
    task.checkpoint()
    task.kill_tree()
    expect("output before", task.log("stdout"), "one\n")
    task.start(through_shell(task, 'echo two | "$@"'))
    task.wait_restarted(1)
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output after", task.log("stdout"), "two\n")
