// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.natives;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.jar.JarOutputStream;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeInstallerTest {

    @TempDir
    Path directory;

    @Test
    void unpacksProgramsThatRun() throws Exception {
        var files = NativeInstaller.install(directory.resolve("a/b"));

        var ckpt = new ProcessBuilder(files.ckpt().toString(), "--version")
                .redirectErrorStream(true)
                .start();
        assertThat(new String(ckpt.getInputStream().readAllBytes())).contains("0.1.0");
        assertThat(ckpt.waitFor()).isZero();
        assertThat(files.libckpt()).isExecutable().hasSameBinaryContentAs(Path.of("build/libckpt.so"));
        assertThat(NativeCheckpointer.load(files.libckptctl()).check().checks()).isNotEmpty();
    }

    @Test
    void namesTheDirectoryAfterVersionAndContent() throws IOException {
        var files = NativeInstaller.install(directory);

        assertThat(files.ckpt().getParent().getFileName().toString()).matches("0\\.1\\.0-[0-9a-f]{24}");
        assertThat(files.ckpt().getParent()).hasParent(directory);
    }

    @Test
    void leavesAloneWhatIsThereAndEqual() throws IOException {
        var files = NativeInstaller.install(directory);
        var before = Files.readAttributes(files.ckpt(), "unix:ino,ctime");

        assertThat(NativeInstaller.install(directory)).isEqualTo(files);

        assertThat(Files.readAttributes(files.ckpt(), "unix:ino,ctime")).isEqualTo(before);
    }

    @Test
    void replacesWhatWasCutShort() throws IOException {
        var files = NativeInstaller.install(directory);
        byte[] whole = Files.readAllBytes(files.libckpt());
        Files.write(files.libckpt(), new byte[] {1, 2, 3});
        Files.delete(files.ckpt());

        NativeInstaller.install(directory);

        assertThat(files.libckpt()).isExecutable().hasBinaryContent(whole);
        assertThat(files.ckpt()).isExecutable();
    }

    @Test
    void replacesWhatHasLostABit() throws IOException {
        var files = NativeInstaller.install(directory);
        byte[] whole = Files.readAllBytes(files.libckpt());
        byte[] damaged = whole.clone();
        damaged[damaged.length / 2] ^= 4;
        Files.write(files.libckpt(), damaged);

        NativeInstaller.install(directory);

        assertThat(files.libckpt()).isExecutable().hasBinaryContent(whole);
    }

    @Test
    void knowsAFileInAJarWithoutUnpackingIt(@TempDir Path other) throws Exception {
        byte[] content = {1, 2, 3, 4};
        Path jar = other.resolve("a.jar");
        try (var out = new JarOutputStream(Files.newOutputStream(jar))) {
            out.putNextEntry(new ZipEntry("io/nfcheckpoint/natives/thing"));
            out.write(content);
        }
        Path same = Files.write(other.resolve("same"), content);
        Path different = Files.write(other.resolve("different"), new byte[] {1, 2, 3, 5});

        var artefact = Artefact.at(
                "thing",
                URI.create("jar:" + jar.toUri() + "!/io/nfcheckpoint/natives/thing")
                        .toURL());

        assertThat(artefact.isEqualTo(same)).isTrue();
        assertThat(artefact.isEqualTo(different)).isFalse();
        assertThat(artefact.isEqualTo(other.resolve("none"))).isFalse();
    }

    @Test
    void installsOnceWhenManyDoItAtOnce() throws Exception {
        int many = 8;
        var start = new CyclicBarrier(many);
        Callable<NativeFiles> installation = () -> {
            start.await();
            return NativeInstaller.install(directory);
        };
        var pool = Executors.newFixedThreadPool(many);
        try {
            List<Future<NativeFiles>> all = IntStream.range(0, many)
                    .mapToObj(i -> pool.submit(installation))
                    .toList();
            for (var one : all) {
                assertThat(one.get().ckpt()).isExecutable();
            }
        } finally {
            pool.shutdownNow();
        }

        try (var left = Files.list(directory)) {
            assertThat(left).hasSize(1);
        }
    }
}
