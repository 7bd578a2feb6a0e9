// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreRootTest {

    private static final String KEY = "c1ab4eddb4f6a1b2";

    @TempDir
    private Path folder;

    @Test
    void inADirectoryOfOursStoresLieAsTheyAreNamed() throws IOException {
        Path ours = folder.resolve("made/by/us");

        var root = StoreRoot.in(ours);

        assertThat(root.store(KEY)).isEqualTo(ours.resolve("c1/ab4eddb4f6a1b2"));
        assertThat(root.directories()).containsExactly(ours);
        assertThat(ours).isEmptyDirectory();
    }

    @Test
    void inADirectoryOfSomebodyElseThereIsAClosedFolderForOurs() throws IOException {
        Path shared = sharedDirectory();

        var root = StoreRoot.in(shared);

        Path own = shared.resolve("uid-" + OtherUser.uid(Path.of("/proc/self")));
        assertThat(root.store(KEY)).isEqualTo(own.resolve("c1/ab4eddb4f6a1b2"));
        assertThat(root.directories()).containsExactlyInAnyOrder(shared, own);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(own)))
                .isEqualTo("rwx------");
        assertThat(StoreRoot.in(shared)).isEqualTo(root);
    }

    @Test
    void whatWasBegunBesideOthersIsContinuedThere() throws IOException {
        Path shared = sharedDirectory();
        Path old = Files.createDirectories(shared.resolve("c1/ab4eddb4f6a1b2"));
        Files.createFile(old.resolve("task.json"));

        var root = StoreRoot.in(shared);

        assertThat(root.store(KEY)).isEqualTo(old);
        assertThat(root.store("c2ab")).isEqualTo(root.path().resolve("c2/ab"));
    }

    @Test
    void aFolderThatSomebodyElseHasPutInTheWayIsRefused() throws IOException {
        Path shared = sharedDirectory();
        Path taken = OtherUser.sharedDirectory(shared.resolve("uid-" + OtherUser.uid(Path.of("/proc/self"))));

        assertThatThrownBy(() -> StoreRoot.in(shared))
                .isInstanceOf(IOException.class)
                .hasMessage("'%s' is another user's", taken);
    }

    private Path sharedDirectory() throws IOException {
        OtherUser.assumePossible();
        return OtherUser.sharedDirectory(folder.resolve("shared"));
    }
}
