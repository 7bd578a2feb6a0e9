// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.natives;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Properties;

/**
 * Unpacks the artefacts that travel in this jar to where every node of a run sees them.
 *
 * <p>They go to {@code DIRECTORY/VERSION-CHECKSUMS/}, so that two versions never share a file. The directory appears with
 * everything in it by one rename: any number of processes may install at once, on any number of hosts.
 */
public final class NativeInstaller {

    private static final String[] NAMES = {"ckpt", "libckpt.so", "libckptctl.so"};

    private NativeInstaller() {}

    /**
     * Makes sure that the artefacts are in {@code directory}; what is there already and equal is left alone.
     *
     * @throws CheckpointException {@code UNSUPPORTED} when there are none for this platform
     */
    public static NativeFiles install(Path directory) throws IOException {
        List<Artefact> artefacts = artefacts();
        Path target = directory.toAbsolutePath().resolve(version() + "-" + checksums(artefacts));
        if (!isInstalled(artefacts, target)) {
            Files.createDirectories(directory);
            unpack(artefacts, target);
        }
        return NativeFiles.in(target);
    }

    private static void unpack(List<Artefact> artefacts, Path target) throws IOException {
        var readableByAll = PosixFilePermissions.fromString("rwxr-xr-x");
        Path unfinished = Files.createTempDirectory(target.getParent(), ".unfinished-");
        try {
            Files.setPosixFilePermissions(unfinished, readableByAll);
            for (Artefact artefact : artefacts) {
                Path file = unfinished.resolve(artefact.name());
                write(file, artefact);
                Files.setPosixFilePermissions(file, readableByAll);
            }
            publish(artefacts, unfinished, target);
        } finally {
            remove(unfinished);
        }
    }

    /** Moves the whole directory into place, or, when somebody's is there, those files that it lacks. */
    private static void publish(List<Artefact> artefacts, Path unfinished, Path target) throws IOException {
        try {
            Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            if (!Files.isDirectory(target)) {
                throw e;
            }
            for (Artefact artefact : artefacts) {
                Path file = target.resolve(artefact.name());
                if (!isInstalled(artefact, file)) {
                    Files.move(unfinished.resolve(artefact.name()), file, StandardCopyOption.ATOMIC_MOVE);
                }
            }
        }
    }

    private static void write(Path file, Artefact artefact) throws IOException {
        try (var in = artefact.open();
                var channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            in.transferTo(Channels.newOutputStream(channel));
            channel.force(true);
        }
    }

    private static void remove(Path unfinished) throws IOException {
        for (String name : NAMES) {
            Files.deleteIfExists(unfinished.resolve(name));
        }
        Files.deleteIfExists(unfinished);
    }

    private static boolean isInstalled(List<Artefact> artefacts, Path target) throws IOException {
        for (Artefact artefact : artefacts) {
            if (!isInstalled(artefact, target.resolve(artefact.name()))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isInstalled(Artefact artefact, Path file) throws IOException {
        return Files.isExecutable(file) && artefact.isEqualTo(file);
    }

    private static List<Artefact> artefacts() throws IOException {
        var artefacts = new ArrayList<Artefact>();
        for (String name : NAMES) {
            artefacts.add(Artefact.of(name, platform() + "/" + name));
        }
        return artefacts;
    }

    private static String platform() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String machine = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        if (!system.equals("linux") || !(machine.equals("amd64") || machine.equals("x86_64"))) {
            throw new CheckpointException(
                    CheckpointException.Code.UNSUPPORTED,
                    "no checkpointer for %s on %s; there is one for linux on x86-64".formatted(system, machine));
        }
        return "linux-x86-64";
    }

    private static String version() throws IOException {
        try (InputStream in = NativeInstaller.class.getResourceAsStream("natives.properties")) {
            var properties = new Properties();
            properties.load(in);
            return properties.getProperty("version");
        }
    }

    private static String checksums(List<Artefact> artefacts) {
        var digits = new StringBuilder();
        artefacts.forEach(artefact -> digits.append("%08x".formatted(artefact.checksum())));
        return digits.toString();
    }
}
