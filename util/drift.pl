#!/usr/bin/perl
# Owns: that code, README, examples and tests name the same directives,
# variables and reasons.

use strict;
use warnings;

use File::Path qw(make_path);
use File::Temp qw(tempdir);

my $usage = <<'END';
usage: util/drift.pl [ROOT]
       util/drift.pl --self-test

In README.md the tables are known by the first cell of their head: Directive,
Variable, or a head with a cell "Reason" or "Reasons".
END

# What no example needs to show, and why.  A directive that is gone from the
# code, or has got an example, must go from here, too.

my %no_example = (
);

# What no suite can provoke, and why.

my %no_test = (
    internal => 'a fault of the module itself',
    no_memory => 'an allocation that fails',
    not_ready => 'nginx -t refuses a gate without keys',
);

my @found;

if (@ARGV && $ARGV[0] eq '--self-test') {
    exit(self_test() ? 0 : 1);
}

if (@ARGV && $ARGV[0] =~ /^-/) {
    print $usage;
    exit($ARGV[0] =~ /^(-h|--help)$/ ? 0 : 2);
}

print map { "[$_->[0]] $_->[1]\n" } check($ARGV[0] // '.');
exit(@found ? 1 : 0);


# Returns [rule, text] of each fault.

sub check {
    my $root = shift;

    @found = ();

    my $readme = slurp("$root/README.md");
    my $code = join "\n", map { slurp($_) }
               glob "$root/ngx_toucan_module/ngx/*.c";
    my $suites = join "\n", map { slurp($_) } glob "$root/t/*.t";
    my @examples = glob "$root/conf-examples/*.conf";
    my $examples = join "\n", map { slurp($_) } @examples;

    $code =~ s{/\*.*?\*/}{}gs;
    $examples =~ s/^\s*#.*$//mg;

    my %directives = map { $_ => 1 } directives($code);
    my %variables = map { $_ => 1 }
        variables(slurp("$root/ngx_toucan_module/ngx/ngx_toucan_variables.c"));
    my %reasons = map { $_ => 1 }
        slurp("$root/ngx_toucan_module/jose/toucan_rc.h")
            =~ /\bXX\(\w+,\s*"(\w+)"/g;

    bad('empty', 'no directive found in ngx/*.c') if !%directives;
    bad('empty', 'no variable found in ngx_toucan_variables.c')
        if !%variables;
    bad('empty', 'no reason found in toucan_rc.h') if !%reasons;

    same('directive', \%directives, table($readme, qr/^directives?$/i,
                                          qr/^(toucan\w*)/));
    same('variable', \%variables, table($readme, qr/^variables?$/i,
                                        qr/^\$(toucan_\w+?)(?:NAME)?$/));
    same('reason', \%reasons, table($readme, qr/^reasons?$/i, qr/^(\w+)$/));

    for my $d (sort keys %directives) {
        my $use = qr/(?:^|[\s{;])\Q$d\E(?:\s|;)/m;

        bad('test', "no suite uses the directive $d") if $suites !~ $use;

        my $shown = $examples =~ $use;

        bad('example', "no conf-examples/*.conf uses the directive $d")
            if !$shown && !$no_example{$d};
        bad('exempt', "$d is exempt in util/drift.pl and has an example")
            if $shown && $no_example{$d};
    }

    for my $d (sort keys %no_example) {
        bad('exempt', "$d is exempt in util/drift.pl and is no directive")
            if !$directives{$d};
    }

    for my $v (sort keys %variables) {
        bad('test', "no suite uses the variable \$$v")
            if $suites !~ /\$\{?\Q$v\E(?:\b|(?<=_))/;
    }

    for my $r (sort keys %reasons) {
        my $has = $suites =~ /\b\Q$r\E\b/;

        bad('test', "no suite shows the reason $r") if !$has && !$no_test{$r};
    }

    for (@examples) {
        my ($name) = m{([^/]+)$};
        bad('readme', "README.md does not name conf-examples/$name")
            if $readme !~ /\b\Q$name\E/;
    }

    return @found;
}


sub bad {
    push @found, [@_];
}


sub same {
    my ($what, $code, $readme) = @_;

    bad('readme', "README.md has no table of ${what}s") if !%$readme;

    for (sort keys %$code) {
        bad('readme', "README.md's table lacks the $what $_")
            if !$readme->{$_};
    }

    for (sort keys %$readme) {
        bad('code', "README.md's table names the $what $_, the code does not")
            if !$code->{$_};
    }
}


sub directives {
    my $code = shift;

    my @r;

    while ($code =~ /\bngx_command_t\s+\w+\[\]\s*=\s*\{(.*?)^\};/msg) {
        push @r, $1 =~ /(?:\{\s*ngx_string|\bNGX_TOUCAN_(?:DIRECTIVE|ENDPOINT))
                         \("(\w+)"/gx;
    }

    return @r;
}


sub variables {
    my $code = shift;

    $code =~ s{/\*.*?\*/}{}gs;

    return $code =~ /ngx_string\("(toucan_\w+)"\)/g;
}


# What the code spans of one column say, in all tables whose head has it.

sub table {
    my ($text, $head, $want) = @_;

    my (%r, $column, $in);

    for (split /\n/, $text) {
        if (!/^\s*\|/) {
            $in = 0;
            undef $column;
            next;
        }

        my @cells = split /(?<!\\)\|/;
        shift @cells;
        s/^\s+|\s+$//g for @cells;

        if (!$in) {
            $in = 1;
            ($column) = grep { $cells[$_] =~ $head } 0 .. $#cells;
            next;
        }

        next if !defined $column || !defined $cells[$column];

        for my $span ($cells[$column] =~ /`([^`]+)`/g) {
            for my $word ($want =~ /toucan/ ? $span : split ' ', $span) {
                $r{$1} = 1 if $word =~ $want;
            }
        }
    }

    return \%r;
}


sub slurp {
    my $file = shift;

    open my $in, '<', $file or do {
        bad('missing', "no $file");
        return '';
    };

    local $/;
    return scalar(<$in>) // '';
}


# A small tree, once good, then with one fault after the other.

sub self_test {
    my %good = (
        'README.md' => "See quick.conf.\n\n"
            . "| Directive | says |\n|---|---|\n"
            . "| `toucan \"realm\" \\| off` | the gate |\n"
            . "| `toucan_env live`, `toucan_roles any` | |\n"
            . "| `toucan_keys` | the keys |\n\n"
            . "| Variable | says |\n|---|---|\n"
            . "| `\$toucan_role` | x |\n| `\$toucan_attr_NAME` | y |\n\n"
            . "| class | reasons |\n|---|---|\n| x | `no_token expired` |\n",
        'ngx_toucan_module/ngx/a.c' => "static ngx_command_t  c[] = {\n\n"
            . "    { ngx_string(\"toucan\"),\n      1 },\n\n"
            . "    NGX_TOUCAN_DIRECTIVE(\"toucan_env\", 1,\n"
            . "                         env, NULL),\n\n"
            . "    NGX_TOUCAN_ENDPOINT(\"toucan_keys\", 1, keys, x),\n\n"
            . "    { ngx_string(\"toucan_roles\"),\n      1 },\n\n"
            . "      ngx_null_command\n};\n",
        'ngx_toucan_module/ngx/ngx_toucan_variables.c' =>
            "{ ngx_string(\"toucan_role\") }\n"
            . "{ ngx_string(\"toucan_attr_\") }\n",
        'ngx_toucan_module/jose/toucan_rc.h' =>
            "    XX(NO_TOKEN, \"no_token\", MISSING,  \\\n"
            . "    XX(EXPIRED, \"expired\", TIME,  \\\n",
        't/1.t' => "toucan x;\n toucan_env live;\n toucan_roles any;\n"
            . " toucan_keys;\n"
            . "\$toucan_role \$toucan_attr_region no_token expired\n",
        'conf-examples/quick.conf' =>
            "toucan x;\n toucan_env live; toucan_roles any; toucan_keys;\n",
    );

    my @cases = (
        ['readme', 'README.md', 'toucan_roles any', 'x'],
        ['readme', 'README.md', 'quick.conf', 'it'],
        ['readme', 'README.md', '$toucan_role', 'x'],
        ['readme', 'README.md', ' expired', ''],
        ['code', 'README.md', 'toucan_env live', 'toucan_envs live'],
        ['code', 'README.md', 'expired', 'expired older'],
        ['code', 'README.md', '$toucan_role', '$toucan_roles'],
        ['test', 't/1.t', 'toucan_env', '#'],
        ['test', 't/1.t', 'toucan_keys', '#'],
        ['test', 't/1.t', '$toucan_attr_region', ''],
        ['test', 't/1.t', 'expired', ''],
        ['example', 'conf-examples/quick.conf', 'toucan_env', '# toucan_env'],
        ['example', 'conf-examples/quick.conf', 'toucan_keys', '#'],
        ['missing', 'README.md', undef],
    );

    my $ok = 1;

    %no_example = ();

    for ([undef, 't/1.t', '', ''], @cases) {
        my ($rule, $name, $from, $to) = @$_;

        my $dir = tempdir(CLEANUP => 1);
        my %tree = %good;

        if (!defined $from) {
            delete $tree{$name};

        } else {
            $tree{$name} =~ s/\Q$from\E/$to/
                or die "self-test: no \"$from\" in $name\n";
        }

        for my $f (sort keys %tree) {
            make_path("$dir/" . $f =~ s{/?[^/]+$}{}r);
            open my $out, '>', "$dir/$f" or die "$dir/$f: $!\n";
            print $out $tree{$f};
            close $out;
        }

        my @r = check($dir);

        if (!defined $rule && @r) {
            print map { "self-test: good tree: [$_->[0]] $_->[1]\n" } @r;
            $ok = 0;

        } elsif (defined $rule && !grep { $_->[0] eq $rule } @r) {
            print "self-test: not seen: [$rule] with \""
                  . ($to // 'nothing') . "\" in $name\n";
            $ok = 0;
        }
    }

    return $ok;
}
