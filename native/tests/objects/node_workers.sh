#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
#
# Node.js at work: worker threads, a child process, timers, promises, the thread pool of libuv.
# @needs /usr/bin/node
# @timeout 120
exec /usr/bin/node -e '
const { Worker } = require("worker_threads");
const { spawn } = require("child_process");
const crypto = require("crypto"), fs = require("fs"), zlib = require("zlib");
const source = `
const { parentPort } = require("worker_threads");
let sum = 0n, n = 0n, stop = false;
parentPort.on("message", () => { stop = true; });
(function step() {
    for (let i = 0; i < 2000; i++) { n++; sum += n; }
    const kept = Array.from({ length: 100 }, (_, i) => ({ i, text: "value " + i }));
    if (stop) parentPort.postMessage(sum === n * (n + 1n) / 2n && kept[7].i === 7);
    else setImmediate(step);
})();`;
const workers = [1, 2, 3].map(() => new Worker(source, { eval: true }));
const results = workers.map(w => new Promise((done, lost) => { w.on("message", done); w.on("error", lost); }));
const cat = spawn("cat");
const answers = [];
let wake;
cat.stdout.on("data", data => { answers.push(data.toString()); if (wake) wake(); });
async function ask(line) {
    const seen = answers.join("").length;
    cat.stdin.write(line);
    while (answers.join("").length < seen + line.length) await new Promise(r => { wake = r; });
}
let ticks = 0, hashes = 0, busy = true;
const timer = setInterval(() => ticks++, 3);
const digest = text => new Promise(r => crypto.pbkdf2(text, "salt", 500, 32, "sha256", (e, key) => r(key.toString("hex"))));
async function pool(want) {
    while (busy) {
        if (await digest("x") !== want) throw new Error("a digest is wrong");
        const data = await new Promise(r => zlib.deflate("y".repeat(50000), (e, d) => r(d)));
        if (zlib.inflateSync(data).length !== 50000) throw new Error("inflated wrongly");
        hashes++;
    }
}
(async () => {
    const want = await digest("x");
    const pooled = [pool(want), pool(want)];
    await ask("before\n");
    fs.writeFileSync("ready", "");
    while (!fs.existsSync("go")) await new Promise(r => setTimeout(r, 5));
    const before = ticks, done = hashes;
    while (ticks < before + 5 || hashes < done + 3) await new Promise(r => setTimeout(r, 5));
    busy = false;
    await Promise.all(pooled);
    workers.forEach(w => w.postMessage("stop"));
    const sums = await Promise.all(results);
    workers.forEach(w => w.terminate());
    await ask(process.env.CKPT_TEST_SABOTAGE ? "wrong\n" : "after\n");
    clearInterval(timer);
    cat.stdin.end();
    const status = await new Promise(r => cat.on("exit", r));
    const ok = sums.every(x => x) && answers.join("") === "before\nafter\n" && status === 0;
    fs.writeSync(1, ok ? "pass\n" : "fail: " + [sums, answers, status] + "\n");
    process.exit(ok ? 0 : 1);
})().catch(e => { fs.writeSync(1, "fail: " + e + "\n"); process.exit(1); });
'
