#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
#
# Perl: a text that grows out of what it has seen. words.pl [ITERATIONS]
# The state is a hash of lists (which word followed which), the last words and a generator.
use strict;
use warnings;

my $iterations = @ARGV ? $ARGV[0] : 200;
my $words      = 60_000;
my $seed       = 42;
my @syllables  = qw(ka to mi ra ne so lu vi);
my (%followers, %count);
my ($previous, $length) = ('start', 0);
$| = 1;

# A linear congruential generator: Perl's own differs between builds.
sub pick {
    my ($n) = @_;
    $seed = ($seed * 1103515245 + 12345) % 2147483648;
    return int($seed / 65536) % $n;
}

sub next_word {
    my $known = $followers{$previous};
    return $known->[pick(scalar @$known)] if $known && pick(3) > 0;
    return join '', map { $syllables[pick(scalar @syllables)] } 0 .. pick(4);
}

# A sum over the sorted table, so that Perl's changing hash order does not matter.
sub digest {
    my $sum = $seed;
    for my $word (sort keys %count) {
        $sum = ($sum * 31 + $count{$word} * length($word) + ord(substr $word, -1)) % 1_000_000_007;
    }
    return $sum;
}

for my $i (1 .. $iterations) {
    for (1 .. $words) {
        my $word = next_word();
        my $list = $followers{$previous} //= [];
        if (@$list < 64) { push @$list, $word }
        else             { $list->[pick(64)] = $word }
        $count{$word}++;
        $length += length $word;
        $previous = $word;
    }
    print "Perl $i ", scalar(keys %count), ' ', digest(), "\n" if $i % 10 == 0;
}
print "Perl result $length ", digest(), "\n";
