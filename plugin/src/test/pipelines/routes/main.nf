// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
//
// A task that counts, and waits half way for as long as the file `hold` is there, to be killed.

process COUNTS {
    output:
    path 'lines.txt'

    script:
    """
    exec > lines.txt
    for i in \$(seq 20); do
        while [ \$i = 10 ] && [ -e '$launchDir/hold' ]; do sleep 0.1; done
        echo "line \$i"
    done
    """
}

workflow {
    COUNTS()
}
