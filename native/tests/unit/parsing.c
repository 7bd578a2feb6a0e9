/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Numbers, times and signal names are taken only in their documented forms. */
#include "unit.h"

#include "common/parse.h"
#include "common/random.h"

#include <signal.h>

static uint64_t time_of(const char *text)
{
    uint64_t ms = 987654321;
    int r = parse_time_ms(text, &ms);

    if (r < 0 && ms != 987654321)
        unit_fail(__FILE__, __LINE__, "the output of a failed parse of '%s' was touched", text);
    return r < 0 ? (uint64_t)r : ms;
}

TEST(times_are_parsed)
{
    CHECK_INT(time_of("500ms"), 500);
    CHECK_INT(time_of("30s"), 30000);
    CHECK_INT(time_of("30 s"), 30000);
    CHECK_INT(time_of("10min"), 600000);
    CHECK_INT(time_of("10m"), 600000);
    CHECK_INT(time_of("1h"), 3600000);
    CHECK_INT(time_of("2d"), 172800000);
    CHECK_INT(time_of("45"), 45000);
    CHECK_INT(time_of("0"), 0);
    CHECK_INT(time_of("1.5h"), 5400000);
    CHECK_INT(time_of("0.25s"), 250);
    CHECK_INT(time_of("0.12345678901234567890s"), 123);
}

TEST(bad_times_are_refused)
{
    static const char *const bad[] = {"",   "s",   "-1s",  "+1s", " 1s",  "1x",   "1ss",
                                      "1.", "1.s", ".5s",  "1e3", "0x10", "1s ",  "1 s 2",
                                      "١s", "1S",  "1,5s", "--",  "inf",  "1hour"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if ((int)time_of(bad[i]) != -EINVAL)
            unit_fail(__FILE__, __LINE__, "'%s' was not refused", bad[i]);
    }
    CHECK_INT((int)time_of("99999999999999999999s"), -ERANGE);
    CHECK_INT((int)time_of("18446744073709551615h"), -ERANGE);
    CHECK_INT((int)time_of("9223372036855s"), -ERANGE);
}

TEST(numbers_have_limits)
{
    uint64_t value = 7;

    CHECK_INT(parse_unsigned("18446744073709551615", UINT64_MAX, &value), 0);
    CHECK(value == UINT64_MAX);
    CHECK_INT(parse_unsigned("18446744073709551616", UINT64_MAX, &value), -ERANGE);
    CHECK_INT(parse_unsigned("11", 10, &value), -ERANGE);
    CHECK_INT(parse_unsigned("1a", 10, &value), -EINVAL);
    CHECK_INT(parse_unsigned("", 10, &value), -EINVAL);
    CHECK(value == UINT64_MAX);
    CHECK_INT(parse_hex64("00000000deadbeef", &value), 0);
    CHECK(value == 0xdeadbeef);
    CHECK_INT(parse_hex64("00000000DEADBEEF", &value), -EINVAL);
    CHECK_INT(parse_hex64("deadbeef", &value), -EINVAL);
    CHECK_INT(parse_hex64("00000000deadbeef0", &value), -EINVAL);
}

TEST(signals_have_names_and_numbers)
{
    int value = 0;

    CHECK_INT(parse_signal("USR2", &value), 0);
    CHECK_INT(value, SIGUSR2);
    CHECK_INT(parse_signal("SIGTERM", &value), 0);
    CHECK_INT(value, SIGTERM);
    CHECK_INT(parse_signal("sigint", &value), 0);
    CHECK_INT(value, SIGINT);
    CHECK_INT(parse_signal("12", &value), 0);
    CHECK_INT(value, 12);
    CHECK_INT(parse_signal("RTMIN+3", &value), 0);
    CHECK_INT(value, SIGRTMIN + 3);
    CHECK_INT(parse_signal("0", &value), -EINVAL);
    CHECK_INT(parse_signal("999", &value), -ERANGE);
    CHECK_INT(parse_signal("SIGNOTHING", &value), -EINVAL);
    CHECK_INT(parse_signal("RTMIN+99", &value), -EINVAL);
    CHECK_INT(parse_signal("", &value), -EINVAL);
    CHECK_INT(value, SIGRTMIN + 3);
}

TEST(ids_are_32_digits)
{
    char one[CKPT_ID_SIZE], other[CKPT_ID_SIZE];

    CHECK_INT(random_id(one), 0);
    CHECK_INT(random_id(other), 0);
    CHECK(id_is_valid(one));
    CHECK(strcmp(one, other) != 0);
    CHECK(!id_is_valid(""));
    CHECK(!id_is_valid("0123456789abcdef0123456789abcde"));
    CHECK(!id_is_valid("0123456789abcdef0123456789abcdef0"));
    CHECK(!id_is_valid("0123456789ABCDEF0123456789abcdef"));
    CHECK(!id_is_valid("../../../../../../../etc/passwd1"));
}

TEST(sizes_are_parsed)
{
    static const struct {
        const char *text;
        long long bytes;
    } sizes[] = {{"0", 0},
                 {"1000", 1000},
                 {"64M", 64LL << 20},
                 {"1.5G", 3LL << 29},
                 {"2 TiB", 2LL << 40},
                 {"500KB", 500LL << 10},
                 {"7B", 7}};
    static const char *const bad[] = {"", "M", "-1", "1X", "1.M", "1e3", "99999999T"};
    uint64_t size;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        CHECK_INT(parse_size(sizes[i].text, &size), 0);
        CHECK_INT(size, sizes[i].bytes);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CHECK(parse_size(bad[i], &size) < 0);
}
