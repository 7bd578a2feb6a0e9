#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
#
# OCaml at work: threads, its collector, a pipe to another program.
# @needs ocaml
# @timeout 60
cat >work.ml <<'ML'
module Numbers = Map.Make (Int)
let exists = Sys.file_exists
let () =
  let cat = Unix.open_process_out "cat >copied" in
  let counted = ref 0 and m = Mutex.create () in
  let counter = Thread.create (fun () ->
    while not (exists "go") do Mutex.lock m; incr counted; Mutex.unlock m; Thread.delay 0.001 done) () in
  close_out (open_out "ready");
  let rounds = ref 0 and good = ref true in
  while not (exists "go") do
    let t = List.fold_left (fun t i -> Numbers.add i (string_of_int i) t) Numbers.empty (List.init 5000 Fun.id) in
    good := !good && Numbers.cardinal t = 5000 && Numbers.find 4711 t = "4711";
    incr rounds;
    output_string cat (string_of_int !rounds ^ "\n")
  done;
  Thread.join counter;
  ignore (Unix.close_process_out cat);
  if Sys.getenv_opt "CKPT_TEST_SABOTAGE" <> None then incr rounds;
  let lines = ref 0 and file = open_in "copied" in
  (try while true do incr lines; good := !good && int_of_string (input_line file) = !lines done with End_of_file -> decr lines);
  if !good && !lines = !rounds then print_endline "pass"
  else (Printf.printf "fail: %d rounds, %d lines\n" !rounds !lines; exit 1)
ML
exec ocaml -I +threads unix.cma threads.cma work.ml
