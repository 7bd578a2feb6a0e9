// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.routes.UnusableRoutesException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.camel.RouteConfigurationsBuilder;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.builder.RouteConfigurationBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;

/**
 * The route files in a folder of the user, in the order of their names, and what they may need: classes in jars beside them.
 * Files with other endings are none of our business.
 */
final class RouteFiles {

    private static final List<String> ENDINGS = List.of(".yaml", ".yml", ".xml", ".java");

    private final List<Path> files;
    private final ClassLoader classLoader;

    private RouteFiles(List<Path> files, ClassLoader classLoader) {
        this.files = files;
        this.classLoader = classLoader;
    }

    /** @throws UnusableRoutesException when there are none */
    static RouteFiles in(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new UnusableRoutesException("checkpoint.routes: '%s' is no directory".formatted(folder), null);
        }
        var files = withEndings(folder, ENDINGS);
        if (files.isEmpty()) {
            throw new UnusableRoutesException(
                    "checkpoint.routes: no route file is in '%s'; route files end in %s"
                            .formatted(folder, String.join(", ", ENDINGS)),
                    null);
        }
        return new RouteFiles(files, classLoader(withEndings(folder, List.of(".jar"))));
    }

    private static List<Path> withEndings(Path folder, List<String> endings) {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(file -> endings.stream().anyMatch(file.toString()::endsWith))
                    .filter(Files::isRegularFile)
                    .sorted()
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            throw new UnusableRoutesException(
                    "checkpoint.routes: '%s' cannot be read: %s".formatted(folder, e.getMessage()), e);
        }
    }

    /** Never closed: the routes run as long as we do. */
    private static ClassLoader classLoader(List<Path> jars) {
        ClassLoader ours = RouteFiles.class.getClassLoader();
        return jars.isEmpty()
                ? ours
                : new URLClassLoader(jars.stream().map(RouteFiles::url).toArray(URL[]::new), ours);
    }

    private static URL url(Path jar) {
        try {
            return jar.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalStateException("a file has an address", e);
        }
    }

    ClassLoader classLoader() {
        return classLoader;
    }

    /**
     * Starts the routes.
     *
     * @throws UnusableRoutesException naming the file, the line and what is wrong
     */
    void load(DefaultCamelContext context) {
        var builders = builders(context);
        // For they hold for the routes of all files.
        each(builders, (file, builder) -> {
            if (builder instanceof RouteConfigurationsBuilder configurations) {
                context.addRoutesConfigurations(configurations);
            }
        });
        each(builders, (file, builder) -> context.addRoutes(builder));
        requireRoutes(builders);
    }

    private Map<Path, Collection<RoutesBuilder>> builders(DefaultCamelContext context) {
        var builders = new LinkedHashMap<Path, Collection<RoutesBuilder>>();
        var classes = new JavaRouteFiles(classLoader)
                .compile(files.stream().filter(RouteFiles::isJava).toList());
        for (Path file : files) {
            try {
                builders.put(file, classes.containsKey(file) ? classes.get(file) : parse(file, context));
            } catch (Exception | LinkageError e) {
                throw RouteMistake.in(file, List.of(), e);
            }
        }
        return builders;
    }

    private static Collection<RoutesBuilder> parse(Path file, DefaultCamelContext context) throws Exception {
        // Camel knows the one ending only.
        String location = file.toUri().toString().replaceFirst("\\.yml$", ".yaml");
        String text = Files.readString(file);
        if (text.isBlank()) {
            return List.of();
        }
        var resource = ResourceHelper.fromString(location, text);
        return PluginHelper.getRoutesLoader(context).findRoutesBuilders(resource);
    }

    private interface Step {
        void take(Path file, RoutesBuilder builder) throws Exception;
    }

    private static void each(Map<Path, Collection<RoutesBuilder>> builders, Step step) {
        builders.forEach((file, ofFile) -> {
            var known = new ArrayList<RouteBuilder>();
            for (RoutesBuilder builder : ofFile) {
                try {
                    if (builder instanceof RouteBuilder routes) {
                        known.add(routes);
                    }
                    step.take(file, builder);
                } catch (Exception | LinkageError e) {
                    throw RouteMistake.in(file, known, e);
                }
            }
        });
    }

    /** What Camel makes nothing of, it says nothing of. A class that has no routes may be there for one that has. */
    private static void requireRoutes(Map<Path, Collection<RoutesBuilder>> builders) {
        boolean anyInJava = builders.keySet().stream()
                .anyMatch(file -> isJava(file) && !builders.get(file).isEmpty());
        builders.forEach((file, ofFile) -> {
            if (isJava(file) ? !anyInJava : ofFile.stream().allMatch(RouteFiles::isEmpty)) {
                throw RouteMistake.in(
                        file,
                        isJava(file)
                                ? "there is no public class in it that extends RouteBuilder"
                                : "there is no route in it");
            }
        });
    }

    private static boolean isJava(Path file) {
        return file.toString().endsWith(".java");
    }

    private static boolean isEmpty(RoutesBuilder builder) {
        return builder instanceof RouteBuilder routes
                && routes.getRouteCollection().getRoutes().isEmpty()
                && routes.getRouteTemplateCollection().getRouteTemplates().isEmpty()
                && !(builder instanceof RouteConfigurationBuilder configurations
                        && !configurations
                                .getRouteConfigurationCollection()
                                .getRouteConfigurations()
                                .isEmpty());
    }
}
