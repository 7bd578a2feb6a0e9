// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.natives;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;

/**
 * A file that travels with these classes. A jar knows size and checksum of what is in it, so nothing is unpacked to compare
 * it: every start of a run does.
 *
 * @param size bytes
 * @param checksum CRC-32, as in a zip
 */
record Artefact(String name, URL content, long size, long checksum) {

    /** @throws FileNotFoundException when these classes were built without it */
    static Artefact of(String name, String resource) throws IOException {
        URL url = Artefact.class.getResource(resource);
        if (url == null) {
            throw new FileNotFoundException("no '%s' in this jar".formatted(resource));
        }
        return at(name, url);
    }

    static Artefact at(String name, URL url) throws IOException {
        URLConnection connection = url.openConnection();
        if (connection instanceof JarURLConnection jar) {
            var entry = jar.getJarEntry();
            if (entry.getSize() >= 0 && entry.getCrc() >= 0) {
                return new Artefact(name, url, entry.getSize(), entry.getCrc());
            }
        }
        try (InputStream in = connection.getInputStream()) {
            var checked = new CheckedInputStream(in, new CRC32());
            long size = checked.transferTo(OutputStream.nullOutputStream());
            return new Artefact(name, url, size, checked.getChecksum().getValue());
        }
    }

    InputStream open() throws IOException {
        return content.openStream();
    }

    boolean isEqualTo(Path file) throws IOException {
        try {
            return Files.size(file) == size && checksumOf(Files.readAllBytes(file)) == checksum;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private static long checksumOf(byte[] bytes) {
        var sum = new CRC32();
        sum.update(bytes);
        return sum.getValue();
    }
}
