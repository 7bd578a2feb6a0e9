#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
#
# Ruby at work: threads under its global lock and timer thread, queues, forked processes, a pipe, the garbage collector.
# @needs /usr/bin/ruby
# @timeout 90
exec /usr/bin/ruby -e '
require "timeout"
stop = false
threads = 4.times.map { |id| Thread.new { n = 0; n += 1 and ("a".."z").map { |c| c * 20 }.join until stop; n } }
queue, done = Queue.new, Queue.new
adder = Thread.new { while (x = queue.pop) != :end; done << x + 1; end }
reader, writer = IO.pipe
child = fork { reader.close; sleep 0.005 until File.exist?("go"); writer.puts "from the child"; exit! 5 }
writer.close
cat = IO.popen("cat", "r+")
cat.puts "before"
raise "before" unless cat.gets == "before\n"
File.write("ready", "")
until File.exist?("go")
  queue << 1
  raise "queue" unless done.pop == 2
  sleep 0.003
end
stop = true
rounds = threads.map(&:value)
queue << :end
adder.join
Process.wait(child)
status = $?.exitstatus
cat.puts(ENV["CKPT_TEST_SABOTAGE"] ? "wrong" : "after")
cat.close_write
timed_out = begin Timeout.timeout(0.05) { sleep 5 }; false; rescue Timeout::Error; true end
ok = rounds.all? { |n| n > 0 } && status == 5 && reader.gets == "from the child\n" && cat.read == "after\n" && timed_out
GC.start
$stdout.syswrite(ok ? "pass\n" : "fail: #{[rounds, status, timed_out]}\n")
exit!(ok ? 0 : 1)
'
