# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""After a restart the files are what they were at the checkpoint, whatever the tree did to them later."""
import os
import random
import shutil
import time

from case import expect
from harness import check, without

SEEDS = 3
OPERATIONS = int(os.environ.get("CKPT_TEST_OPERATIONS", "2500"))
SAME = 40_000_000  # bytes of a file that nobody changes
KILLS = int(os.environ.get("CKPT_TEST_KILLS", "10"))  # a seed, user and kind of directory


def undisturbed(case, seed):
    task = case.task([case.program("random_files"), str(seed), str(OPERATIONS)])
    task.deadline += OPERATIONS / 100 * case.patience
    task.start(task.command)
    expect("exit status", task.wait_end(), 0)
    return task.log("stdout")


def killed_at_random(case, seed, new_directories, launcher=lambda line: line):
    """The same, killed at any moment after a new generation, until it has been killed often enough."""
    task = case.task([case.program("random_files"), str(seed), str(OPERATIONS)], ("--dedicated",))
    task.deadline += 60 * case.patience * OPERATIONS / 2500
    directory = task.work
    line = task.run_line("--interval", "100ms")
    for number in range(KILLS + 1):
        if number > 0 and new_directories:
            directory = os.path.join(task.dir, f"attempt{number}")
            os.mkdir(directory)
            task.user.own(directory)
        last = max(task.generations(), default=0)
        task.start(launcher(line) if number > 0 else line, cwd=directory)
        if number > 0:
            task.wait_restarted(number)
        if number == KILLS:
            break
        task.wait_for(lambda: max(task.generations(), default=0) > last, "a new generation")
        time.sleep(random.uniform(0, 0.15))
        check(task.process.poll() is None, f"ended after {number} kills: {task.log('stdout')!r}")
        task.kill_tree()
    expect("exit status", task.wait_end(), 0)
    return task.log("stdout")


def test_random_operations_in_place(case):
    for seed in range(1, SEEDS + 1):
        expect(f"the sum of seed {seed}", killed_at_random(case, seed, False), undisturbed(case, seed))


def test_random_operations_in_new_directories(case):
    for seed in range(SEEDS + 1, 2 * SEEDS + 1):
        expect(f"the sum of seed {seed}", killed_at_random(case, seed, True), undisturbed(case, seed))


def test_random_operations_in_the_old_directory(case):
    """Where no mount namespace can be had."""
    seed = 2 * SEEDS + 1
    sum_of_it = killed_at_random(case, seed, True, lambda line: without("max_mnt_namespaces", line))
    expect(f"the sum of seed {seed}", sum_of_it, undisturbed(case, seed))


def test_names_of_one_file_in_a_directory_that_is_renamed(case):
    """Renaming a directory shows in no file below it: some of a file's names go, others have stayed. In which order they are
    met is chance, so there are many."""
    script = """
for i in $(seq 20); do mkdir d$i; echo $i >f$i; ln f$i d$i/f; ln f$i g$i; done
: >ready
until [ -e go ]; do
    if [ -e move ] && [ ! -e moved ]; then for i in $(seq 20); do mv d$i e$i; done; : >moved; fi
    sleep 0.01
done
for i in $(seq 20); do
    [ f$i -ef d$i/f ] && [ f$i -ef g$i ] && [ "$(stat -c %h f$i)" = 3 ] && [ "$(cat g$i)" = $i ] || echo "fail: $i"
done
echo pass"""
    task = case.task(["bash", "-c", script], ("--dedicated",))
    task.start()
    task.wait_ready()
    task.checkpoint()
    task.touch("move")
    task.wait_for(lambda: task.exists("moved"), "the new names")
    task.kill_tree()
    task.start()
    task.wait_restarted(1)
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")


