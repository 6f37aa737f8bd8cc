#!/usr/bin/perl
# Owns: the look of the C sources, nginx's own style.  It says nothing about
# nginx's own files (see util/lint); what it cannot judge surely it passes.

use strict;
use warnings;

use constant { COLUMNS => 80, LINES => 600, FUNCTION => 100 };

my $usage = <<'END';
usage: util/style.pl [--foreign] FILE ...
       util/style.pl --self-test

Prints FILE:LINE: [rule] what is wrong, and exits 1 if there was anything.
--foreign leaves out what is the house's own: sizes, guards, empty lines.
END

my $house = 1;
my @found;

if (@ARGV && $ARGV[0] eq '--self-test') {
    exit(self_test() ? 0 : 1);
}

if (@ARGV && $ARGV[0] eq '--foreign') {
    $house = 0;
    shift;
}

if (!@ARGV || $ARGV[0] =~ /^-/) {
    print $usage;
    exit(@ARGV && $ARGV[0] =~ /^(-h|--help)$/ ? 0 : 2);
}

for my $file (@ARGV) {
    open my $in, '<:raw', $file or die "$file: $!\n";
    local $/;
    print map { "$file:$_->[0]: [$_->[1]] $_->[2]\n" } check($file, <$in>);
}

exit(@found ? 1 : 0);


# Returns [line, rule, text] of each fault.

sub check {
    my ($file, $text) = @_;

    my @r;
    my $bad = sub { push @r, [@_] };

    my @line = split /\n/, $text, -1;
    my @code = split /\n/, blank($text), -1;

    if (@line < 3 || pop @line ne '' || $line[-1] eq '') {
        $bad->(scalar @line, 'end', 'one newline ends the file');
    }

    for my $i (0 .. $#line) {
        text_rules($bad, $i, \@line, \@code);
        code_rules($bad, $i, \@line, \@code);
    }

    functions($bad, $file, \@line, \@code);

    if ($house && @line > LINES) {
        $bad->(scalar @line, 'size', "more than ${\LINES} lines");
    }

    if ($house && $file =~ /\.h$/) {
        guard($bad, $file, \@line);
    }

    @r = sort { $a->[0] <=> $b->[0] } @r;
    push @found, @r;

    return @r;
}


# The text with what is in comments, strings and characters blanked; columns
# stay.

sub blank {
    my $text = shift;

    my $hide = sub { (my $t = shift) =~ s/[^\n]/$_[0]/g; $t };

    $text =~ s{
        (/\*.*?\*/) | ("(?:[^"\\\n]|\\.)*") | ('(?:[^'\\\n]|\\.)+')
    }{
        defined $1 ? $hide->($1, ' ')
                   : do {
                         my $t = $2 // $3;
                         substr($t, 0, 1)
                         . $hide->(substr($t, 1, -1), 's')
                         . substr($t, -1);
                     }
    }gsex;

    return $text;
}


