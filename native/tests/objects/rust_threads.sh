#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
#
# Rust at work: threads, channels, its own memory.
# @needs /usr/bin/rustc
# @timeout 120
cat >work.rs <<'RS'
use std::{collections::BTreeMap, fs, path::Path, sync::mpsc, thread};

fn main() {
    let (send, receive) = mpsc::sync_channel::<u64>(16);
    let workers: Vec<_> = (0..3u64).map(|w| {
        let send = send.clone();
        thread::spawn(move || {
            let mut i = 0;
            while send.send(i * 3 + w).is_ok() { i += 1; }
        })
    }).collect();
    drop(send);
    let mut next: BTreeMap<u64, u64> = (0..3).map(|w| (w, w)).collect();
    let mut good = true;
    fs::write("ready", "").unwrap();
    for (n, got) in receive.iter().enumerate() {
        let want = next.get_mut(&(got % 3)).unwrap();
        good &= *want == got;
        *want += 3;
        if n % 1000 == 0 && Path::new("go").exists() { break; }
    }
    drop(receive);
    if std::env::var("CKPT_TEST_SABOTAGE").is_ok() { good = false; }
    for w in workers { good &= w.join().is_ok(); }
    println!("{}", if good { "pass" } else { "fail: a number is missing or comes twice" });
    std::process::exit(!good as i32);
}
RS
rustc -O -o work work.rs && exec ./work
