// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Puts the checkpointer before a task's command.
 *
 * <p>Nextflow starts a task as {@code INTERPRETER .command.sh}. The interpreter is what follows {@code #!} if the script
 * has that, else the words of the {@code shell} directive. Either way it is pasted into a bash script, so every word
 * that we add is escaped for bash.
 */
final class LaunchCommand {

    private final List<String> prefix;

    /** @param words what is to stand before the interpreter, one argument each, none with a line break */
    LaunchCommand(List<String> words) {
        this.prefix = words.stream().map(LaunchCommand::escape).toList();
    }

    /** The {@code shell} directive with which a script without {@code #!} starts under the checkpointer. */
    List<String> shell(List<String> own) {
        var words = new ArrayList<>(prefix);
        // What Nextflow itself does with a shell that is no path.
        if (!own.isEmpty() && !own.get(0).startsWith("/")) {
            words.add("/usr/bin/env");
        }
        words.addAll(own);
        return List.copyOf(words);
    }

    /** The script with another {@code #!} line, or nothing when it has none. */
    Optional<String> script(String own) {
        int start = own.indexOf("#!");
        if (!hasInterpreter(own)) {
            return Optional.empty();
        }
        return Optional.of(own.substring(0, start + 2)
                + String.join(" ", prefix)
                + ' '
                + own.substring(start + 2).stripLeading());
    }

    /** Nextflow strips what stands around a script before it looks for {@code #!}. */
    static boolean hasInterpreter(String script) {
        return script.stripLeading().startsWith("#!");
    }

    /** Escaped with backslashes rather than quotes: a path then still begins with a slash. */
    static String escape(String word) {
        var escaped = new StringBuilder();
        word.codePoints().forEach(c -> {
            if (!isPlain(c)) {
                escaped.append('\\');
            }
            escaped.appendCodePoint(c);
        });
        return escaped.isEmpty() ? "''" : escaped.toString();
    }

    private static boolean isPlain(int c) {
        return c > 127 || Character.isLetterOrDigit(c) || "/._-+:=,@%".indexOf(c) >= 0;
    }
}
