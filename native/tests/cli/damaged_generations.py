# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""A damaged generation is never restarted from: an older one is, with a line that says so, or the start."""
import json
import os

from case import expect, generation_dir, last_restart, one_line
from harness import check


def flip(path):
    with open(path, "r+b") as f:
        f.seek(os.path.getsize(path) // 2)
        byte = f.read(1)
        f.seek(-1, os.SEEK_CUR)
        f.write(bytes([byte[0] ^ 0x40]))


def truncate(path):
    os.truncate(path, os.path.getsize(path) - 1)


def halve(path):
    os.truncate(path, os.path.getsize(path) // 2)


def foreign(path):
    with open(path, encoding="utf-8") as f:
        document = json.load(f)
    document["format"] = 99
    with open(path, "w", encoding="utf-8") as f:
        json.dump(document, f)


def garbage(path):
    with open(path, "w", encoding="utf-8") as f:
        f.write("{ this is no manifest")


def image_files(task, number):
    """One file of each kind: tree.img, and the largest .img and .mem."""
    directory = generation_dir(task, number)
    names = [n for n in os.listdir(directory) if os.path.getsize(os.path.join(directory, n)) > 0]
    kinds = {}
    for name in sorted(names, key=lambda n: os.path.getsize(os.path.join(directory, n))):
        if name != "manifest.json":
            kinds["tree" if name == "tree.img" else os.path.splitext(name)[1]] = name
    check("tree" in kinds and len(kinds) >= 2, f"the files of the generation are {names}")
    return [os.path.join(directory, n) for n in kinds.values()]


def falls_back(case, damage, choose):
    """Two generations, the latest damaged: the run goes on from the first and says so."""
    index = 0
    while True:
        counter = case.counter()
        task = counter.task
        counter.to_three_with_generations(2)
        expect("generations", task.generations(), [1, 2])
        paths = choose(task)
        damage(paths[index])
        task.start()
        expect("output", counter.finish(), "3 4 5 6 ")
        expect("restarted from", last_restart(task), 1)
        check(any("2" in line for line in task.messages()), f"no line about generation 2: {task.messages()}")
        check(len(task.messages()) <= 2, f"more than clear lines: {task.messages()}")
        index += 1
        if index == len(paths):
            return


def test_flipped_byte(case):
    falls_back(case, flip, lambda task: image_files(task, 2))


def test_truncated_file(case):
    falls_back(case, truncate, lambda task: image_files(task, 2))


def test_missing_file(case):
    falls_back(case, os.unlink, lambda task: image_files(task, 2))


def test_damaged_manifest(case):
    for damage in (halve, garbage, foreign):
        falls_back(case, damage, lambda task: [os.path.join(generation_dir(task, 2), "manifest.json")])


def test_damaged_notes(case):
    """What the tree has written is not known: the start, and nothing is printed twice."""
    counter = case.counter(("--replay",))
    task = counter.task
    counter.to_three_with_generations(2)
    halve(os.path.join(task.store, "notes"))
    task.start()
    expect("output", counter.finish(), "1 2 3 4 5 6 ")
    check("shorter than at the checkpoint" in task.messages()[0], f"not named: {task.messages()}")


def test_flipped_bit_in_notes(case):
    """A name that can still be read, but is not the one that was written: its file would not be brought back."""
    counter = case.counter()
    task = counter.task
    counter.to_three_with_generations(2)
    flip(os.path.join(task.store, "notes"))
    status, out, err = task.ckpt("verify", task.store)
    check(status != 0 and err.count("notes: checksum is") == 2, f"ckpt verify gave {status}: {out}{err}")
    task.start()
    expect("output", counter.finish(), "1 2 3 4 5 6 ")
    check("notes: checksum is" in task.messages()[0], f"not named: {task.messages()}")


def test_notes_that_get_damaged_while_the_task_runs(case):
    """The next image has them written anew, and one line says so."""
    counter = case.counter()
    task = counter.task
    task.start()
    counter.count_to(3)
    task.checkpoint()
    flip(os.path.join(task.store, "notes"))
    expect("exit status of ckpt verify", task.ckpt("verify", task.store)[0], 1)
    task.checkpoint()
    check("the notes in the store were damaged" in one_line(task), f"it says {task.messages()}")
    expect("exit status of ckpt verify", task.ckpt("verify", task.store)[0], 0)
    task.kill_tree()
    task.start()
    expect("output", counter.finish(), "4 5 6 ")


def test_generation_without_a_sum_of_notes(case):
    """As versions before wrote them."""
    counter = case.counter()
    task = counter.task
    counter.to_three_with_generations(1)
    path = os.path.join(generation_dir(task, 1), "manifest.json")
    with open(path, encoding="utf-8") as f:
        document = json.load(f)
    check(document.pop("notes")["size"] > 0, "the generation relies on no notes")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(document, f)
    task.start()
    expect("output", counter.finish(), "4 5 6 ")
    expect("restarted from", last_restart(task), 1)


def test_restart_that_fails_late_prints_nothing(case):
    """Nothing of a store whose files cannot be written any more, however often it is tried."""
    counter = case.counter(("--replay",))
    task = counter.task
    counter.to_three_with_generations()
    os.mkdir(os.path.join(task.store, "numbers"))
    task.start()
    check(task.wait_end() != 0, "exit status 0")
    expect("output", task.log("stdout"), "")
    check("numbers" in task.messages()[0], f"not named: {task.messages()}")


def test_all_damaged(case):
    counter = case.counter()
    task = counter.task
    counter.to_three_with_generations(2)
    for number in (1, 2):
        for path in image_files(task, number):
            flip(path)
    status, out, err = task.ckpt("verify", task.store)
    check(status != 0, f"ckpt verify gave {status}: {out}{err}")
    task.start([task.place.ckpt, "restart", task.store])
    expect("exit status of restart", task.wait_end(), 176)
    expect("output of restart", task.log("stdout"), "")
    check(task.messages(), "restart says nothing")
    task.start()
    expect("output", counter.finish(), "1 2 3 4 5 6 ")
    check(task.messages(), "run says nothing about starting from the start")


def test_half_written_generation_is_ignored(case):
    counter = case.counter()
    task = counter.task
    counter.to_three_with_generations(2)
    os.unlink(os.path.join(generation_dir(task, 2), "manifest.json"))
    task.start()
    expect("output", counter.finish(), "3 4 5 6 ")


def test_task_of_a_foreign_version(case):
    """Nothing is started over a store that this version can't read, and nothing in it is lost."""
    counter = case.counter()
    task = counter.task
    counter.to_three_with_generations(2)
    foreign(os.path.join(task.store, "task.json"))
    task.start()
    check(task.wait_end() != 0, "exit status 0")
    expect("lines", len(task.messages()), 1)
    expect("output", task.log("stdout"), "")
    expect("generations", task.generations(), [1, 2])


def test_half_of_the_task_without_a_generation(case):
    """What a power cut leaves of a task that had no image yet."""
    task = case.waiting()
    task.start()
    task.wait_ready()
    task.kill_tree()
    path = os.path.join(task.store, "task.json")
    os.truncate(path, os.path.getsize(path) // 2)
    task.touch("go")
    task.start()
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")
    expect("messages", task.messages(), [])
