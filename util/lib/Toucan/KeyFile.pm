# Owns: the files of API keys and of JWKs: what form they have, and how the
# keys of one are replaced.

package Toucan::KeyFile;

use strict;
use warnings;

use Cwd qw(realpath);
use Exporter qw(import);
use Fcntl qw(:DEFAULT :flock :mode);
use File::Basename qw(dirname);
use IO::Handle ();
use JSON::PP ();
use Socket qw(inet_pton AF_INET AF_INET6);
use Time::Local qw(timegm);

use constant { BYTES => 4 * 1024 * 1024, KEYS => 4096 };

our @EXPORT_OK = qw(load change json entry_fault seconds text quoted);

# the order of members in what is written

my $rank = 0;
my %rank = map { $_ => $rank++ } qw(
    keys id sha256 scopes env organization roles permissions origins
    maxLifetime notAfter comment kty kid use key_ops alg crv x y n e d p q dp dq qi k
);
my $json = JSON::PP->new->indent->indent_length(2)->space_after->sort_by(
    sub { ($rank{$JSON::PP::a} // 99) <=> ($rank{$JSON::PP::b} // 99)
          || $JSON::PP::a cmp $JSON::PP::b });
my $scalar = JSON::PP->new->allow_nonref->canonical;

# kind of file => what is wrong with a key, and the member that names it

my %kinds = (api => [\&entry_fault, 'id'], jwk => [\&jwk_fault, 'kid']);

# member of an entry of an API-key file => its form (gate/toucan_apikey.h)

my %forms = (
    id => ['1 to 64 letters, digits and "-"',
           sub { text($_) && /^[a-z0-9-]{1,64}\z/i }],
    sha256 => ['64 hex digits', sub { text($_) && /^[0-9a-f]{64}\z/i }],
    scopes => ['a list of mint, revoke, introspect',
               sub { all($_, qr/^(?:mint|revoke|introspect)\z/) }],
    env => ['live or sandbox', sub { text($_) && /^(?:live|sandbox)\z/ }],
    organization => ['a name of 1 to 256 bytes',
                     sub { all([$_], qr/./) && is_name($_) }],
    roles => ['a list of names of 1 to 256 bytes',
              sub { all($_, qr/./) && !grep { !is_name($_) } @$_ }],
    permissions => ['models, each with can_view, can_edit or can_query',
                    \&are_permissions],
    origins => ['1 to 64 of "scheme://host[:port]", without a path',
                sub { all($_, qr/./) && @$_ <= 64
                      && !grep { !is_origin($_) } @$_ }],
    maxLifetime => ['seconds',
                    sub { $scalar->encode($_) =~ /^[1-9]\d{0,9}\z/ }],
    notAfter => ['a time such as 2027-01-01T00:00:00Z',
                 sub { text($_) && defined seconds($_) }],
    comment => ['a string', sub { text($_) }],
);

my $unfinished;

END { unlink $unfinished if defined $unfinished }


# What a file (or standard input) holds, with all keys in "keys"; each is
# checked, and no two have the same name.  Dies with a line for the user, as
# change() does.

sub load {
    my ($file, $kind) = @_;

    my $shown = quoted($file // 'standard input');
    my $in = \*STDIN;

    if (defined $file) {
        undef $in;
        open $in, '<', $file or die "$shown: $!\n";
    }

    binmode $in;
    read($in, my $text, BYTES + 1) // die "$shown: $!\n";
    die "$shown: more than " . BYTES . " bytes\n" if length $text > BYTES;

    my $top = parse($text, $shown);
    $top = {keys => [$top]} if $kind eq 'jwk' && exists $top->{kty};

    die "$shown: \"keys\" is no array\n" if ref $top->{keys} ne 'ARRAY';
    die "$shown: a member beside \"keys\"\n"
        if $kind eq 'api' && keys %$top > 1;
    all_sound($top->{keys}, $kind, $shown, 'has two keys');

    return $top;
}

sub all_sound {
    my ($keys, $kind, $shown, $twice) = @_;

    my ($fault, $name) = @{$kinds{$kind}};
    my %seen;

    die "$shown: more than " . KEYS . " keys\n" if @$keys > KEYS;

    for my $i (0 .. $#$keys) {
        my $key = $keys->[$i];
        my $is = ref $key eq 'HASH' ? $key->{$name} : undef;
        my $wrong = $fault->($key);

        die "$shown: key " . (text($is) ? quoted($is) : $i + 1) . ": $wrong\n"
            if defined $wrong;
        die "$shown $twice " . quoted($is) . "\n"
            if defined $is && $seen{$is}++;
    }
}


# JSON whose root is an object, without a member twice.  What JSON::PP says is
# not repeated: it quotes the text, which may be a private key.

sub parse {
    my ($text, $shown) = @_;

    my $top = utf8::decode($text) ? eval { $json->decode($text) } : undef;

    if (ref $top ne 'HASH') {
        my ($at) = $@ =~ /at character offset (\d+)/;
        die "$shown: not a JSON object", defined $at ? ", character $at" : '',
            "\n";
    }

    my @seen;

    while ($text =~ /([{\[])|([}\]])|("[^"\\]*+(?:\\.[^"\\]*+)*+")(\s*:)?/gs) {
        push @seen, {} if defined $1;
        pop @seen if defined $2;

        die "$shown: the member $3 is there twice\n"
            if defined $4 && $seen[-1]{$scalar->decode($3)}++;
    }

    return $top;
}


# What is wrong with a JWK, with an entry of an API-key file; undef if nothing.

sub jwk_fault {
    my $key = shift;

    return ref $key ne 'HASH' ? 'not an object'
         : !text($key->{kty}) ? 'it has no kty'
         : exists $key->{kid} && !text($key->{kid}) ? 'its kid is no string'
         : undef;
}

sub entry_fault {
    my $entry = shift;

    return 'not an object' if ref $entry ne 'HASH';

    for my $name (sort keys %$entry) {
        my ($form, $check) = @{$forms{$name}
                               // return 'an unknown member ' . quoted($name)};

        for ($entry->{$name}) {
            return "$name: " . $scalar->encode($_) . " is not $form"
                if !$check->();
        }
    }

    return (map { "it has no $_" } grep { !exists $entry->{$_} }
                                   qw(id sha256 scopes))[0];
}

sub all {
    my ($list, $form) = @_;

    return ref $list eq 'ARRAY' && @$list
           && !grep { !text($_) || !/$form/ } @$list;
}

sub is_name {
    my $name = shift;

    utf8::encode($name);
    return length $name <= 256 && $name !~ /[\0-\x1f\x7f]/;
}

sub are_permissions {
    return 0 if ref ne 'HASH' || grep { !/^[\w.-]{1,64}\z/a } keys %$_;

    my @actions = map { ref ? $_ : [$_] } values %$_;

    return !grep { !all($_, qr/^can_(?:view|edit|query)\z/) || @$_ > 8 }
           @actions;
}

# As toucan_origin_parse() has it.

sub is_origin {
    my ($host, $port) = $_[0] =~ m{^[a-z][a-z0-9+.-]{0,31}://
        (\[[0-9a-f:.]+\] | [\w-]{1,63}(?:\.[\w-]{1,63})*)
        (?: :([1-9]\d{0,4}))?\z}xia or return 0;

    return 0 if length $host > 253 || ($port // 1) > 65535;
    return defined inet_pton(AF_INET6, $1) if $host =~ /^\[(.*)\]\z/;
    return $host !~ /(?:^|\.)(?:\d+|0x[0-9a-f]*)\z/i
           || defined inet_pton(AF_INET, $host);
}

sub seconds {
    my @t = $_[0] =~ /^(19[7-9]\d|[2-9]\d{3})-(\d\d)-(\d\d)T
                       (\d\d):(\d\d):(\d\d)Z\z/xa or return undef;

    return eval { timegm($t[5], $t[4], $t[3], $t[2], $t[1] - 1, $t[0]) };
}


# Replaces the keys of a file by those that $code makes of them; returns how
# many there are.  A change waits for the one before it: the folder is locked.

sub change {
    my ($file, $kind, $code) = @_;

    my $shown = quoted($file);
    my $path = realpath($file) // $file;

    sysopen my $dir, dirname($path), O_RDONLY | O_DIRECTORY
        or die "$shown: $!\n";
    flock $dir, LOCK_EX
        or die "$shown: its folder cannot be locked: $!\n";

    my @old = lstat $path;

    die "$shown: not a regular file\n" if @old && !S_ISREG($old[2]);

    my $top = @old ? load($file, $kind) : {keys => []};
    my @keys = $code->(@{$top->{keys}});
    my $text = json({%$top, keys => \@keys});

    all_sound(\@keys, $kind, $shown, 'has already a key');
    utf8::encode($text);
    die "$shown: more than " . BYTES . " bytes\n" if length $text > BYTES;

    my $new = "$path.$$.new";

    sysopen my $out, $new, O_WRONLY | O_CREAT | O_EXCL, 0600
        or die quoted($new) . ": $!\n";
    $unfinished = $new;

    if (@old) {
        chown $old[4], $old[5], $out
            or die "$shown: its owner cannot be kept: $!\n";
        chmod $old[2] & 07777, $out
            or die "$shown: its mode cannot be kept: $!\n";
    }

    print $out $text or die quoted($new) . ": $!\n";
    $out->flush && $out->sync && close $out or die quoted($new) . ": $!\n";
    rename $new, $path or die "$shown: $!\n";
    undef $unfinished;
    $dir->sync;

    return scalar @keys;
}


# A string, not a number, of JSON.

sub text {
    return defined $_[0] && !ref $_[0] && $scalar->encode($_[0]) =~ /^"/;
}

sub json   { return $json->encode($_[0]) }

sub quoted {
    my $text = shift;

    utf8::decode($text);
    return '"' . ($text =~ s/[^[:print:]]/?/gr) . '"';
}


1;
