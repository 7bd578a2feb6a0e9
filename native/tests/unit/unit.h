/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef UNIT_H
#define UNIT_H

/* A small harness. TEST(name) { ... } registers itself; each test runs in a process of its own,
 * in an empty directory, and fails with the first CHECK that does not hold. */

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct unit_test {
    const char *name;
    void (*run)(void);
    struct unit_test *next;
};

void unit_register(struct unit_test *test);
void unit_fail(const char *file, int line, const char *fmt, ...)
    __attribute__((noreturn, format(printf, 3, 4)));

#define TEST(id)                                                                                   \
    static void test_##id(void);                                                                   \
    __attribute__((constructor)) static void register_##id(void)                                   \
    {                                                                                              \
        static struct unit_test test = {#id, test_##id, NULL};                                     \
        unit_register(&test);                                                                      \
    }                                                                                              \
    static void test_##id(void)

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            unit_fail(__FILE__, __LINE__, "%s", #condition);                                       \
    } while (0)

#define CHECK_INT(actual, expected)                                                                \
    do {                                                                                           \
        long long actual_ = (long long)(actual), expected_ = (long long)(expected);                \
        if (actual_ != expected_)                                                                  \
            unit_fail(__FILE__, __LINE__, "%s is %lld, expected %lld", #actual, actual_,           \
                      expected_);                                                                  \
    } while (0)

#define CHECK_STRING(actual, expected)                                                             \
    do {                                                                                           \
        const char *actual_ = (actual), *expected_ = (expected);                                   \
        if (strcmp(actual_, expected_) != 0)                                                       \
            unit_fail(__FILE__, __LINE__, "%s is\n  %s\nexpected\n  %s", #actual, actual_,         \
                      expected_);                                                                  \
    } while (0)

#define CHECK_CONTAINS(actual, part)                                                               \
    do {                                                                                           \
        const char *actual_ = (actual), *part_ = (part);                                           \
        if (!strstr(actual_, part_))                                                               \
            unit_fail(__FILE__, __LINE__, "%s is\n  %s\nwhich lacks\n  %s", #actual, actual_,      \
                      part_);                                                                      \
    } while (0)

#endif
