// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors

// C++: k-mers of an endless made-up genome. kmers [ITERATIONS]; the state is a hash table of strings that keeps
// growing, a random number generator and a sliding window.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

constexpr int bases_per_iteration = 210000;
constexpr std::size_t k = 9;

class KmerTable {
public:
    void append(char base) {
        window_ += base;
        if (window_.size() > k)
            window_.erase(0, 1);
        if (window_.size() == k)
            last_seen_ = ++counts_[window_];
    }

    // Order does not matter in here, so the table's own order may differ between two builds.
    std::uint64_t digest() const {
        std::uint64_t sum = last_seen_;
        for (const auto &[kmer, count] : counts_) {
            std::uint64_t hash = 0xcbf29ce484222325u;
            for (char c : kmer)
                hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
            sum += hash * count;
        }
        return sum;
    }

    std::pair<std::string, std::uint64_t> commonest() const {
        return *std::max_element(counts_.begin(), counts_.end(), [](const auto &a, const auto &b) {
            return a.second != b.second ? a.second < b.second : a.first > b.first;
        });
    }

    std::size_t size() const { return counts_.size(); }

private:
    std::unordered_map<std::string, std::uint64_t> counts_;
    std::string window_;
    std::uint64_t last_seen_ = 0;
};

} // namespace

int main(int argc, char **argv) {
    const int iterations = argc > 1 ? std::atoi(argv[1]) : 200;
    std::mt19937_64 random(20260901);
    KmerTable table;
    for (int i = 1; i <= iterations; i++) {
        for (int b = 0; b < bases_per_iteration; b++)
            table.append("ACGTAAGC"[random() % 8]);
        if (i % 10 == 0)
            std::cout << "C++ " << i << ' ' << table.size() << ' ' << table.digest() << std::endl;
    }
    const auto [kmer, count] = table.commonest();
    std::cout << "C++ result " << kmer << ' ' << count << ' ' << table.digest() << std::endl;
}