sub text_rules {
    my ($bad, $i, $line, $code) = @_;

    local $_ = $line->[$i];
    my $n = $i + 1;

    $bad->($n, 'tab', 'a tab') if /\t/;
    $bad->($n, 'trailing', 'trailing blanks') if /[ \r]$/;
    $bad->($n, 'ascii', 'not ASCII') if /[^\x20-\x7e\t\r\f]/;
    $bad->($n, 'columns', "more than ${\COLUMNS} columns")
        if length > COLUMNS;

    if ($house && $i > 2 && $_ ne '' && $line->[$i - 1] eq '' && $line->[$i - 2] eq ''
        && $line->[$i - 3] eq '')
    {
        $bad->($n, 'empty', 'more than two empty lines');
    }

    if ($code->[$i] =~ m{//}) {
        $bad->($n, 'comment', 'comments are /* */');
    }

    if (m{/\*[^\s*!-]} && $code->[$i] !~ m{/\*}) {
        my $at = $-[0];
        $bad->($n, 'comment', 'a blank after /*')
            if substr($code->[$i], $at, 2) eq '  ';
    }
}


# What a line alone tells; preprocessor lines are left out.

sub code_rules {
    my ($bad, $i, $line, $code) = @_;

    local $_ = $code->[$i];
    my $n = $i + 1;
    my $pre = /^\s*#/ || ($i && $line->[$i - 1] =~ /\\$/);

    return if $pre || /^\s*$/;

    if (/\b(if|for|while|switch)\(/) {
        $bad->($n, 'blank', "a blank after $1");
    }

    if (/\breturn\(/) {
        $bad->($n, 'blank', 'a blank after return');
    }

    if (/\)\{|\belse\{|\}else\b/) {
        $bad->($n, 'blank', 'a blank between ) or else and a brace');
    }

    if (/^\s*else\b/) {
        $bad->($n, 'else', '"} else" on one line');
    }

    if (/,(?=[^\s\\])/) {
        $bad->($n, 'blank', 'a blank after a comma');
    }

    if (/\(\s*(?:const\s+)?\w+\*+\s*\)/) {
        $bad->($n, 'cast', '"(type *)", with a blank before the star');
    }

    if (/\((?:const )?(?:u_char|char|void|u?int\d+_t|\w+_t) \*+\)[\w&(]/) {
        $bad->($n, 'cast', 'a blank after a cast');
    }

    if (/\b[a-z_]\w*\s*(?:=|==|!=|<=|>=|\+=|-=|\|=|&=|&&|\|\|)[\w(]/) {
        $bad->($n, 'blank', 'blanks around an operator');
    }

    if (/\S;\S/ && !/\bfor\b/) {
        $bad->($n, 'blank', 'two statements on a line');
    }

    if (/^(\s*)(?:\} else )?(?:if|for|while|switch) \(/) {
        braces($bad, $i, length $1, $code);
    }

    if (/^(\s*)switch \(/) {
        cases($bad, $i, $1, $code);
    }

    # a line that begins a statement stands on a multiple of four

    if ($i && /^( +)(?:if|for|while|switch|return|break|continue|goto|case)\b/
        && length($1) % 4 && $code->[$i - 1] !~ /[\\,&|(]\s*$/)
    {
        $bad->($n, 'indent', 'indentation is by four');
    }
}


# if (...) {, or with a condition of several lines { on a line of its own.

sub braces {
    my ($bad, $i, $indent, $code) = @_;

    my $depth = 0;
    my $seen = 0;

    for my $j ($i .. $#$code) {
        return if $code->[$j] =~ /^#/;

        my $s = $j == $i ? substr($code->[$j], $indent) : $code->[$j];

        for my $c (split //, $s) {
            if ($c eq '(') {
                $depth++;
                $seen = 1;

            } elsif ($c eq ')') {
                $depth--;
            }

            last if $seen && !$depth;
        }

        next if !$seen || $depth;

        # the line on which the condition ends

        return if $code->[$j] =~ /\{\s*$/
                  && ($j == $i || $code->[$i] =~ /^\s*for\b/);
        return if $code->[$j] =~ /\)\s*\{.*\}\s*$/
                  && $code->[$i] =~ /\b(?:while|for)\b/;
        return if $code->[$j] =~ /;\s*$/ && $code->[$j] =~ /\)\s*;\s*$/
                  && $code->[$i] =~ /while|for/;

        if ($code->[$j] =~ /\{\s*$/) {
            $bad->($j + 1, 'brace', '{ on its own line after a condition of '
                                    . 'several lines');
            return;
        }

        my $k = $j + 1;
        $k++ while $k < $#$code && $code->[$k] =~ /^\s*(#.*)?$/;

        return if ($j > $i || length $code->[$j] > COLUMNS - 3)
                  && $code->[$k] =~ /^( *)\{/ && length $1 == $indent;

        $bad->($i + 1, 'brace', 'braces around the body, { where it belongs');
        return;
    }
}


# case stands where switch stands.

sub cases {
    my ($bad, $i, $indent, $code) = @_;

    my $depth = 0;

    for my $j ($i .. $#$code) {
        if ($depth == 1 && $code->[$j] =~ /^(\s*)(?:case\b|default:)/
            && $1 ne $indent)
        {
            $bad->($j + 1, 'indent', 'case stands where switch stands');
        }

        $depth += () = $code->[$j] =~ /\{/g;
        $depth -= () = $code->[$j] =~ /\}/g;

        return if $j > $i && $depth <= 0;
    }
}


# A function begins with a line of its name alone, after the line of its type
# and two empty lines, and { on a line of its own.

sub functions {
    my ($bad, $file, $line, $code) = @_;

    for my $i (1 .. $#$code) {
        next if $code->[$i] !~ /^\{\s*$/;

        # back to the line that the parameters begin on

        my $j = $i - 1;
        $j-- while $j > 0 && $code->[$j] =~ /^\s+\S/;

        next if $code->[$j] !~ /^\w.*\(/ && $code->[$j] !~ /^\w+$/;

        if ($code->[$j] !~ /^(\w+)\(/) {
            $bad->($j + 1, 'type', 'the return type on a line of its own')
                if $code->[$j] =~ /^\w[\w\s*]*[\s*]\w+\(/;
            next;
        }

        my $name = $1;

        # macros that make functions have no type line

        next if $code->[$j - 1] !~ /^[\w\s*()]+$/;

        # above: the comment that belongs to it, or #if

        my $k = $j - 2;
        $k-- while $k >= 0
                   && ($line->[$k] =~ m{^(?: \*|/\*|#)} && $line->[$k] ne '');

        if ($k > 1 && $file =~ /\.c$/ && $line->[$j - 2] !~ /^#/
            && ($line->[$k] ne '' || $line->[$k - 1] ne '')
            && $line->[$k - 1] !~ m{^(?: \*/|/\*.*\*/|#.*)$})
        {
            $bad->($j, 'apart', "two empty lines before $name()");
        }

        body($bad, $i, $name, $line, $code);
    }
}


sub body {
    my ($bad, $i, $name, $line, $code) = @_;

    my $end = $i + 1;
    $end++ while $end < $#$code && $code->[$end] !~ /^\}/;

    if ($house && $end - $i - 1 > FUNCTION) {
        $bad->($i + 1, 'size', "$name() is longer than ${\FUNCTION} lines");
    }

    if ($code->[$i + 1] =~ /^\s*$/ && $line->[$i + 1] eq ''
        && $end > $i + 2)
    {
        $bad->($i + 2, 'empty', 'an empty line after {') if $end - $i < 4;
    }

    # the block of declarations: names in one column, then an empty line

    my (%column, @odd);
    my $j = $i + 1;

    for (; $j < $end; $j++) {
        my $s = $code->[$j];

        last if $s =~ /^\s*$/ || $s =~ /^\s*#/;

        if ($s =~ /^(\ {4}(?:(?:static|const|volatile|register)\ )*
                    (?:(?:struct|union|enum|unsigned|signed|long|short)\ )*
                    \w+(?:\ const)?)(\ +)([*\s]*)(?:const\ )?
                    ([a-zA-Z_]\w*)(?:\[[^\]]*\])*\s*(?:[;,=]|$)/x
            && $s !~ /^    (?:return|goto|case|else)\b/)
        {
            push @{$column{$-[4]}}, $j + 1;

            # "type *name = data;" heads a body of nginx with one blank

            if (length $2 < 2 && $s !~ /\w = [\w(]/) {
                push @odd, $j + 1;
            }

            # to its end

            $j++ while $j < $end && $code->[$j] !~ /;\s*$/;
            next;
        }

        # something else: no declarations, or one too odd to judge

        if (%column && $s =~ /^    \S/ && $s =~ /[=({]/
            && $s !~ /^    \w[\w ]*[ *]+\(\*/ && $s !~ /\(\*/)
        {
            $bad->($j + 1, 'declare', 'an empty line after declarations')
                if $s =~ /^    (?:if|for|while|switch|return|\w+(?:->\w+)* = )/;
        }

        %column = () if $s =~ /\(\*/;
        last;
    }

    if (keys %column > 1) {
        $bad->($i + 2, 'declare', 'declared names stand in one column');

    } elsif (@odd && keys %column) {
        $bad->($odd[0], 'declare', 'two blanks between type and name');
    }
}


# _NAME_H_INCLUDED_, with anything around NAME

sub guard {
    my ($bad, $file, $line) = @_;

    my ($name) = $file =~ m{([^/]+)\.h$};
    $name = uc $name;

    my @has = grep { /^#(?:ifndef|define) _(?:\w+_)?\Q$name\E(?:_\w+)?_H_INCLUDED_$/ } @$line;

    $bad->(1, 'guard', "#ifndef _${name}_H_INCLUDED_") if @has != 2;
}


# Each rule must speak up, and good code must pass.

sub self_test {
    my $good = <<'END';

/*
 * What this file owns.
 */


#include <stdio.h>


typedef struct {
    int          a;
    const char  *b;
} toucan_x_t;


static int toucan_one(int a, const char *b);


/* of a function */

static int
toucan_one(int a, const char *b)
{
    int           n, i;
    const char   *p;
    toucan_x_t    x[2];
    static char   text[] = "a, // b";

    n = 0;

    for (i = 0; i < a; i++) {
        n += (int) b[i] == ',' ? 1 : 2;
    }

    if (n > 3
        && b != NULL)
    {
        return -1;

    } else if (n) {
        p = (const char *) x;
    }

    switch (a) {

    case 1:
        break;

    default:
        do {
            n--;
        } while (n);
    }

    return (p == text) ? 1 : 0;
}


void
toucan_two(void)
{
    toucan_one(1, "x");
}
END

    my $long = "    n++;\n" x 101;

    my @cases = (
        ['tab', '    n = 0;', "\tn = 0;"],
        ['trailing', '    n = 0;', '    n = 0; '],
        ['ascii', '/* of', "/* \xc3\xb6f"],
        ['columns', '/* of', '/* ' . 'x' x 80 . ' of'],
        ['empty', "/* of", "\n/* of"],
        ['comment', '    n = 0;', '    n = 0;  // zero'],
        ['comment', '/* of', '/*of'],
        ['blank', 'for (i', 'for(i'],
        ['blank', '(n) {', '(n){'],
        ['blank', '(1, "x")', '(1,"x")'],
        ['blank', 'n = 0;', 'n =0;'],
        ['blank', 'n = 0;', 'n = 0;i = 0;'],
        ['blank', 'return (p', 'return(p'],
        ['else', "    } else if", "    }\n    else if"],
        ['cast', '(const char *) x', '(const char*) x'],
        ['cast', '(const char *) x', '(const char *)x'],
        ['brace', "i++) {\n", "i++)\n    {\n"],
        ['brace', "    if (n > 3\n        && b != NULL)\n    {",
                  "    if (n > 3\n        && b != NULL) {"],
        ['brace', "    toucan_one(1, ", "    if (n)\n        toucan_one(1, "],
        ['indent', "    case 1:", "        case 1:"],
        ['indent', "        return -1", "      return -1"],
        ['type', "void\ntoucan_two", "void toucan_two"],
        ['apart', "\n\nvoid\n", "\nvoid\n"],
        ['declare', 'int           n', 'int  n'],
        ['declare', "\n\n    n = 0;\n", "\n    n = 0;\n"],
        ['size', "    n = 0;\n", $long],
        ['end', "\"x\");\n}\n", "\"x\");\n}\n\n"],
    );

    my $ok = 1;

    if (my @r = check('good.c', $good)) {
        print map { "self-test: good code: line $_->[0]: [$_->[1]] "
                    . "$_->[2]\n" } @r;
        $ok = 0;
    }

    for (@cases) {
        my ($rule, $from, $to) = @$_;

        (my $text = $good) =~ s/\Q$from\E/$to/
            or die "self-test: nothing to replace for [$rule] $from\n";

        # two faults in one may be told as one of two rules

        if (!grep { $_->[1] eq $rule } check('bad.c', $text)) {
            print "self-test: not seen: [$rule] in \"$to\"\n";
            $ok = 0;
        }
    }

    if (!grep { $_->[1] eq 'guard' } check('bad.h', $good)) {
        print "self-test: not seen: [guard]\n";
        $ok = 0;
    }

    if (!grep { $_->[1] eq 'size' } check('bad.c', $good . "\n/* */" x 600)) {
        print "self-test: not seen: [size] of a file\n";
        $ok = 0;
    }

    return $ok;
}
