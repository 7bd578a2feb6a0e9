// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Turns what people write into a {@link CheckpointPolicy}, or says what they may write instead. */
final class PolicyValues {

    private static final List<String> KEYS = List.of("enabled", "interval", "dir", "keep", "maxRestarts", "maxSize");
    private static final String TIMES = "a time such as 500ms, 30s, 10min or 1h; 0 for no periodic checkpoint";

    private static final String SIZES = "a size such as 500M or 10 GB (powers of 1024); 0 for no limit";

    private static final Pattern SIZE = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,9})?)\\s*([kmgt]?)(?:i?b)?");
    private static final Pattern BYTES = Pattern.compile("\\d{1,18}");
    private static final Pattern TIME_PART = Pattern.compile("\\s*(\\d{1,9}(?:\\.\\d{1,9})?)\\s*([a-z]+)");
    private static final Pattern SECONDS = Pattern.compile("\\d{1,9}(?:\\.\\d{1,9})?");
    private static final Map<String, Duration> UNITS = units();

    private PolicyValues() {}

    static CheckpointPolicy parse(Map<String, ?> values, CheckpointPolicy base) {
        var builder = base.toBuilder();
        // Sorted, so that of two mistakes always the same one is reported.
        new TreeMap<>(values).forEach((key, value) -> set(builder, key, value));
        return builder.build();
    }

    static CheckpointPolicy forTask(Object directive, CheckpointPolicy base) {
        if (directive == null) {
            return base;
        }
        if (directive instanceof Map<?, ?> map) {
            var values = new TreeMap<String, Object>();
            map.forEach((key, value) -> values.put(String.valueOf(key), value));
            return parse(values, base);
        }
        if (isBoolean(directive)) {
            return base.toBuilder().enabled(toBoolean("checkpoint", directive)).build();
        }
        throw new IllegalArgumentException("checkpoint: '%s' is not allowed; allowed: true, false or a map with keys %s"
                .formatted(directive, String.join(", ", KEYS)));
    }

    private static void set(CheckpointPolicy.Builder builder, String key, Object value) {
        switch (key) {
            case "enabled" -> builder.enabled(toBoolean(name(key), value));
            case "interval" -> builder.interval(toDuration(value));
            case "dir" -> builder.storeRoot(toPath(value));
            case "keep" -> builder.keep(toInt(key, value, 1));
            case "maxRestarts" -> builder.maxRestarts(toInt(key, value, 0));
            case "maxSize" -> builder.maxSize(toBytes(value));
            default ->
                throw new IllegalArgumentException("%s: no such key (value '%s'); allowed: %s"
                        .formatted(name(key), value, String.join(", ", KEYS)));
        }
    }

    static void requireInterval(Duration interval) {
        if (interval.isNegative()) {
            throw refused("interval", interval, TIMES);
        }
    }

    static void requireAtLeast(String key, int value, int least) {
        if (value < least) {
            throw refused(key, value, wholeNumberFrom(least));
        }
    }

    static void requireSize(long bytes) {
        if (bytes < 0) {
            throw refused("maxSize", bytes, SIZES);
        }
    }

    private static long toBytes(Object value) {
        String text = text(value);
        if (BYTES.matcher(text).matches()) {
            return Long.parseLong(text);
        }
        Matcher size = SIZE.matcher(text);
        if (!size.matches()) {
            throw refused("maxSize", value, SIZES);
        }
        int power = " kmgt".indexOf(size.group(2).isEmpty() ? " " : size.group(2));
        return Math.round(Double.parseDouble(size.group(1)) * (1L << (10 * power)));
    }

    private static boolean isBoolean(Object value) {
        return value instanceof Boolean || List.of("true", "false").contains(text(value));
    }

    private static boolean toBoolean(String name, Object value) {
        if (!isBoolean(value)) {
            throw new IllegalArgumentException(
                    "%s: '%s' is not allowed; allowed: true or false".formatted(name, value));
        }
        return Boolean.parseBoolean(text(value));
    }

    private static int toInt(String key, Object value, int least) {
        try {
            int number = Integer.parseInt(text(value));
            requireAtLeast(key, number, least);
            return number;
        } catch (NumberFormatException e) {
            throw refused(key, value, wholeNumberFrom(least));
        }
    }

    private static Path toPath(Object value) {
        if (value instanceof Path path) {
            return path;
        }
        String text = value == null ? "" : value.toString();
        try {
            if (!text.isBlank()) {
                return Path.of(text);
            }
        } catch (InvalidPathException e) {
            // Refused below, in our own words.
        }
        throw refused("dir", value, "a path of a directory that every node of the run sees");
    }

    private static Duration toDuration(Object value) {
        if (value instanceof Duration duration) {
            requireInterval(duration);
            return duration;
        }
        String text = text(value);
        if (SECONDS.matcher(text).matches()) {
            return scaled(Duration.ofSeconds(1), text);
        }
        Duration sum = Duration.ZERO;
        int end = 0;
        for (Matcher part = TIME_PART.matcher(text); end < text.length(); end = part.end()) {
            if (!part.find(end) || part.start() != end || !UNITS.containsKey(part.group(2))) {
                throw refused("interval", value, TIMES);
            }
            sum = sum.plus(scaled(UNITS.get(part.group(2)), part.group(1)));
        }
        if (text.isEmpty()) {
            throw refused("interval", value, TIMES);
        }
        return sum;
    }

    private static Duration scaled(Duration unit, String number) {
        return Duration.ofMillis(Math.round(Double.parseDouble(number) * unit.toMillis()));
    }

    private static String text(Object value) {
        return String.valueOf(value).strip().toLowerCase(Locale.ROOT);
    }

    private static String wholeNumberFrom(int least) {
        return "a whole number from " + least + " up";
    }

    private static String name(String key) {
        return "checkpoint." + key;
    }

    private static IllegalArgumentException refused(String key, Object value, String allowed) {
        return new IllegalArgumentException(
                "%s: '%s' is not allowed; allowed: %s".formatted(name(key), value, allowed));
    }

    private static Map<String, Duration> units() {
        var units = new TreeMap<String, Duration>();
        List.of("ms", "milli", "millis").forEach(unit -> units.put(unit, Duration.ofMillis(1)));
        List.of("s", "sec", "secs", "second", "seconds").forEach(unit -> units.put(unit, Duration.ofSeconds(1)));
        List.of("m", "min", "mins", "minute", "minutes").forEach(unit -> units.put(unit, Duration.ofMinutes(1)));
        List.of("h", "hour", "hours").forEach(unit -> units.put(unit, Duration.ofHours(1)));
        List.of("d", "day", "days").forEach(unit -> units.put(unit, Duration.ofDays(1)));
        return units;
    }
}
