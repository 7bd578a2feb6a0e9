// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
//
// Tasks that count slowly enough to be killed on the way. The token tells a task that went on from one that began again.

def count(lines) {
    """
    cat /proc/sys/kernel/random/uuid > token.txt
    for i in \$(seq $lines); do
        echo "line \$i" | tee -a lines.txt
        sleep 0.1
    done
    """
}

process UNDISTURBED {
    output:
    path 'lines.txt'

    script:
    count(100)
}

process CONTINUES {
    output:
    path 'lines.txt'
    path 'token.txt'
    stdout

    script:
    count(100)
}

process CONTINUES_FROM_OLDER {
    output:
    path 'lines.txt'
    path 'token.txt'

    script:
    count(100)
}

process PERL_CONTINUES {
    output:
    path 'lines.txt'
    path 'token.txt'

    script:
    """
    #!/usr/bin/env perl
    use strict;
    open(my \$uuid, '<', '/proc/sys/kernel/random/uuid');
    open(my \$token, '>', 'token.txt'); print \$token scalar <\$uuid>; close \$token; close \$uuid;
    open(my \$lines, '>', 'lines.txt'); \$lines->autoflush(1);
    for my \$i (1..100) { print \$lines "line \$i\\n"; select(undef, undef, undef, 0.1); }
    """
}

process STARTS_AGAIN {
    ext checkpoint: [interval: 0]
    errorStrategy 'retry'

    output:
    path 'lines.txt'
    path 'token.txt'

    script:
    count(60)
}

process IGNORED {
    errorStrategy 'ignore'

    output:
    path 'lines.txt'

    script:
    count(100)
}

workflow {
    UNDISTURBED()
    CONTINUES()
    CONTINUES_FROM_OLDER()
    PERL_CONTINUES()
    STARTS_AGAIN()
    IGNORED()
}