def everywhere(case, elsewhere):
    """Killed again and again while it writes in /tmp and /dev/shm; elsewhere: as if on another host each time."""
    task = case.task([case.program("writes_everywhere.sh")])
    with open(task.path("log"), "w", encoding="utf-8") as f:
        f.write("before\n")
    task.user.own(task.path("log"))
    task.start()
    task.wait_ready()
    with open(task.path("places"), encoding="utf-8") as f:
        places = f.read().split()
    task.wait_for(lambda: os.path.getsize(task.path("log")) > 9, "the first lines")
    for number in range(1, 4):
        task.checkpoint()
        size = os.path.getsize(task.path("here"))
        task.wait_for(lambda: os.path.getsize(task.path("here")) > size + 40, "growth")
        task.kill_tree()
        if elsewhere:
            shutil.rmtree(places[0])
            os.remove(places[1])
        with open(task.path("of somebody else"), "w", encoding="utf-8") as f:
            f.write("left alone\n")
        task.start()
        task.wait_restarted(number)
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")
    check(os.path.exists(task.path("of somebody else")), "a file of somebody else was removed")
    check(not any(os.path.exists(p) for p in places), "files were left behind")


def test_files_outside_of_the_working_directory(case):
    everywhere(case, False)


def test_files_outside_on_another_host(case):
    everywhere(case, True)


MAKES_A_SEMAPHORE = """
import _multiprocessing, os, time
def wait_for(name):
    while not os.path.exists(name):
        time.sleep(0.01)
open("ready", "w").close()
wait_for("make")
_multiprocessing.SemLock(1, 0, 1, os.environ["SEMAPHORE"], False)
open("made", "w").close()
wait_for("go")
_multiprocessing.sem_unlink(os.environ["SEMAPHORE"])
print("pass")
"""


def test_semaphore_made_after_the_image(case):
    """With O_EXCL, as everybody does: the one that the killed attempt has left would be in the way."""
    task = case.task(["python3", "-c", MAKES_A_SEMAPHORE])
    task.environ["SEMAPHORE"] = f"/ckpt-tests.{task.id}"
    task.start()
    task.wait_ready()
    task.checkpoint()
    task.touch("make")
    task.wait_for(lambda: task.exists("made"), "the semaphore")
    task.kill_tree()
    task.start()
    task.wait_restarted(1)
    task.wait_for(lambda: task.exists("made"), "the semaphore again")
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")


def test_files_of_others_are_left_alone(case):
    """Under a name in /tmp that the task had made there is somebody else's file, as there may be on another host."""
    if os.geteuid() != 0:
        return
    task = case.task(["bash", "-c", 'echo mine >"$SCRATCH"; : >ready; until [ -e go ]; do sleep 0.01; done; cat "$SCRATCH"'])
    task.environ["SCRATCH"] = f"/tmp/ckpt-tests.{task.id}"
    try:
        task.start()
        task.wait_ready()
        task.checkpoint()
        task.kill_tree()
        os.remove(task.environ["SCRATCH"])
        with open(task.environ["SCRATCH"], "w", encoding="utf-8") as f:
            f.write("theirs\n")
        os.chmod(task.environ["SCRATCH"], 0o666)
        os.chown(task.environ["SCRATCH"], 12345, 12345)
        status, out, err = task.ckpt("restart", task.store)
        expect("exit status of ckpt restart", status, 176)
        check("which it had made, is user 12345's here" in err, f"not said: {(out + err)!r}")
        expect("what is there", open(task.environ["SCRATCH"], encoding="utf-8").read(), "theirs\n")
    finally:
        os.remove(task.environ["SCRATCH"])


