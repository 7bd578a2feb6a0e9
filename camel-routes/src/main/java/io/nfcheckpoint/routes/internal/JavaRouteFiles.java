// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.routes.UnusableRoutesException;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Modifier;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.apache.camel.RoutesBuilder;

/**
 * Compiles route files in Java, all together and in memory, when they are used. They see what we see, and the jars beside
 * them.
 */
final class JavaRouteFiles {

    private final ClassLoader parent;
    private final Optional<JavaCompiler> compiler;

    JavaRouteFiles(ClassLoader parent) {
        this(parent, Optional.ofNullable(ToolProvider.getSystemJavaCompiler()));
    }

    /** @param compiler empty: this Java has none */
    JavaRouteFiles(ClassLoader parent, Optional<JavaCompiler> compiler) {
        this.parent = parent;
        this.compiler = compiler;
    }

    /**
     * @return an instance of each public class with routes in each of the files
     * @throws UnusableRoutesException naming the file, the line and what is wrong
     */
    Map<Path, Collection<RoutesBuilder>> compile(List<Path> files) {
        var builders = new LinkedHashMap<Path, Collection<RoutesBuilder>>();
        if (files.isEmpty()) {
            return builders;
        }
        var classes = new Classes(parent);
        compile(files, classes);
        for (Path file : files) {
            builders.put(file, instances(file, classes));
        }
        return builders;
    }

    private void compile(List<Path> files, Classes classes) {
        var javac = compiler.orElseThrow(() -> RouteMistake.in(
                files.get(0),
                "routes in Java need a JDK, and the Java in '%s' has no compiler"
                        .formatted(System.getProperty("java.home"))));
        var diagnostics = new DiagnosticCollector<JavaFileObject>();
        try (var disk = javac.getStandardFileManager(diagnostics, null, StandardCharsets.UTF_8)) {
            var options = List.of("-proc:none", "-nowarn", "-g", "-cp", classPath());
            var memory = new InMemory(disk, classes);
            var sources = disk.getJavaFileObjectsFromPaths(files);
            if (!javac.getTask(null, memory, diagnostics, options, null, sources)
                    .call()) {
                throw mistake(files, diagnostics);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static UnusableRoutesException mistake(List<Path> files, DiagnosticCollector<JavaFileObject> diagnostics) {
        var first = diagnostics.getDiagnostics().stream()
                .filter(each -> each.getKind() == Diagnostic.Kind.ERROR)
                .findFirst()
                .orElseThrow();
        Path file = first.getSource() == null
                ? files.get(0)
                : Path.of(first.getSource().toUri());
        var line = first.getLineNumber() == Diagnostic.NOPOS
                ? OptionalInt.empty()
                : OptionalInt.of((int) first.getLineNumber());
        return new RouteMistake(line, first.getMessage(null)).in(file, (Throwable) null);
    }

    private static Collection<RoutesBuilder> instances(Path file, Classes classes) {
        var instances = new ArrayList<RoutesBuilder>();
        try {
            for (String name : classes.of(file)) {
                Class<?> type = Class.forName(name, true, classes);
                if (RoutesBuilder.class.isAssignableFrom(type)
                        && Modifier.isPublic(type.getModifiers())
                        && !Modifier.isAbstract(type.getModifiers())) {
                    instances.add((RoutesBuilder) type.getConstructor().newInstance());
                }
            }
        } catch (ReflectiveOperationException | LinkageError e) {
            throw RouteMistake.in(file, List.of(), e);
        }
        return instances;
    }

    /** Of what the compiler has to see: class loaders do not tell it. */
    private String classPath() {
        return Stream.concat(
                        Stream.iterate(parent, Objects::nonNull, ClassLoader::getParent)
                                .filter(URLClassLoader.class::isInstance)
                                .flatMap(loader -> Stream.of(((URLClassLoader) loader).getURLs()))
                                .map(url -> {
                                    try {
                                        return Path.of(url.toURI()).toString();
                                    } catch (URISyntaxException e) {
                                        throw new IllegalStateException(e);
                                    }
                                }),
                        Stream.of(System.getProperty("java.class.path")))
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** The compiled classes, each with the file it came from. */
    private static final class Classes extends ClassLoader {

        private final Map<String, ByteArrayOutputStream> code = new LinkedHashMap<>();
        private final Map<String, URI> sources = new LinkedHashMap<>();

        Classes(ClassLoader parent) {
            super(parent);
        }

        OutputStream add(String name, URI source) {
            var bytes = new ByteArrayOutputStream();
            code.put(name, bytes);
            sources.put(name, source);
            return bytes;
        }

        List<String> of(Path file) {
            return sources.entrySet().stream()
                    .filter(entry -> entry.getValue().equals(file.toUri()))
                    .map(Map.Entry::getKey)
                    .toList();
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            if (!code.containsKey(name)) {
                throw new ClassNotFoundException(name);
            }
            byte[] bytes = code.get(name).toByteArray();
            return defineClass(name, bytes, 0, bytes.length);
        }
    }

    private static final class InMemory extends ForwardingJavaFileManager<JavaFileManager> {

        private final Classes classes;

        InMemory(JavaFileManager disk, Classes classes) {
            super(disk);
            this.classes = classes;
        }

        @Override
        public JavaFileObject getJavaFileForOutput(
                Location location, String name, JavaFileObject.Kind kind, FileObject sibling) {
            return new SimpleJavaFileObject(URI.create("memory:///" + name), kind) {
                @Override
                public OutputStream openOutputStream() {
                    return classes.add(name, sibling.toUri());
                }
            };
        }
    }
}
