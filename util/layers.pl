#!/usr/bin/perl
# Owns: the three floors.  Includes go down only, each library has its owner
# files, and the symbols of the object files say whether that is so.

use strict;
use warnings;

use File::Path qw(make_path);
use File::Temp qw(tempdir);

my $usage = <<'END';
usage: util/layers.pl SOURCES [OBJECTS ...]
       util/layers.pl --self-test

SOURCES is the folder of jose/, gate/ and ngx/.  OBJECTS are folders of that
shape with *.o; where there are none, only includes and words are looked at.
END

my %rank = (jose => 1, gate => 2, ngx => 3);

# library, its headers, its symbols, the files that may have them

my @owned = (
    ['OpenSSL', qr{^openssl/},
     qr/^(?:EVP|OPENSSL|CRYPTO|OSSL|BN|RSA|EC|ECDSA|ECDH|ERR|HMAC|RAND|CMAC
           |X509|PEM|BIO|ASN1|PKCS\d+|SHA\d*|SSL|d2i|i2d|o2i|i2o)_/x,
     qr{^jose/toucan_(?:crypto_\w+|mem)$}],
    ['jansson', qr{^jansson}, qr/^json_/, qr/(?!)/],   # unit/ only
    ['PCRE2', qr{^pcre2}, qr/^pcre2_/, qr{^gate/toucan_pattern$}],
);

# ngx_free is free: the upper floor may not be asked about that

my $alloc = qr/^(?:malloc|calloc|realloc|reallocarray|free|strn?dup|v?asprintf
                  |posix_memalign|aligned_alloc)$/x;

my $never = qr/^_*(?:(?:f|d|v|vf|vd)?printf(?:_chk)?|sprintf(?:_chk)?|f?puts
                  |putchar|perror|v?syslog(?:_chk)?|str(?:cpy|cat)(?:_chk)?
                  |gets|strtok|system|popen|exit|setlocale)$/x;

my $lower = qr/^(?:ngx_\w+|time|gettimeofday|clock|clock_gettime|localtime
                  |localtime_r|fopen(?:64)?|open(?:64)?|openat(?:64)?|creat
                  |opendir|stat(?:64)?|read|write|fread|fwrite|getenv
                  |secure_getenv|rand|random|srand|socket|connect|fork
                  |pthread_\w+|usleep|sleep|nanosleep)$/x;

my $lower_headers = qr{^(?:ngx_.*|time|syslog|fcntl|unistd|sys/time|sys/stat
                          |pthread|dirent|assert)\.h$}x;

my @found;

if (@ARGV && $ARGV[0] eq '--self-test') {
    exit(self_test() ? 0 : 1);
}

if (!@ARGV || $ARGV[0] =~ /^-/) {
    print $usage;
    exit(@ARGV && $ARGV[0] =~ /^(-h|--help)$/ ? 0 : 2);
}

print map { "$_->[1]: [$_->[0]] $_->[2]\n" } check(@ARGV);
exit(@found ? 1 : 0);


# Returns [rule, where, text] of each fault.

sub check {
    my ($src, @objects) = @_;

    @found = ();

    for my $floor (sort keys %rank) {
        sources($src, $floor);
        symbols($_, $floor) for @objects;
    }

    return @found;
}


sub bad {
    push @found, [@_];
}


sub sources {
    my ($src, $floor) = @_;

    for my $file (sort glob "$src/$floor/*.[ch]") {
        my ($base) = $file =~ m{([^/]+)\.[ch]$};
        my $own = "$floor/$base";

        open my $in, '<', $file or die "$file: $!\n";
        local $/;
        my $text = <$in>;

        while ($text =~ /^\s*#\s*include\s*(["<])([^">]+)[">]/mg) {
            include($own, $file, $floor, $1, $2);
        }

        next if $floor ne 'ngx';

        $text =~ s{/\*.*?\*/}{}gs;

        while ($text =~ /\b(json_t|EVP_\w+|pcre2_\w+)\b/g) {
            bad('word', $file, "$1 has no place in ngx/");
        }
    }
}


