// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.routes.UnusableRoutesException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.FailedToCreateRouteException;
import org.apache.camel.FailedToStartRouteException;
import org.apache.camel.LineNumberAware;
import org.apache.camel.NoSuchEndpointException;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteDefinition;

/**
 * Finds out in which line of a route file the mistake is, and what it is, from what Camel, its parsers and Java say.
 *
 * @param line from 1
 */
record RouteMistake(OptionalInt line, String what) {

    /** Both parsers say so, below what is wrong. */
    private static final Pattern PLACE = Pattern.compile("\\s*in [^\n]*, line (\\d+), column \\d+:?\\s*");

    /** Of an XML name. */
    private static final Pattern NAMESPACE = Pattern.compile("\\{(http[^}]*)?}(?=\\w)");

    /** What Camel advises, who does not know where the class path is. */
    private static final Pattern NO_COMPONENT = Pattern.compile(", please check your classpath .*", Pattern.DOTALL);

    /** The part of a route that cannot be made. */
    private static final Pattern CULPRIT = Pattern.compile("at: >>> (.*) <<< in route: ", Pattern.DOTALL);

    static UnusableRoutesException in(Path file, String what) {
        return new RouteMistake(OptionalInt.empty(), what).in(file, (Throwable) null);
    }

    /** @param builders what could be read of the file */
    static UnusableRoutesException in(Path file, Collection<RouteBuilder> builders, Throwable cause) {
        return cause instanceof UnusableRoutesException known
                ? known
                : of(file, builders, cause).in(file, cause);
    }

    UnusableRoutesException in(Path file, Throwable cause) {
        String place = line.isPresent() ? "'%s', line %d".formatted(file, line.getAsInt()) : "'%s'".formatted(file);
        return new UnusableRoutesException(
                "checkpoint.routes: %s: %s".formatted(place, what.strip().replaceAll("\\s+", " ")), cause);
    }

    private static RouteMistake of(Path file, Collection<RouteBuilder> builders, Throwable cause) {
        for (Throwable each : causes(cause)) {
            var told = told(String.valueOf(each.getMessage()));
            if (told.line().isPresent()) {
                return told;
            }
        }
        String said = lastWords(cause);
        String what = NAMESPACE.matcher(said).replaceAll("");
        if (causes(cause).stream().anyMatch(NoSuchEndpointException.class::isInstance)) {
            what = NO_COMPONENT
                    .matcher(what)
                    .replaceFirst("; jars of components that are not there belong beside the file");
        }
        for (Throwable each : causes(cause)) {
            if (each instanceof FailedToCreateRouteException failure) {
                return new RouteMistake(line(failure.getRouteId(), culprit(failure), builders), what);
            }
            if (each instanceof FailedToStartRouteException failure) {
                return new RouteMistake(line(failure.getRouteId(), node -> mentions(said, node), builders), what);
            }
        }
        return new RouteMistake(lineOfCode(file, cause), what);
    }

    /** From the text of a parser: the last place that it names, and the line above it. */
    private static RouteMistake told(String message) {
        var result = new RouteMistake(OptionalInt.empty(), message);
        String above = "";
        for (String text : message.split("\n")) {
            Matcher place = PLACE.matcher(text);
            if (place.matches()) {
                result = new RouteMistake(
                        OptionalInt.of(Integer.parseInt(place.group(1))),
                        NAMESPACE.matcher(above).replaceAll(""));
            }
            above = text;
        }
        return result;
    }

    /** What is at the root of it tends to be the clearest. */
    private static String lastWords(Throwable cause) {
        return causes(cause).stream()
                .filter(each -> each.getMessage() != null)
                .reduce((outer, inner) -> inner)
                .map(Throwable::getMessage)
                .orElse(cause.toString());
    }

    private static List<Throwable> causes(Throwable cause) {
        return Stream.iterate(cause, each -> each != null, Throwable::getCause).toList();
    }

    private static OptionalInt line(String routeId, Predicate<Object> isCulprit, Collection<RouteBuilder> builders) {
        return builders.stream()
                .flatMap(builder -> builder.getRouteCollection().getRoutes().stream())
                .filter(route -> route.getId().equals(routeId))
                .mapToInt(route -> line(isCulprit, route))
                .filter(line -> line > 0)
                .findFirst();
    }

    /** Camel shortens what is long. */
    private static Predicate<Object> culprit(FailedToCreateRouteException failure) {
        Matcher culprit = CULPRIT.matcher(failure.getMessage());
        return culprit.find()
                ? node -> node.toString().startsWith(culprit.group(1).replaceFirst("\\.{3}$", ""))
                : node -> false;
    }

    /** A step is written as {@code to[file:x]}. */
    private static boolean mentions(String message, Object node) {
        String text = node.toString();
        int start = text.indexOf('[') + 1;
        int end = text.lastIndexOf(']');
        return start < end && message.contains(text.substring(start, end));
    }

    private static int line(Predicate<Object> isCulprit, RouteDefinition route) {
        return ProcessorDefinitionHelper.filterTypeInOutputs(route.getOutputs(), LineNumberAware.class).stream()
                .filter(isCulprit)
                .mapToInt(LineNumberAware::getLineNumber)
                .findFirst()
                .orElseGet(() -> route.getInput().getLineNumber());
    }

    private static OptionalInt lineOfCode(Path file, Throwable cause) {
        return causes(cause).stream()
                .flatMap(each -> Arrays.stream(each.getStackTrace()))
                .filter(element -> file.endsWith(String.valueOf(element.getFileName())))
                .mapToInt(StackTraceElement::getLineNumber)
                .findFirst();
    }
}
