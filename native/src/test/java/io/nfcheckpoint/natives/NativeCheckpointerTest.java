// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nfcheckpoint.natives.CheckpointException.Code;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every call goes to the real library. */
class NativeCheckpointerTest {

    @TempDir
    Path directory;

    private final Checkpointer checkpointer = Natives.checkpointer();
    private StoreFixture store;

    @BeforeEach
    void storeWithTwoGenerations() throws IOException {
        store = StoreFixture.create(directory.resolve("store with ü"))
                .generation(1, 31.5)
                .generation(2, 62.25);
    }

    @Test
    void removesAStoreAndTellsItsSize() throws IOException {
        store.generation(1, 31.5);

        assertThat(checkpointer.remove(store.store())).isGreaterThan(30_000);
        assertThat(store.store()).doesNotExist();
        assertThatThrownBy(() -> checkpointer.remove(store.store()))
                .isInstanceOfSatisfying(
                        CheckpointException.class,
                        e -> assertThat(e.code()).isEqualTo(CheckpointException.Code.NOT_FOUND));
    }

    @Test
    void tellsWhatTheHostCanDo() {
        var check = checkpointer.check();

        assertThat(check.checks()).isNotEmpty().allSatisfy(one -> {
            assertThat(one.name()).isNotBlank();
            assertThat(one.detail()).isNotNull();
        });
    }

    @Test
    void verifiesASoundGeneration() {
        var manifest = checkpointer.verify(store.store(), 1);

        assertThat(manifest.generation()).isEqualTo(1);
        assertThat(manifest.runTime()).isEqualTo(Duration.ofMillis(31_500));
        assertThat(manifest.pause()).isEqualTo(Duration.ofMillis(12));
        assertThat(manifest.request()).isEmpty();
        assertThat(manifest.host().machine()).isEqualTo("x86_64");
        assertThat(manifest.processes())
                .singleElement()
                .satisfies(process -> assertThat(process.name()).isEqualTo("bwa"));
        assertThat(manifest.files()).hasSize(3);
    }

    @Test
    void verifiesTheLatestWhenNoneIsNamed() {
        assertThat(checkpointer.verify(store.store(), 0).generation()).isEqualTo(2);
    }

    @Test
    void refusesAFlippedByte() throws IOException {
        store.flipByte(2, "12.mem");

        assertRefused(Code.DAMAGED, "12.mem", () -> checkpointer.verify(store.store(), 2));
        assertThat(checkpointer.verify(store.store(), 1).generation()).isEqualTo(1);
    }

    @Test
    void refusesATruncatedFile() throws IOException {
        store.truncate(2, "12.img");

        assertRefused(Code.DAMAGED, "12.img", () -> checkpointer.verify(store.store(), 2));
    }

    @Test
    void refusesAMissingFile() throws IOException {
        store.remove(2, "tree.img");

        assertRefused(Code.DAMAGED, "tree.img", () -> checkpointer.verify(store.store(), 2));
    }

    @Test
    void refusesAManifestOfAForeignFormat() throws IOException {
        store.replaceManifest(2, "{\"format\": 2, \"generation\": 2}");

        assertRefused(Code.DAMAGED, "format", () -> checkpointer.verify(store.store(), 2));
    }

    @Test
    void saysThatThereIsNoSuchGenerationAndNoSuchStore() {
        assertRefused(Code.NOT_FOUND, "", () -> checkpointer.verify(store.store(), 7));
        assertRefused(Code.NOT_FOUND, "", () -> checkpointer.inspect(directory.resolve("nothing")));
        assertRefused(Code.INVALID, "-1", () -> checkpointer.verify(store.store(), -1));
    }

    @Test
    void showsAStoreWithoutReadingImages() throws IOException {
        store.restarted(1, 31.5).ended(3);
        store.flipByte(1, "12.mem");
        store.replaceManifest(2, "{");

        var view = checkpointer.inspect(store.store());

        assertThat(view.task()).hasValueSatisfying(task -> {
            assertThat(task.argv()).containsExactly("bash", "-ue", "x.sh");
            assertThat(task.labels()).containsEntry("task", "ALIGN (1)");
        });
        assertThat(view.status()).hasValueSatisfying(status -> {
            assertThat(status.state()).isEqualTo(StoreStatus.ENDED);
            assertThat(status.exitStatus()).isEqualTo(OptionalInt.of(3));
            assertThat(status.failure()).isEmpty();
            assertThat(status.restarts())
                    .singleElement()
                    .satisfies(restart -> assertThat(restart.runTime()).isEqualTo(Duration.ofMillis(31_500)));
        });
        assertThat(view.generations()).extracting(StoredGeneration::generation).containsExactly(1, 2);
        assertThat(view.generations().get(0).damaged()).isEmpty();
        assertThat(view.generations().get(1).manifest()).isEmpty();
        assertThat(view.generations().get(1).damaged()).isPresent();
    }

    @Test
    void showsAStoreThatHasNothingYet() throws IOException {
        var young = StoreFixture.create(directory.resolve("young")).store();
        Files.delete(young.resolve("status.json"));
        Files.delete(young.resolve("generations"));

        var view = checkpointer.inspect(young);

        assertThat(view.task()).isPresent();
        assertThat(view.status()).isEqualTo(Optional.empty());
        assertThat(view.generations()).isEmpty();
    }

    @Test
    void failsARequestThatNobodyAnswers() {
        assertThatThrownBy(() -> checkpointer.request(store.store(), Duration.ofMillis(50)))
                .isInstanceOfSatisfying(CheckpointException.class, e -> {
                    assertThat(e.code()).isEqualTo(Code.FAILED);
                    assertThat(e).hasMessageNotContaining("\n").message().isNotBlank();
                });
    }

    @Test
    void refusesALibraryThatIsNone() throws IOException {
        var text = Files.writeString(directory.resolve("libckptctl.so"), "no library");

        assertRefused(Code.UNSUPPORTED, text.toString(), () -> NativeCheckpointer.load(text));
    }

    @Test
    void refusesALibraryOfAnotherVersion() {
        NativeCheckpointer.requireAbi("lib.so", CkptCtl.ABI);
        assertRefused(Code.UNSUPPORTED, "version 7", () -> NativeCheckpointer.requireAbi("lib.so", 7));
    }

    private static void assertRefused(Code code, String inMessage, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(CheckpointException.class, e -> {
            assertThat(e.code()).as(e.getMessage()).isEqualTo(code);
            assertThat(e.getMessage()).contains(inMessage).isNotBlank();
        });
    }
}