sub include {
    my ($own, $file, $floor, $quote, $name) = @_;

    if ($quote eq '"') {
        my ($to) = $name =~ m{^(jose|gate|ngx)/[^/]+$};

        if (!defined $to) {
            bad('include', $file,
                "\"$name\" is not written as \"floor/file.h\"");

        } elsif ($rank{$to} > $rank{$floor}) {
            bad('upward', $file, "$floor/ includes \"$name\"");
        }

        return;
    }

    for (@owned) {
        my ($library, $headers, undef, $owners) = @$_;

        if ($name =~ $headers && $own !~ $owners) {
            bad('header', $file, "<$name>: $library is not for this file");
        }
    }

    if ($floor ne 'ngx' && $name =~ $lower_headers) {
        bad('header', $file, "<$name> on a lower floor");
    }
}


sub symbols {
    my ($dir, $floor) = @_;

    for my $file (sort glob "$dir/$floor/*.o") {
        my ($base) = $file =~ m{([^/]+)\.o$};
        my $own = "$floor/$base";

        for (table($file)) {
            my ($name, $kind, $section) = @$_;

            if ($kind eq 'undefined') {
                undefined($own, $file, $floor, $name);

            } elsif ($kind eq 'global') {
                my $prefix = $floor eq 'ngx' ? 'ngx_toucan_' : 'toucan_';

                bad('prefix', $file, "$name does not begin with $prefix")
                    if index($name, $prefix) != 0;
            }

            if ($floor ne 'ngx' && $kind ne 'undefined'
                && $section =~ /^(?:\.data(?!\.rel\.ro)|\.bss|\.tbss|\*COM\*)/)
            {
                bad('global', $file, "$name can be written to");
            }
        }
    }
}


sub undefined {
    my ($own, $file, $floor, $name) = @_;

    for (@owned) {
        my ($library, undef, $names, $owners) = @$_;

        if ($name =~ $names && $own !~ $owners) {
            bad('library', $file, "$name: $library is not for this file");
        }
    }

    if ($own eq 'jose/toucan_mem' && $name =~ $owned[0][2]
        && $name !~ /^(?:OPENSSL_cleanse|CRYPTO_memcmp)$/)
    {
        bad('library', $file, "$name: only cleanse and compare live here");
    }

    if ($floor ne 'ngx' && $name =~ $alloc && $own ne 'jose/toucan_mem') {
        bad('alloc', $file, "$name: toucan_mem alone allocates");
    }

    if ($floor ne 'ngx' && $name =~ $lower) {
        bad('lower', $file, "$name on a lower floor");
    }

    if ($name =~ $never) {
        bad('never', $file, "$name is used nowhere");
    }
}


# Returns [name, global/local/undefined, section] of an object's symbols.

sub table {
    my $file = shift;

    open my $in, '-|', 'objdump', '-t', $file or die "objdump: $!\n";

    my @r;

    while (my $line = <$in>) {
        # VALUE FLAGS SECTION SIZE [.hidden] NAME

        $line =~ /^[0-9a-f]{8,16} (.{7}) (\S+)\s+[0-9a-f]+\s+(?:\.\w+ )?(\S+)$/
            or next;
        my ($flags, $section, $name) = ($1, $2, $3);

        next if $flags =~ /[df]/ || $name =~ /^\./;

        push @r, [$name, $section eq '*UND*' ? 'undefined'
                         : $flags =~ /^[gu!w]/ ? 'global' : 'local',
                  $section];
    }

    close $in or die "objdump $file failed\n";

    return @r;
}


# A small tree, once good, then with one fault after the other.

