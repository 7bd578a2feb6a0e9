/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* C++: an exception thrown after the restart through frames from before it, destructors, threads, iostreams. */
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace
{
int destroyed;

struct Guard {
    std::string name;
    ~Guard()
    {
        destroyed++;
    }
};

bool exists(const char *name)
{
    return std::ifstream(name).good();
}

void wait_and_throw(int depth)
{
    Guard guard{"depth " + std::to_string(depth)};
    if (depth > 0) {
        wait_and_throw(depth - 1);
    } else {
        std::ofstream("ready");
        while (!exists("go"))
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        throw std::runtime_error(guard.name);
    }
}
} // namespace

int main()
{
    std::map<std::string, std::vector<double>> table;
    for (int i = 0; i < 1000; i++)
        table[std::to_string(i)].assign(i, i / 3.0);
    std::string caught, from_thread;
    try {
        wait_and_throw(50);
    } catch (const std::exception &e) {
        caught = e.what();
    }
    std::thread([&] {
        try {
            (void)table.at("no such key");
        } catch (const std::out_of_range &) {
            from_thread = "out of range";
        }
    }).join();
    if (std::getenv("CKPT_TEST_SABOTAGE") != nullptr)
        table["7"].push_back(100);
    double sum = 0;
    for (const auto &entry : table)
        for (double x : entry.second)
            sum += x;
    bool ok = caught == "depth 0" && destroyed == 51 && from_thread == "out of range" &&
              sum > 110944499 && sum < 110944501;
    std::cout << (ok ? "pass" : "fail: caught '" + caught + "', sum " + std::to_string(sum))
              << '\n';
    return ok ? 0 : 1;
}
