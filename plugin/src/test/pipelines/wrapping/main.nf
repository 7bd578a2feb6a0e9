// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
//
// One process per way to write a task. Each puts what the task sees of the checkpointer into seen.txt.

process PLAIN {
    tag "it's \$HOME (1)"
    afterScript 'declare -f nxf_unstage > unstage.txt'

    output:
    path 'result.txt', emit: result

    script:
    """
    echo "\${LD_PRELOAD-}" > seen.txt
    echo plain > result.txt
    """
}

process SHEBANG {
    output:
    path 'result.txt', emit: result

    script:
    """
    #!/usr/bin/env perl
    open(my \$seen, '>', 'seen.txt'); print \$seen (\$ENV{LD_PRELOAD} // ''), "\\n";
    open(my \$result, '>', 'result.txt'); print \$result "shebang\\n";
    """
}

process TEMPLATE {
    input:
    val word

    output:
    path 'result.txt', emit: result

    script:
    template 'greet.sh'
}

process OWN_SHELL {
    shell '/bin/bash', '-euo', 'pipefail'

    output:
    path 'result.txt', emit: result

    script:
    """
    echo "\${LD_PRELOAD-}" > seen.txt
    echo "own shell \$-" > result.txt
    """
}

process STANDARD_INPUT {
    input:
    stdin

    output:
    path 'result.txt', emit: result

    script:
    """
    echo "\${LD_PRELOAD-}" > seen.txt
    cat > result.txt
    """
}

// The value is a closure in the configuration: known only when the task is there.
process DYNAMIC {
    input:
    val seconds

    output:
    path 'result.txt', emit: result

    script:
    """
    echo "\${LD_PRELOAD-}" > seen.txt
    echo dynamic > result.txt
    """
}

process SWITCHED_OFF {
    ext checkpoint: false

    output:
    path 'result.txt', emit: result

    script:
    """
    echo "\${LD_PRELOAD-}" > seen.txt
    echo switched off > result.txt
    """
}

process SCRATCH {
    scratch true

    output:
    path 'result.txt', emit: result
    path 'seen.txt'

    script:
    """
    echo "\${LD_PRELOAD-}" > seen.txt
    echo scratch > result.txt
    """
}

process NATIVE {
    input:
    val word

    output:
    val answer

    exec:
    answer = "native $word"
}

process UNCACHED {
    cache false

    output:
    path 'result.txt', emit: result

    script:
    """
    echo "\${LD_PRELOAD-}" > seen.txt
    echo uncached > result.txt
    """
}

process STORED {
    storeDir 'stored'

    output:
    path 'stored.txt', emit: result

    script:
    """
    echo "\${LD_PRELOAD-}" > seen.txt
    echo stored > stored.txt
    """
}

// Two tasks that compute the same thing at the same time.
process TWINS {
    input:
    val number

    output:
    path 'result.txt', emit: result

    script:
    """
    echo twin > result.txt
    """
}

workflow {
    PLAIN()
    SHEBANG()
    TEMPLATE('hello')
    OWN_SHELL()
    STANDARD_INPUT('input')
    DYNAMIC(20)
    SWITCHED_OFF()
    SCRATCH()
    NATIVE('word')
    UNCACHED()
    STORED()
    TWINS(channel.of(1, 1))
}
