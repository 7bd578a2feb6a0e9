// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
//
// Tasks that count slowly enough to be killed on the way. The token tells a task that went on from one that began again.

def countSlowly() {
    """
    cat /proc/sys/kernel/random/uuid > token.txt
    exec 3> lines.txt
    for i in \$(seq 120); do
        echo "line \$i" | tee /dev/stderr >&3
        sleep 0.1
    done
    """
}

process UNDISTURBED {
    output:
    path 'lines.txt'

    script:
    countSlowly()
}

process CONTINUES {
    output:
    path 'lines.txt'
    path 'token.txt'
    path '.command.err'

    script:
    countSlowly()
}

process CONTINUES_FROM_OLDER {
    output:
    path 'lines.txt'
    path 'token.txt'

    script:
    countSlowly()
}

process PERL_CONTINUES {
    output:
    path 'lines.txt'
    path 'token.txt'

    script:
    """
    #!/usr/bin/env perl
    use strict;
    use IO::Handle;
    system('cat /proc/sys/kernel/random/uuid > token.txt');
    open(my \$lines, '>', 'lines.txt');
    \$lines->autoflush(1);
    for my \$i (1..120) {
        print \$lines "line \$i\\n";
        select(undef, undef, undef, 0.1);
    }
    """
}

process SCRATCH_CONTINUES {
    scratch true

    output:
    path 'lines.txt'
    path 'token.txt'

    script:
    countSlowly()
}

process STARTS_AGAIN {
    errorStrategy 'retry'

    output:
    path 'lines.txt'
    path 'token.txt'

    script:
    countSlowly()
}

// Long enough for two attempts at least. There is no checkpoint but the one that each attempt ends with.
process TIME_LIMIT {
    time '8 s'

    output:
    path 'lines.txt'
    path 'token.txt'
    path '.command.err'

    script:
    countSlowly()
}

process IGNORED {
    errorStrategy 'ignore'

    output:
    path 'lines.txt'

    script:
    countSlowly()
}

workflow {
    UNDISTURBED()
    CONTINUES()
    CONTINUES_FROM_OLDER()
    PERL_CONTINUES()
    SCRATCH_CONTINUES()
    STARTS_AGAIN()
    TIME_LIMIT()
    IGNORED()
}
