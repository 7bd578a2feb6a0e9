// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import io.nfcheckpoint.routes.PolicyKey;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import nextflow.config.schema.ConfigOption;
import nextflow.config.schema.ScopeName;
import org.junit.jupiter.api.Test;

/** What people and Nextflow are told about the settings is what the code knows. */
class SettingsTest {

    private static final Pattern ROW = Pattern.compile("\\| `(\\w+)` \\| ([^|]*) \\| [^|]+ \\|");

    @Test
    void theReadmeListsEveryKeyWithItsDefault() throws IOException {
        var expected = new LinkedHashMap<String, String>();
        for (PolicyKey key : PolicyKey.values()) {
            expected.put(key.key(), key.defaultText().isEmpty() ? "" : "`" + key.defaultText() + "`");
        }
        expected.put("dir", "`" + Configuration.DIRECTORY + "/stores` in the work directory");

        assertThat(readme()).containsExactlyEntriesOf(expected);
    }

    @Test
    void theScopeThatNextflowIsToldOfHasEveryKey() {
        assertThat(CheckpointScope.class.getAnnotation(ScopeName.class).value()).isEqualTo("checkpoint");
        assertThat(CheckpointScope.class.getFields())
                .allMatch(field -> field.isAnnotationPresent(ConfigOption.class))
                .extracting(Field::getName)
                .containsExactlyInAnyOrderElementsOf(
                        Stream.of(PolicyKey.values()).map(PolicyKey::key).toList());
    }

    private static Map<String, String> readme() throws IOException {
        var rows = new LinkedHashMap<String, String>();
        String text = Files.readString(Path.of(System.getProperty("basedir", ""), "README.md"));
        var settings = ROW.matcher(text.substring(text.indexOf("## Settings"), text.indexOf("For a process, ")));
        while (settings.find()) {
            rows.put(settings.group(1), settings.group(2).strip());
        }
        return rows;
    }
}