def test_changed_input_is_a_reason(case):
    """A task that reads a file through a link in its directory does not go on with another one."""
    task = case.task([case.program("waits_then_exits.sh")], ("--dedicated",))
    source = os.path.join(task.dir, "input")
    with open(source, "w", encoding="utf-8") as f:
        f.write("one\n")
    os.symlink(source, task.path("staged"))
    task.start()
    task.wait_ready()
    task.checkpoint()
    task.kill_tree()
    with open(source, "a", encoding="utf-8") as f:
        f.write("two\n")
    status, out, _ = task.ckpt("check", task.store)
    expect("exit status of ckpt check", status, 1)
    check("image-inputs     missing  the input 'staged'" in out, f"ckpt check says {out}")
    task.start()
    task.wait_for(lambda: any("the input 'staged'" in m and "has changed" in m for m in task.messages()), "the reason")
    task.wait_for(lambda: task.json("status.json")["refused"], "the refusal on record")
    refused, = task.json("status.json")["refused"]
    check(refused["generation"] == 1 and "the input 'staged'" in refused["reason"], f"refused: {refused}")
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    check(os.path.islink(task.path("staged")), "the link is gone")


def test_links_within_the_directory_are_no_inputs(case):
    """What they lead to belongs to the generation, and may change."""
    task = case.task(["bash", "-c", "mkdir d; echo one >a; ln -s ../a d/up; ln -s $PWD/a down; : >ready; "
                      "until [ -e go ]; do sleep 0.01; [ ! -e more ] || echo two >>a; done; cat d/up down"], ("--dedicated",))
    task.start()
    task.wait_ready()
    task.checkpoint()
    task.touch("more")
    task.wait_for(lambda: os.path.getsize(task.path("a")) > 4, "the change")
    task.kill_tree()
    task.start()
    task.wait_restarted(1)
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "one\none\n")


def test_unchanged_files_cost_nothing(case):
    """A grown file costs what it grew by, a generation, and one that did not change nothing at all."""
    task = case.task([case.program("waits_then_exits.sh")], ("--dedicated", "--keep", "5"))
    for name in ("same", "grown"):
        with open(task.path(name), "wb") as f:
            f.write(os.urandom(5_000_000 if name == "grown" else SAME))
        task.user.own(task.path(name))
    task.start()
    task.wait_ready()
    task.checkpoint()
    blocks = contents(task)
    before = bytes_read(task)
    task.checkpoint()
    check(bytes_read(task) - before < SAME / 4, f"{bytes_read(task) - before} bytes were read though nothing has changed")
    expect("contents of two generations", contents(task), blocks)
    with open(task.path("grown"), "ab") as f:
        f.write(b"x" * 1000)
    task.checkpoint()
    grown = contents(task)
    expect("contents", sorted(grown), sorted(blocks))
    expect("what came", sum(grown.values()) - sum(blocks.values()), 1000)
    with open(task.path("grown"), "r+b") as f:
        f.write(b"changed in place")
    task.checkpoint()
    expect("contents after a change in place", len(contents(task)), len(grown) + 1)
    task.touch("go")
    expect("exit status", task.wait_end(), 0)


def bytes_read(task):
    """By the supervisor, from whatever it was."""
    with open(f"/proc/{task.process.pid}/io", encoding="ascii") as f:
        return int(f.readline().split()[1])


def test_no_image_beyond_the_largest_size(case):
    task = case.task([case.program("waits_then_exits.sh")], ("--dedicated", "--max-size", "4M", "--known-as", "max-size=maxSize"))
    task.start()
    task.wait_ready()
    task.checkpoint()
    with open(task.path("large"), "wb") as f:
        f.write(os.urandom(5_000_000))
    status, _, err = task.ckpt("checkpoint", task.store)
    expect("status of ckpt checkpoint", status, 175)
    check(", maxSize allows 4 MiB" in err, f"ckpt checkpoint said {err!r}")
    expect("generations", task.generations(), [1])
    task.touch("go")
    expect("exit status", task.wait_end(), 0)


def contents(task):
    """Inode -> bytes of all contents in the store."""
    found = {}
    for where, _, names in os.walk(os.path.join(task.store, "generations")):
        for name in names:
            if name.startswith("content-"):
                status = os.stat(os.path.join(where, name))
                found[status.st_ino] = status.st_size
    return found
