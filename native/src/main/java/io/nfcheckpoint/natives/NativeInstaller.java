// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.natives;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/**
 * Unpacks the artefacts that travel in this jar to where every node of a run sees them.
 *
 * <p>They go to {@code DIRECTORY/VERSION-HASH/}, so that two versions never share a file. The directory appears with
 * everything in it by one rename: any number of processes may install at once, on any number of hosts.
 */
public final class NativeInstaller {

    private static final String[] NAMES = {"ckpt", "libckpt.so", "libckptctl.so"};
    private static final int HASH_DIGITS = 12;

    private NativeInstaller() {}

    /**
     * Makes sure that the artefacts are in {@code directory}; what is there already and equal is left alone.
     *
     * @throws CheckpointException {@code UNSUPPORTED} when there are none for this platform
     */
    public static NativeFiles install(Path directory) throws IOException {
        Map<String, byte[]> artefacts = artefacts();
        Path target = directory.toAbsolutePath().resolve(version() + "-" + hash(artefacts));
        if (!isInstalled(artefacts, target)) {
            Files.createDirectories(directory);
            unpack(artefacts, target);
        }
        return NativeFiles.in(target);
    }

    private static void unpack(Map<String, byte[]> artefacts, Path target) throws IOException {
        var readableByAll = PosixFilePermissions.fromString("rwxr-xr-x");
        Path unfinished = Files.createTempDirectory(target.getParent(), ".unfinished-");
        try {
            Files.setPosixFilePermissions(unfinished, readableByAll);
            for (var artefact : artefacts.entrySet()) {
                Path file = unfinished.resolve(artefact.getKey());
                write(file, artefact.getValue());
                Files.setPosixFilePermissions(file, readableByAll);
            }
            publish(artefacts, unfinished, target);
        } finally {
            remove(unfinished);
        }
    }

    /** Moves the whole directory into place, or, when somebody's is there, those files that it lacks. */
    private static void publish(Map<String, byte[]> artefacts, Path unfinished, Path target) throws IOException {
        try {
            Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            if (!Files.isDirectory(target)) {
                throw e;
            }
            for (var artefact : artefacts.entrySet()) {
                Path file = target.resolve(artefact.getKey());
                if (!isEqual(artefact.getValue(), file)) {
                    Files.move(unfinished.resolve(artefact.getKey()), file, StandardCopyOption.ATOMIC_MOVE);
                }
            }
        }
    }

    private static void write(Path file, byte[] content) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            var rest = ByteBuffer.wrap(content);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
            channel.force(true);
        }
    }

    private static void remove(Path unfinished) throws IOException {
        for (String name : NAMES) {
            Files.deleteIfExists(unfinished.resolve(name));
        }
        Files.deleteIfExists(unfinished);
    }

    private static boolean isInstalled(Map<String, byte[]> artefacts, Path target) throws IOException {
        for (var artefact : artefacts.entrySet()) {
            if (!isEqual(artefact.getValue(), target.resolve(artefact.getKey()))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isEqual(byte[] content, Path file) throws IOException {
        return Files.isExecutable(file)
                && Files.size(file) == content.length
                && Arrays.equals(Files.readAllBytes(file), content);
    }

    private static Map<String, byte[]> artefacts() throws IOException {
        var artefacts = new TreeMap<String, byte[]>();
        for (String name : NAMES) {
            artefacts.put(name, read(platform() + "/" + name));
        }
        return artefacts;
    }

    private static byte[] read(String resource) throws IOException {
        try (InputStream in = NativeInstaller.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new FileNotFoundException("no '%s' in this jar".formatted(resource));
            }
            return in.readAllBytes();
        }
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

    private static String hash(Map<String, byte[]> artefacts) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            artefacts.values().forEach(digest::update);
            return HexFormat.of().formatHex(digest.digest()).substring(0, HASH_DIGITS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
