// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
//
// A task that waits for the file `go` beside the run and ends with the status that stands there.

process WAITS {
    tag params.tag

    script:
    """
    until [ -s ${workflow.launchDir}/go ]; do sleep 0.1; done
    exit \$(cat ${workflow.launchDir}/go)
    """
}

workflow {
    WAITS()
}
