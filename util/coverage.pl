#!/usr/bin/perl
# Owns: the list of branches that no test took, from gcovr's JSON.

use strict;
use warnings;

use JSON::PP ();

if (@ARGV != 1 || $ARGV[0] =~ /^-/) {
    print "usage: util/coverage.pl FILE\n\n",
          "Prints each line of which a branch was never taken: how many of\n",
          "how many, and the line.\n";
    exit(@ARGV == 1 && $ARGV[0] =~ /^(?:-h|--help)$/ ? 0 : 2);
}

open my $in, '<', $ARGV[0] or die "coverage.pl: \"$ARGV[0]\": $!\n";
my $all = JSON::PP::decode_json(do { local $/; <$in> });

for my $file (sort { $a->{file} cmp $b->{file} } @{ $all->{files} }) {
    open my $source, '<', $file->{file}
        or die "coverage.pl: \"$file->{file}\": $!\n";
    my @text = ('', <$source>);

    for my $line (@{ $file->{lines} }) {
        next if $line->{'gcovr/noncode'};

        my @branches = @{ $line->{branches} // [] };
        my $missed = grep { !$_->{count} } @branches;

        next if !$missed && $line->{count};

        my $text = $text[ $line->{line_number} ] // "\n";
        $text =~ s/^\s+//;

        printf '%s:%d: %s: %s', $file->{file}, $line->{line_number},
            $line->{count} ? "$missed of " . @branches : 'never run', $text;
    }
}
