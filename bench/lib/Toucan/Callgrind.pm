# Owns: reading what callgrind wrote: how many instructions there were, in which
# functions, and how many of them were SHA-256's.

package Toucan::Callgrind;

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT = qw(total functions);


# What callgrind wrote (the format is in valgrind's manual): lines of costs
# are a function's own, but the one after "calls=", which is the callee's.

sub total {
    open my $in, '<', $_[0] or die "$_[0]: $!\n";

    while (my $line = <$in>) {
        return $1 if $line =~ /^(?:totals|summary): (\d+)/;
    }

    die "$_[0]: no total\n";
}

# By function: what it costs itself, what it costs with what it calls; and what
# SHA-256 costs.

sub functions {
    my $file = shift;
    my (%names, %self, %all, $fn, $cfn, $callee, $sha256);

    open my $in, '<', $file or die "$file: $!\n";

    while (my $line = <$in>) {

        if ($line =~ m{^(c?fn)=\((\d+)\)(?: (.*))?$}) {
            $names{$2} = $3 if defined $3;
            if ($1 eq 'fn') { $fn = $names{$2} } else { $cfn = $names{$2} }

        } elsif ($line =~ /^calls=/) {
            $callee = 1;

        } elsif ($line =~ /^(?:[-+*]|0x|\d)\S* (\d+)$/) {
            $all{$fn} += $1;
            $self{$callee ? '' : $fn} += $1;
            $sha256 += $1 if is_sha256($fn, $callee ? $cfn : undef);
            $callee = 0;
        }
    }

    return (\%self, \%all, $sha256 // 0);
}

# SHA-256's block function has no name in a stripped libcrypto: it is what
# SHA256_Update() and SHA256_Final() call, memcpy() and the like apart.

sub is_sha256 {
    my ($fn, $callee) = @_;

    return $fn =~ /^sha256_block_data_order/ if !defined $callee;
    return $fn =~ /^SHA(?:224|256)_/ && $callee =~ /^0x/;
}


1;
