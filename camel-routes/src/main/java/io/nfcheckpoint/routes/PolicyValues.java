// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Turns what people write into a {@link CheckpointPolicy}, or says what they may write instead. */
final class PolicyValues {

    private static final Pattern SIZE = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,9})?)\\s*([kmgt]?)(?:i?b)?");
    private static final Pattern BYTES = Pattern.compile("\\d{1,18}");
    private static final Pattern TIME_PART = Pattern.compile("\\s*(\\d{1,9}(?:\\.\\d{1,9})?)\\s*([a-z]+)");
    private static final Pattern SECONDS = Pattern.compile("\\d{1,9}(?:\\.\\d{1,9})?");
    private static final Map<String, Duration> UNITS = units();

    private static final Pattern SIGNAL = Pattern.compile("(?:SIG)?([A-Z0-9]+)\\s*(?:=\\s*(END|CONTINUE|PASS))?");

    /** A name or a glob; nothing that would have to be escaped. */
    private static final Pattern VARIABLE = Pattern.compile("[A-Za-z0-9_*?]+");

    /** Those that a process can be told and can do something about, and that are not its own faults. */
    private static final Set<String> SIGNALS = Set.of(
            "HUP", "INT", "QUIT", "USR1", "USR2", "PIPE", "ALRM", "TERM", "CONT", "TSTP", "TTIN", "TTOU", "URG", "XCPU",
            "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR");

    /** The reader of a key has no use for the value; {@link PolicyKey} knows what to say. */
    static final class NotAllowed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NotAllowed() {
            super(null, null, false, false);
        }
    }

    private PolicyValues() {}

    static CheckpointPolicy parse(Map<String, ?> values, CheckpointPolicy base) {
        var builder = base.toBuilder();
        // Sorted, so that of two mistakes always the same one is reported.
        new TreeMap<>(values)
                .forEach((key, value) -> PolicyKey.of(key)
                        .orElseThrow(() ->
                                new IllegalArgumentException("checkpoint.%s: no such key (value '%s'); allowed: %s"
                                        .formatted(key, value, PolicyKey.names())))
                        .read(value, builder));
        return builder.build();
    }

    static CheckpointPolicy forTask(Object directive, CheckpointPolicy base) {
        if (directive instanceof Map<?, ?> map) {
            map.forEach((key, value) -> PolicyKey.of(String.valueOf(key))
                    .filter(known -> !known.isForTasks())
                    .ifPresent(known -> {
                        throw known.refusedForTask(value);
                    }));
        }
        return forRun(directive, base);
    }

    static CheckpointPolicy forRun(Object directive, CheckpointPolicy base) {
        if (directive == null) {
            return base;
        }
        if (directive instanceof Map<?, ?> map) {
            var named = new TreeMap<String, Object>();
            map.forEach((key, value) -> named.put(String.valueOf(key), value));
            return parse(named, base);
        }
        if (isBoolean(directive)) {
            return base.toBuilder().enabled(toBoolean(directive)).build();
        }
        throw new IllegalArgumentException("checkpoint: '%s' is not allowed; allowed: true, false or a map with keys %s"
                .formatted(directive, PolicyKey.names()));
    }

    static void requireTime(PolicyKey key, Duration time) {
        if (time.isNegative()) {
            throw key.refused(time);
        }
    }

    static void requireAtLeast(PolicyKey key, int value, int least) {
        if (value < least) {
            throw key.refused(value);
        }
    }

    static void requireSize(PolicyKey key, long bytes) {
        if (bytes < 0) {
            throw key.refused(bytes);
        }
    }

    static long toBytes(Object value) {
        String text = text(value);
        if (BYTES.matcher(text).matches()) {
            return Long.parseLong(text);
        }
        Matcher size = SIZE.matcher(text);
        if (!size.matches()) {
            throw new NotAllowed();
        }
        int power = " kmgt".indexOf(size.group(2).isEmpty() ? " " : size.group(2));
        return Math.round(Double.parseDouble(size.group(1)) * (1L << (10 * power)));
    }

    private static boolean isBoolean(Object value) {
        return value instanceof Boolean || List.of("true", "false").contains(text(value));
    }

    static boolean toBoolean(Object value) {
        if (!isBoolean(value)) {
            throw new NotAllowed();
        }
        return Boolean.parseBoolean(text(value));
    }

    static int toInt(Object value) {
        try {
            return Integer.parseInt(text(value));
        } catch (NumberFormatException e) {
            throw new NotAllowed();
        }
    }

    static Path toPath(Object value) {
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
        throw new NotAllowed();
    }

    static <E extends Enum<E>> E toConstant(Class<E> type, Object value) {
        for (E constant : type.getEnumConstants()) {
            if (constant.name().toLowerCase(Locale.ROOT).equals(text(value))) {
                return constant;
            }
        }
        throw new NotAllowed();
    }

    private static Collection<?> parts(Object value) {
        return value instanceof Collection<?> list
                ? list
                : List.of(String.valueOf(value).split(","));
    }

    static List<String> toVariables(Object value) {
        var variables = new ArrayList<String>();
        for (Object part : parts(value)) {
            String name = String.valueOf(part).strip();
            if (value == null || !VARIABLE.matcher(name).matches()) {
                throw new NotAllowed();
            }
            variables.add(name);
        }
        return List.copyOf(variables);
    }

    /** Each in the form that the checkpointer reads: {@code USR1=continue}. */
    static List<String> toSignals(Object value) {
        var signals = new ArrayList<String>();
        for (Object part : parts(value)) {
            Matcher signal = SIGNAL.matcher(text(part).toUpperCase(Locale.ROOT));
            if (!signal.matches() || !SIGNALS.contains(signal.group(1))) {
                throw new NotAllowed();
            }
            String meaning = signal.group(2) == null ? "end" : signal.group(2).toLowerCase(Locale.ROOT);
            signals.add(signal.group(1) + "=" + meaning);
        }
        return List.copyOf(signals);
    }

    static Interval toInterval(Object value) {
        return text(value).equals("auto") ? Interval.AUTO : Interval.every(toTime(value));
    }

    static Duration toTime(Object value) {
        if (value instanceof Duration duration) {
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
                throw new NotAllowed();
            }
            sum = sum.plus(scaled(UNITS.get(part.group(2)), part.group(1)));
        }
        if (text.isEmpty()) {
            throw new NotAllowed();
        }
        return sum;
    }

    private static Duration scaled(Duration unit, String number) {
        return Duration.ofMillis(Math.round(Double.parseDouble(number) * unit.toMillis()));
    }

    private static String text(Object value) {
        return String.valueOf(value).strip().toLowerCase(Locale.ROOT);
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