sub self_test {
    my $inc = '#include "jose/toucan_rc.h"';

    my %good = (
        'jose/toucan_rc.h' => "int toucan_rc(void);\n",
        'jose/toucan_rc.c' => "$inc\nstatic const char *const t[] = "
            . "{ \"a\", \"b\" };\nint toucan_rc(void) { return t[1][0]; }\n",
        'jose/toucan_mem.c' => "#include <stdlib.h>\nvoid toucan_free(void *"
            . "p);\nvoid toucan_free(void *p) { free(p); }\n",
        'gate/toucan_perm.c' => "$inc\nint toucan_perm(void);\n"
            . "int toucan_perm(void) { return toucan_rc(); }\n",
        'ngx/ngx_toucan_x.c' => "$inc\nint ngx_toucan_x(void);\n"
            . "int ngx_toucan_x(void) { return toucan_rc(); }\n",
    );

    my $call = sub {
        my ($name) = @_;
        return "int $name(void);\nint toucan_f(void);\n"
               . "int toucan_f(void) { return $name(); }\n";
    };

    my @cases = (
        [undef, 'jose/toucan_z.c', "$inc\n"],
        ['include', 'jose/toucan_z.c', "#include \"toucan_rc.h\"\n"],
        ['upward', 'jose/toucan_z.c', "#include \"gate/toucan_perm.h\"\n", 1],
        ['header', 'gate/toucan_z.c', "#include <openssl/evp.h>\n", 1],
        ['header', 'jose/toucan_json.c', "#include <jansson.h>\n", 1],
        ['header', 'jose/toucan_z.c', "#include <pcre2.h>\n", 1],
        ['header', 'jose/toucan_z.c', "#include <time.h>\n"],
        ['word', 'ngx/ngx_toucan_z.c', "struct x { json_t *j; };\n", 1],
        ['prefix', 'jose/toucan_z.c', "int helper(void) { return 1; }\n"],
        ['prefix', 'ngx/ngx_toucan_z.c', "int toucan_h = 1;\n"],
        ['global', 'jose/toucan_z.c', "int toucan_n;\n"],
        ['global', 'gate/toucan_z.c', "int toucan_n(void) { static int n; "
                                      . "return n++; }\n"],
        ['library', 'jose/toucan_jws.c', $call->('EVP_MD_fetch')],
        ['library', 'jose/toucan_mem.c', $call->('EVP_MD_fetch')],
        ['library', 'ngx/ngx_toucan_z.c', $call->('json_loadb')],
        ['library', 'jose/toucan_json.c', $call->('json_loadb')],
        ['library', 'jose/toucan_z.c', $call->('pcre2_match')],
        ['alloc', 'jose/toucan_z.c', $call->('strdup')],
        ['lower', 'jose/toucan_z.c', $call->('time')],
        ['lower', 'gate/toucan_z.c', $call->('ngx_palloc')],
        ['never', 'ngx/ngx_toucan_z.c', $call->('puts')],
    );

    my $ok = 1;

    for (@cases) {
        my ($rule, $name, $text, $no_object) = @$_;

        my $dir = tempdir(CLEANUP => 1);
        my %tree = (%good, $name => $text);

        make_path(map { ("$dir/$_", "$dir/o/$_") } keys %rank);

        for my $f (sort keys %tree) {
            open my $out, '>', "$dir/$f" or die "$dir/$f: $!\n";
            print $out $tree{$f};
            close $out;
        }

        for my $f (sort keys %tree) {
            next if $f !~ /\.c$/ || $no_object && $f eq $name;
            (my $o = "$dir/o/$f") =~ s/c$/o/;
            system('cc', '-w', '-fPIC', '-fno-builtin', "-I$dir",
                   "-I$dir/jose", '-c', '-o', $o, "$dir/$f") == 0
                or die "self-test: cc failed\n";
        }

        my @r = check($dir, "$dir/o");

        if (!defined $rule && @r) {
            print map { "self-test: good tree: [$_->[0]] $_->[2]\n" } @r;
            $ok = 0;

        } elsif (defined $rule && !grep { $_->[0] eq $rule } @r) {
            print "self-test: not seen: [$rule] in $name: $text";
            $ok = 0;
        }
    }

    return $ok;
}
