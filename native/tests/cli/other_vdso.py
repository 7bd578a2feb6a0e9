# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""A generation from a kernel with another vDSO: the one in the image is made another, and its code unusable."""
import json
import os
import re
import struct
import subprocess

from case import expect, generation_dir
from harness import check

PAGE = 4096
VMA_VDSO = 4


def vdso_of(image):
    """Offset and size of the vDSO's bytes in PID.mem, from PID.img."""
    with open(image, "rb") as f:
        data = f.read()
    vma_count, run_count = struct.unpack_from("<IQ", data, 12)
    vmas = [struct.unpack_from("<5Q5I4xQ", data, 48 + 72 * i) for i in range(vma_count)]
    runs = [struct.unpack_from("<3Q", data, 48 + 72 * vma_count + 24 * i) for i in range(run_count)]
    start, end = next((v[0], v[1]) for v in vmas if v[6] == VMA_VDSO)
    inside = [r for r in runs if start <= r[0] < end]
    check(len(inside) == 1 and inside[0][2] * PAGE == end - start, f"the vDSO's pages are {inside}")
    return inside[0][1] * PAGE, end - start


def make_foreign(case, task, number):
    """What would run into the old code dies of it."""
    directory = generation_dir(task, number)
    manifest = json.load(open(os.path.join(directory, "manifest.json"), encoding="utf-8"))
    for entry in manifest["files"]:
        if not entry["name"].endswith(".mem"):
            continue
        path = os.path.join(directory, entry["name"])
        offset, size = vdso_of(path[:-4] + ".img")
        with open(path, "r+b") as f:
            f.seek(offset)
            vdso = f.read(size)
            copy = os.path.join(task.dir, "vdso.so")
            with open(copy, "wb") as g:
                g.write(vdso)
            symbols = subprocess.run(["readelf", "-W", "--dyn-syms", copy], capture_output=True, text=True,
                                     check=True).stdout
            first = min(int(v, 16) for v in re.findall(r": ([0-9a-f]{16}) +\d+ FUNC", symbols))
            check(0 < first < size, f"the functions of the vDSO: {symbols}")
            altered = vdso[:first] + b"\xcc" * (size - first)
            f.seek(offset)
            f.write(altered)
        with open(path, "rb") as f:
            command = [case.program("xxh3"), str(entry.get("block", 0))]
            entry["xxh3"] = subprocess.run(command, stdin=f, capture_output=True, text=True, check=True).stdout.strip()
    manifest["host"]["vdso"] = "0123456789abcdef"
    with open(os.path.join(directory, "manifest.json"), "w", encoding="utf-8") as f:
        json.dump(manifest, f)


def test_calls_are_led_to_the_running_one(case):
    """Three restarts: from a foreign image, from what that became, and from a foreign one again."""
    task = case.task([case.program("clocks")])
    task.start()
    task.wait_ready()
    for number in (1, 2, 3):
        task.checkpoint()
        task.kill_tree()
        if number != 2:
            make_foreign(case, task, max(task.generations()))
        task.start()
        task.wait_restarted(number)
        expect("messages", task.messages(), [])
    task.checkpoint()
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")


def test_shell_scripts_move_as_well(case):
    task = case.task(["bash", "-c", ": >ready; until [ -e go ]; do x=$(date +%s | cat); sleep 0.01; done; echo pass"])
    task.start()
    task.wait_ready()
    for number in (1, 2):
        task.checkpoint()
        task.kill_tree()
        make_foreign(case, task, max(task.generations()))
        task.start()
        task.wait_restarted(number)
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")
