# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# shellcheck shell=bash
#
# Everything that has to be there before an example can run: packages, the plugin, Nextflow. Uses $examples and $top.

version=0.1.0
plugin_zip=$top/plugin/target/nf-checkpoint-$version.zip

# True when the zip is missing or something it is made of is younger.
plugin_is_stale() {
    [[ -f $plugin_zip ]] || return 0
    [[ -n $(find "$top/native/src" "$top/native/include" "$top/native/Makefile" "$top"/*/src/main "$top/pom.xml" \
        "$top"/{native,camel-routes,plugin}/pom.xml -newer "$plugin_zip" -type f -print -quit) ]]
}

build_plugin() {
    plugin_is_stale || return 0
    "$examples/install-deps" build
    say "building the checkpointer and the plugin"
    # shellcheck disable=SC2086
    mvn -q -f "$top/pom.xml" -pl plugin -am package -DskipTests -Dspotless.check.skip=true \
        || die "the build failed"
    touch "$plugin_zip"
}

# Unpacks the zip where Nextflow looks for plugins and sets plugins_dir.
unpack_plugin() {
    plugins_dir=$examples/work/plugins
    local there=$plugins_dir/nf-checkpoint-$version
    [[ $there -nt $plugin_zip ]] && return
    rm -rf "$there" "$there.new"
    mkdir -p "$there.new"
    (cd "$there.new" && "$(jar_tool)" -xf "$plugin_zip")
    mv "$there.new" "$there"
    touch "$there"
}

jar_tool() {
    if [[ -n ${JAVA_HOME:-} && -x $JAVA_HOME/bin/jar ]]; then
        echo "$JAVA_HOME/bin/jar"
    else
        command -v jar || die "no jar tool; a JDK is needed"
    fi
}

# Sets the array nextflow: the one on the PATH, else the one from Maven Central.
choose_nextflow() {
    if command -v nextflow > /dev/null; then
        nextflow=(nextflow)
    else
        nextflow=("$top/plugin/nextflow/nextflow" 25.04.4)
    fi
}

# prepare EXAMPLE
prepare() {
    "$examples/install-deps" "$1" || exit 1
    build_plugin
    unpack_plugin
    choose_nextflow
}
