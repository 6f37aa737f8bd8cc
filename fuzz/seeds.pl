#!/usr/bin/perl
# Owns: seeds for the fuzz targets, made from third-party vectors.

use strict;
use warnings;

use File::Path qw(make_path);
use JSON::PP;
use MIME::Base64 qw(decode_base64url);

my $usage = <<'END';
usage: fuzz/seeds.pl VECTORS FOLDER

Writes FOLDER/TARGET/NAME for each token, key set, JSON text and host name in
the folder of vectors.
END

if (@ARGV && $ARGV[0] =~ /^(-h|--help)$/) {
    print $usage;
    exit 0;
}

if (@ARGV != 2) {
    print STDERR $usage;
    exit 2;
}

my ($vectors, $folder) = @ARGV;
my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my %count;

json_testsuite();
wycheproof();
rfcs();
cookbook();
hosts();

print "seeds: ", join(', ', map { "$_ $count{$_}" } sort keys %count), "\n";


sub seed {
    my ($target, $name, $bytes) = @_;

    $name =~ s/[^\w.-]+/_/g;
    make_path("$folder/$target");

    open my $out, '>:raw', "$folder/$target/$name"
        or die "$folder/$target/$name: $!\n";
    print $out $bytes;
    close $out or die "$folder/$target/$name: $!\n";

    $count{$target}++;
}


sub slurp {
    my $path = shift;

    open my $in, '<:raw', $path or die "$path: $!\n";
    local $/;

    return scalar <$in>;
}


sub decoded {
    my $text = shift;

    return ref $text ? $text : eval { $json->decode($text) };
}


# a set on its own, and as the keys of a token, which need one line

sub keys_seed {
    my ($name, $set) = @_;

    seed('jwks', $name, $json->encode($set));
    seed('json', "jwks-$name", $json->encode($set));
}


sub token_seed {
    my ($name, $token, $set) = @_;

    seed('token', $name, $token);
    seed('token', "$name-with-keys", '?' . $json->encode($set) . "\n$token")
        if $set;

    my $n = 0;

    for my $part (split /\./, $token) {
        my $text = decode_base64url($part);

        $n++;
        next if $text !~ /^\s*\{/;

        seed('json', "$name-part-$n", $text);
        seed('claims', "$name-part-$n", $text) if $n == 2;
    }
}


sub json_testsuite {
    for my $path (glob "$vectors/json-testsuite/y_*.json") {
        my ($name) = $path =~ m{([^/]+)\.json$};
        my $text = slurp($path);

        seed('json', $name, $text);
        seed('json', "$name-member", "{\"v\":$text}");
    }
}


sub wycheproof {
    my $path = "$vectors/wycheproof/json_web_crypto_test.json";
    return if !-e $path;

    for my $group (@{ decoded(slurp($path))->{testGroups} }) {
        my $set = $group->{private};

        for my $half (grep { $group->{$_} } 'private', 'public') {
            keys_seed("wycheproof-$group->{comment}-$half", $group->{$half});
        }

        for my $test (@{ $group->{tests} }) {
            my $token = $test->{jws} // $test->{jwe};

            token_seed("wycheproof-$test->{tcId}",
                       ref $token ? $json->encode($token) : $token, $set);
        }
    }
}


sub rfcs {
    for my $path (glob "$vectors/rfc-latchset/*.jwk*") {
        my ($name) = $path =~ m{([^/]+)$};
        my $set = decoded(slurp($path)) or next;

        keys_seed("rfc-$name", $set);
    }

    for my $path (glob "$vectors/rfc-latchset/*.jw[se]c") {
        my ($name) = $path =~ m{([^/]+)\.jw[se]c$};
        my $token = slurp($path);

        $token =~ s/\s+//g;

        my $keys = "$vectors/rfc-latchset/$name.jwk";
        my $set = -e $keys ? decoded(slurp($keys)) : undef;

        token_seed("rfc-$name", $token, $set);
    }
}


sub cookbook {
    for my $path (glob "$vectors/jose-cookbook/*/*.json") {
        my ($name) = $path =~ m{([^/]+/[^/]+)\.json$};
        my $file = decoded(slurp($path)) or next;

        if ($file->{kty}) {
            keys_seed("cookbook-$name", $file);
            next;
        }

        my $set = $file->{input}{key};

        if (ref $set eq 'ARRAY') {
            $set = { keys => $set };
        }

        keys_seed("cookbook-$name", $set) if ref $set;
        token_seed("cookbook-$name", $file->{output}{compact},
                   ref $set ? $set : undef)
            if $file->{output} && $file->{output}{compact};
    }
}


# each name in its Unicode and its ASCII form, and lists of eight

sub hosts {
    my $path = "$vectors/wpt-url/toascii.json";
    return if !-e $path;

    my (@list, $n);

    for my $test (grep { ref } @{ decoded(slurp($path)) }) {
        $n++;

        for my $form ('input', 'output') {
            my $host = $test->{$form} // next;

            utf8::encode($host);
            $host =~ s/\n//g;

            seed('origin', "wpt-$n-$form", "https://$host");
            push @list, "https://$host", "=https://$host";
        }

        if (@list >= 16) {
            seed('allowlist', "wpt-$n", join "\n", @list);
            seed('request', "wpt-$n", "GET /d?id=1\nOrigin: $list[0]\n");
            @list = ();
        }
    }
}
