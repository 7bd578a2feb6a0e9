// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
//
// Tasks that count slowly, and wait half way for as long as the file `hold` is there, to be killed. The token tells a task
// that went on from one that began again.

hold = "$launchDir/hold"

def countSlowly() {
    """
    cat /proc/sys/kernel/random/uuid > token.txt
    exec 3> lines.txt
    for i in \$(seq 120); do
        while [ \$i = 60 ] && [ -e '$hold' ]; do sleep 0.1; done
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
        select(undef, undef, undef, 0.1) while \$i == 60 && -e '$hold';
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

// Megabytes on both streams, some of it from one pipe for both, all the time.
def countLoudly() {
    """
    cat /proc/sys/kernel/random/uuid > token.txt
    exec 3> lines.txt
    for i in \$(seq 80); do
        while [ \$i = 60 ] && [ -e '$hold' ]; do sleep 0.1; done
        seq -f "out \$i %06g" 1500
        seq -f "err \$i %06g" 1000 >&2
        { seq -f "joined \$i %06g" 300; seq -f "joined as well \$i %06g" 300 >&2; } 2>&1 | cat
        echo "line \$i" >&3
        sleep 0.1
    done
    """
}

process LOUD_UNDISTURBED {
    output:
    stdout

    script:
    countLoudly()
}

process LOUD_CONTINUES {
    output:
    stdout

    script:
    countLoudly()
}

process UNFIT_STARTS_AGAIN {
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

// Too long for the first attempt, and however slow the machine is, not for the second. There is no checkpoint but the one
// that the first ends with.
process TIME_LIMIT {
    time { task.attempt > 1 ? '2 min' : '8 s' }

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
    LOUD_UNDISTURBED().collectFile(name: 'LOUD_UNDISTURBED.stdout', storeDir: 'results')
    LOUD_CONTINUES().collectFile(name: 'LOUD_CONTINUES.stdout', storeDir: 'results')
    UNFIT_STARTS_AGAIN()
    STARTS_AGAIN()
    TIME_LIMIT()
    IGNORED()
}
