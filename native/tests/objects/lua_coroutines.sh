#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
#
# Lua at work: coroutines, tables, its collector, a pipe to another program.
# @needs /usr/bin/lua5.4
# @timeout 60
exec /usr/bin/lua5.4 -e '
local function exists(name) local f = io.open(name) if f then f:close() end return f ~= nil end
local function numbers() return coroutine.wrap(function() local n = 0 while true do n = n + 1 coroutine.yield(n) end end) end
local next_number, sum, count = numbers(), 0, 0
local cat = io.popen("cat >copied", "w")
io.open("ready", "w"):close()
while not exists("go") do
    local t = {}
    for i = 1, 500 do t[#t + 1] = tostring(i) .. "x" end
    count = next_number()
    sum = sum + count
    cat:write(#table.concat(t), "\n")
end
cat:close()
local lines = 0
for line in io.lines("copied") do
    lines = lines + 1
    assert(line == "1892", line)
end
if os.getenv("CKPT_TEST_SABOTAGE") then sum = sum + 1 end
local ok = sum == count * (count + 1) // 2 and lines == count
print(ok and "pass" or "fail: " .. sum .. " " .. count .. " " .. lines)
os.exit(ok)
'
