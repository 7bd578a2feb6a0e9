// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nfcheckpoint.natives.CheckpointException.Code;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StoreJsonTest {

    @Test
    void ignoresFieldsOfLaterVersions() {
        var manifest = StoreJson.manifest("{\"format\":1,\"generation\":3,\"runSeconds\":2,\"later\":{\"x\":[1]}}");

        assertThat(manifest.generation()).isEqualTo(3);
        assertThat(manifest.runTime()).isEqualTo(Duration.ofSeconds(2));
        assertThat(manifest.files()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "null",
                "{",
                "{\"format\":2,\"generation\":3}",
                "{\"generation\":3}",
                "{\"format\":\"1\",\"generation\":3}",
                "{\"format\":1}",
                "{\"format\":1,\"generation\":0}",
                "{\"format\":1,\"generation\":-1}",
                "{\"format\":1,\"generation\":1.5}",
                "{\"format\":1,\"generation\":99999999999}",
                "{\"format\":1,\"generation\":1,\"runSeconds\":1e99}",
                "{\"format\":1,\"generation\":1,\"created\":\"yesterday\"}",
                "{\"format\":1,\"generation\":1,\"files\":7}"
            })
    void refusesWhatIsNoManifest(String json) {
        assertThatThrownBy(() -> StoreJson.manifest(json))
                .isInstanceOfSatisfying(
                        CheckpointException.class, e -> assertThat(e.code()).isEqualTo(Code.DAMAGED));
    }

    @Test
    void refusesAStatusOfAForeignFormat() {
        assertThatThrownBy(() -> StoreJson.storeView("{\"format\":1,\"task\":null,\"status\":{\"format\":2}}"))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("status.json")
                .hasMessageContaining("format 2");
    }

    @Test
    void keepsADamagedGenerationAmongSoundOnes() {
        var view = StoreJson.storeView("""
                {"format":1,"task":null,"status":null,"generations":[
                  {"format":1,"generation":1},
                  {"generation":2,"damaged":"no JSON"},
                  {"format":9,"generation":3}]}""");

        assertThat(view.generations())
                .extracting(g -> g.damaged().orElse("sound"))
                .containsExactly("sound", "no JSON", "manifest: format 9 is not 1");
    }
}
