#!/usr/bin/env perl
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# Perl: fork, pipes with buffered handles, a hash, local signal handlers, sleep through select, waitpid statuses.
use strict;
use warnings;
use IO::Handle;

sub wait_go { select(undef, undef, undef, 0.005) until -e "go" }

my %count;
$count{ $_ % 17 }++ for 1 .. 5000;
my $usr1 = 0;
$SIG{USR1} = sub { $usr1++ };
pipe(my $from, my $to) or die "pipe: $!";
my $pid = fork() // die "fork: $!";
if (!$pid) {
    close $from;
    print $to "line $_\n" for 1 .. 3000;    # the last of it stays in the buffer
    wait_go();
    print $to "last\n";
    close $to;
    exit 5;
}
close $to;
my $first = <$from>;
open(my $sort, "|-", "sort -n >sorted") or die "sort: $!";
print $sort "$_\n" for reverse 1 .. 2000;
open(my $ready, ">", "ready") or die "ready: $!";
close $ready;
wait_go();
my @rest = <$from>;
waitpid($pid, 0);
my $status = $? >> 8;
close $sort or die "sort: $?";
kill "USR1", $$;
open(my $sorted, "<", "sorted") or die "sorted: $!";
my @sorted = <$sorted>;
delete $count{3} if $ENV{CKPT_TEST_SABOTAGE};
my $ok = $first eq "line 1\n" && @rest == 3000 && $rest[-1] eq "last\n" && $rest[1000] eq "line 1002\n"
  && $status == 5 && $usr1 == 1 && keys(%count) == 17 && $count{3} == 294
  && @sorted == 2000 && $sorted[0] eq "1\n" && $sorted[-1] eq "2000\n";
print $ok ? "pass\n" : "fail: $status $usr1 " . scalar(@rest) . " lines, " . scalar(keys %count) . " keys\n";
exit($ok ? 0 : 1);
