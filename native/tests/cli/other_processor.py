# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""A generation from a host whose processor can do more."""
import json
import os

from case import expect, generation_dir
from harness import check


def manifest_change(task, number, change):
    path = os.path.join(generation_dir(task, number), "manifest.json")
    with open(path, encoding="utf-8") as f:
        manifest = json.load(f)
    change(manifest["host"])
    with open(path, "w", encoding="utf-8") as f:
        json.dump(manifest, f)


def test_is_refused_with_the_names(case):
    counter = case.counter()
    counter.to_three_with_generations()
    task = counter.task
    check("ssse3" in task.json("generations/000001/manifest.json")["host"]["cpu"].split(), "no features on record")
    manifest_change(task, 1, lambda host: host.update(name="elsewhere", cpu=host["cpu"] + " avx1024f amx_fancy"))
    status, _, err = task.ckpt("restart", task.store)
    expect("exit status", status, 176)
    check("it was taken on 'elsewhere', whose processor has what this one lacks: avx1024f amx_fancy" in err, err)
    task.start()
    expect("output", counter.finish(), "1 2 3 4 5 6 ")
    check("lacks: avx1024f amx_fancy" in task.messages()[0], f"{task.messages()}")
    check("lacks: avx1024f" in task.json("status.json")["refused"][0]["reason"], "status.json does not name it")


def test_that_can_do_less_is_welcome(case):
    for change in (lambda host: host.update(cpu="ssse3"), lambda host: host.pop("cpu")):
        counter = case.counter()
        counter.to_three_with_generations()
        manifest_change(counter.task, 1, change)
        counter.task.start()
        expect("output", counter.finish(), "4 5 6 ")
        expect("messages", counter.task.messages(), [])
