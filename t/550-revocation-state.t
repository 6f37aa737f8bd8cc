# The state file of revocations: what stands in it, restarts, lines that are
# torn or damaged, growing and shrinking, two instances of nginx with one file.

use strict;
use warnings;

use lib 't/lib';
use Toucan::Test;
use Toucan::Server;
use Toucan::Revocations;

use File::Temp ();

plan('no_plan');

my $MAIN = 'worker_processes 2;';
my ($HEADER, $LINE) = (80, 79);

my $folder = File::Temp->newdir('toucan-state-XXXXXX', TMPDIR => 1);
chmod 0755, $folder;

my $state = "$folder/revoked";
my $alt = "$state.alt";
my $both = [$state, $alt];

my %files = ('conf/keys.jwks' => jwks_public('ec256'),
             'conf/apikeys.json' => api_keys());

my $server = Toucan::Server->new(main => $MAIN, files => \%files,
                                 http => revocations(state => $state));

sub add_text { write_text($_[0], text($_[0]) . $_[1]) }

# the file that counts, and the other one

sub active { return -s $state ? ($state, $alt) : ($alt, $state) }

sub lines { return (length(text((active())[0])) - $HEADER) / $LINE }

sub generation { return hex((split ' ', text((active())[0]))[2]) }

sub named {
    my $name = shift;
    return token(age => 5, claims => {jti => $name, sid => "sid-$name",
                                      'user.distinctId' => "user-$name"});
}

sub is_reason {
    my ($token, $want, $name) = @_;
    is(scalar reason_of($server, $token), $want, $name);
}

sub is_204 {
    my ($body, $name) = @_;
    my $r = revoke($server, $body);
    is($r->{status}, 204, $name) or diag($r->{body});
}

sub log_of { $server->read('logs/error.log') }

sub restart {
    my ($name, $kill) = @_;

    ok($kill ? $server->slay : $server->stop('QUIT'), "$name: it ends");
    truncate $server->dir . '/logs/error.log', 0;
    ok(eval { $server->start }, "$name: it starts again") or diag($@);
}


# What stands in it

is((stat $_)[2] & 07777, 0600, 'mode 0600') for $state, $alt;
is((stat $_)[4], $<, 'of the user of the workers') for $state, $alt;
is(-s $state, $HEADER, 'a header at first');
is(-s $alt, 0, 'and a twin that is empty');
like(text($state), qr/^toucan-revocations 1 0{15}1 [0-9a-f]{32} [0-9a-f]{8}\n\z/,
     'the header');

is_204({jti => 'one', sid => 'sid-two'}, 'two are revoked');
is(lines(), 2, 'two lines, when it is answered');
my $form = join ' ', map { "[0-9a-f]{$_}" } 32, 16, 16, 2, 8;
like(text($state), qr/^.*\n(?:$form\n){2}\z/, 'of their form');
unlike(text($state), qr/one|sid|two/, 'no name stands in it');
is_204({distinctId => 'user-three'}, 'another');
is(lines(), 3, 'another line');
is(revoke($server, '{"jti":7}')->{status}, 400, 'one that is refused');
is(lines(), 3, 'no line');


# Restarts

sub three_hold {
    my $when = shift;

    is_reason(named('one'), 'revoked', "$when: a jti");
    is_reason(named('two'), 'revoked', "$when: a sid");
    is_reason(named('three'), 'revoked', "$when: a user");
    is_reason(named('four'), '', "$when: another one is let in");
}

three_hold('before');
restart('a restart');
three_hold('a restart');
is(revoked_by_all($server, named('one')), '', 'a restart: all workers know');
restart('killed', 1);
three_hold('killed');
is(lines(), 3, 'there are three lines still');

my $key = (split ' ', text((active())[0]))[3];
is_204({jti => 'one'}, 'one is revoked again');
is(lines(), 4, 'that is a line, too');
restart('with a line too many');
is(lines(), 3, 'which a start drops');
is((active())[0], $alt, 'in the other file');
is(generation(), 2, 'of the next generation');
is((split ' ', text($alt))[3], $key, 'with the same key');
is(-s $state, 0, 'the first is empty');
three_hold('in the other file');


# nginx -t beside a running one

my @before = map { (stat $_)[7, 9], text($_) } $state, $alt;
my ($text, $ok) = $server->test;
ok($ok, 'nginx -t is content') or diag($text);
$server->conf($MAIN, revocations(state => "$folder/other"));
($text, $ok) = $server->test;
ok($ok, 'and with a file that is not there');
ok(!-e "$folder/other" && !-e "$folder/other.alt", 'which it does not make');
$server->conf($MAIN, revocations(state => $state));
is_deeply([map { (stat $_)[7, 9], text($_) } $state, $alt], \@before,
          'nor does it write to the one that is');
is_204({jti => 'five'}, 'the running one goes on');
is_reason(named('five'), 'revoked', 'as before');


# Torn lines

my $whole;

for my $row (
    ['a piece of text', 'abc'],
    ['half a line', sub { substr(text($alt), -$LINE, 40) }],
    ['a line but for its newline', sub { substr(text($alt), -$LINE, 78) }],
    ['zeros', "\0" x 300],
    ['a line of other bytes', 'x' x $LINE],
) {
    my ($name, $tail) = @$row;

    $server->stop('QUIT');
    $whole //= text($alt);
    write_text($alt, $whole);
    write_text($state, '');
    add_text($alt, ref $tail ? $tail->() : $tail);
    my $with = text($alt);

    ($text, $ok) = $server->test;
    ok($ok, "torn: $name: nginx -t is content");
    like($text, qr/\[warn\].*revoked\.alt".*torn line.*will be dropped/,
         "torn: $name: and warns");
    is(text($alt), $with, "torn: $name: and touches nothing");

    truncate $server->dir . '/logs/error.log', 0;
    ok(eval { $server->start }, "torn: $name: it starts") or diag($@);
    like(log_of(), qr/\[warn\].*revoked\.alt".*torn line.*are dropped/,
         "torn: $name: with a warning");
    is(text($alt), $whole, "torn: $name: what was torn is gone");
    is_reason(named('five'), 'revoked', "torn: $name: the last one holds");
    three_hold("torn: $name");
}

# while it runs: what a process left that was ended is written over, and whole
# lines of it are taken over

my $line = substr text($alt), -$LINE;
add_text($alt, substr $line, 0, 50);
is_204({jti => 'six'}, 'after a torn line');
is(text($alt) =~ tr/\n//, 6, 'six lines with the header');

# damaged: nothing is answered until somebody has looked at it

my $sound = -s $alt;
add_text($alt, 'x' x 78 . "\n");
is(revoke($server, {jti => 'seven'})->{status}, 500,
   'after a damaged line: not answered');
like(log_of(), qr/\[crit\].*revoked\.alt:7": the line is damaged/,
     'and the log tells which');
is_reason(named('six'), 'revoked', 'what was revoked stays so');
is_reason(named('four'), '', 'and others are let in');
truncate $alt, $sound;
is_204({jti => 'six'}, 'without it: answered');
truncate $alt, $sound;

restart('after a torn line', 1);
is_reason(named('six'), 'revoked', 'it holds');
unlike(log_of(), qr/torn/, 'nothing is torn');
$server->stop;


# Damaged lines

$whole = text($alt);
my @line = $whole =~ /(.*\n)/g;
is(scalar @line, 6, 'a header and five lines');

for my $row (
    ['a letter changed', 3, sub { $_[0] =~ s/^(.)/$1 eq 'a' ? 'b' : 'a'/e }],
    ['a cut-off changed', 2, sub { substr($_[0], 45, 1) = 'e' }],
    ['the sum changed', 4, sub { substr($_[0], -2, 1) =~ tr/0-9a-f/1-9a-f0/ }],
    ['capitals', 3, sub { $_[0] = uc $_[0] }],
    ['the last line', 6, sub { substr($_[0], -2, 1) =~ tr/0-9a-f/1-9a-f0/ }],
    ['zeros in between', 5, sub { $_[0] = "\0" x $LINE }],
    ['a line cut short', 3, sub { $_[0] = substr $_[0], 0, 20 }],
    ['a byte too few', 2, sub { substr($_[0], 40, 1) = '' }],
    ['a group that is none', 2, sub {
        my $begin = substr $_[0], 0, 69;
        substr($begin, -2) = '14';
        $_[0] = with_crc($begin);
    }],
    ['a time before the epoch', 2, sub {
        my $begin = substr $_[0], 0, 69;
        substr($begin, 33, 1) = 'f';
        $_[0] = with_crc($begin);
    }],
    ['the header', 1, sub { $_[0] =~ s/ 1 / 2 / }],
    ['the header cut short', 1, sub { chop $_[0] }],
    ['no header', 1, sub { $_[0] = '' }],
) {
    my ($name, $n, $change) = @$row;

    my @l = @line;
    $change->($l[$n - 1]);
    write_text($alt, join '', @l);
    start_fails($server, $both, "damaged: $name", qr/revoked\.alt:$n".*line/);
}

# a control: what with_crc() writes is read

my @good = @line;
my $begin = substr $good[1], 0, 69;
substr($begin, -2) = '13';
$good[1] = with_crc($begin);
write_text($alt, join '', @good);
ok(eval { $server->start }, 'damaged: a control') or diag($@);
is_reason(named('six'), 'revoked', 'damaged: a control: read to its end');
$server->stop;

write_text($alt, '');
write_text($state, "127.0.0.1 localhost\n");
start_fails($server, $both, 'somebody else\'s file', qr/revoked:1".*no header/);
write_text($state, 'x');
start_fails($server, $both, 'a short one', qr/revoked:1".*no header/);
write_text($state, substr $line[0], 0, 30);
ok(eval { $server->start }, 'a first header that was torn is none')
    or diag($@);
is(lines(), 0, 'and is written anew');
$server->stop;


# Two headers

sub header {
    my ($generation, $name) = @_;
    return with_crc(sprintf 'toucan-revocations 1 %016x %s', $generation,
                    $name // $key);
}

my $lines = join '', @line[1 .. $#line];

write_text($state, header(7) . $lines);
write_text($alt, header(6) . $line[1]);
ok(eval { $server->start }, 'two headers') or diag($@);
is_reason(named('six'), 'revoked', 'the later one counts');
is(-s((active())[1]), 0, 'and stays alone');
$server->stop;

write_text($state, header(7) . $line[1]);
write_text($alt, header(8) . $lines);
ok(eval { $server->start }, 'two headers, the other way round') or diag($@);
is_reason(named('six'), 'revoked', 'the later one counts');
$server->stop;

write_text($state, header(9) . $lines);
write_text($alt, "\0" x $HEADER . $line[1] . substr $line[2], 0, 11);
ok(eval { $server->start }, 'beside what a rewriting left') or diag($@);
is_reason(named('six'), 'revoked', 'it does not count');
cmp_ok(generation(), '>=', 9, 'it is not older');
$server->stop;


# Growing: what is said twice does not stay

write_text($state, header(1) . $lines);
write_text($alt, '');
$server->start;

my ($max, $wrong) = (0, 0);

for (1 .. 3000) {
    $wrong += revoke($server, {distinctId => 'user-again'})->{status} != 204;
    my ($now) = sort { $b <=> $a } map { -s } $state, $alt;
    $max = $now if $now > $max;
}

is($wrong, 0, '3000 times the same user');
cmp_ok($max, '<', 65536 + 10 * $LINE, "the file does not grow ($max bytes)");
cmp_ok(generation(), '>=', 4, 'it is made anew instead');
is_reason(named('again'), 'revoked', 'the user is refused');
is_reason(named('six'), 'revoked', 'and what was there before');

# with two thousand that are all needed it is doubled, not made anew each time

$wrong = 0;
my $generation = generation();
$wrong += revoke($server, {jti => "many-$_"})->{status} != 204 for 1 .. 2500;
is($wrong, 0, '2500 different ones');
cmp_ok(generation() - $generation, '<=', 3, 'made anew a few times');
cmp_ok(lines(), '>=', 2500, 'all of them are there');
restart('with many', 1);
$wrong = 0;
$wrong += reason_of($server, named("many-$_ ")) ne '' for 1 .. 50;
is($wrong, 0, 'others are let in: a control');
$wrong += reason_of($server, named('many-' . 50 * $_)) ne 'revoked'
    for 1 .. 50;
is($wrong, 0, 'and they hold');


# What is over is dropped by a start

$server->stop('QUIT');

my $with = lines();
my ($file) = active();
$begin = substr text($file), $HEADER, 69;

for my $ago (3600, 3730) {
    substr($begin, 0, 4) = $ago;
    substr($begin, 50, 16) = sprintf '%016x', time - $ago;
    add_text($file, with_crc($begin));
}

$server->start;
is(lines(), $with + 1, 'a start drops what is over: an hour, the leeway twice '
                       . 'and a minute');
$server->stop('QUIT');


# A zone that is too small for it

$server->conf($MAIN, revocations(state => $state, size => '32k'));
start_fails($server, $both, 'too many',
            'revoked.*holds up to 25\d\d revocations.*"tokens"'
                        . '.*room for \d+: a size of \d+k');
my ($size) = $@ =~ /a size of (\d+)k/;
$server->conf($MAIN, revocations(state => $state, size => "${size}k"));
ok(eval { $server->start }, "the size it asks for is enough (${size}k)")
    or diag($@);
is_reason(named('many-2500'), 'revoked', 'for all of them');


# Deleted while it runs

unlink $state, $alt;
my $answer = revoke($server, {jti => 'lost'});
is($answer->{status}, 500, 'deleted: what cannot be written is not answered');
is($answer->{body} =~ /"code":"(\w+)"/ && $1, 'INTERNAL_ERROR', 'its code');
like(log_of(), qr/\[crit\].*revoked" was deleted/, 'the log tells why');
like(log_of(), qr/toucan_revoke refused: state_not_written/, 'and what');

my %old = map { $_ => 1 } $server->workers;
$server->signal('HUP');
ok(eventually(sub {
    my @now = $server->workers;
    return @now == 2 && !grep { $old{$_} } @now;
}), 'a reload');
is_204({jti => 'found'}, 'makes them anew');
restart('after that', 1);
is_reason(named($_), 'revoked', "$_: is there") for qw(found many-1 six);


# A disk that is full: the files may not be longer than 64 kB

$server->stop('QUIT');
unlink $state, $alt;

my ($nginx) = $server->command;

$server->write('limited', <<"END");
#!/bin/sh
trap '' XFSZ
ulimit -f 128
exec $nginx "\$@"
END
chmod 0755, $server->dir . '/limited';

$server->{nginx} = $server->dir . '/limited';
$server->write('logs/error.log', '');
$server->start;

my $n = 0;
$n++ while $n < 2000 && revoke($server, {jti => "disk-$n"})->{status} == 204;

cmp_ok($n, '>', 700, "$n revocations fit into 64 kB");
is(revoke($server, {jti => 'disk-more'})->{status}, 500,
   'no more are answered');
like(log_of(), qr/\[crit\].*pwrite\(\) of state file ".*revoked" failed/,
     'the log tells why');

($server->{nginx}) = $nginx;
restart('with room again', 1);
like(log_of(), qr/torn line/, 'what was written last is torn');
$wrong = 0;
$wrong += reason_of($server, named("disk-$_")) ne 'revoked' for 0 .. $n - 1;
is($wrong, 0, 'each that was answered holds');
is_204({jti => 'disk-more'}, 'and there may be more');

# something for what follows

is_204({jti => $_}, "$_ is revoked") for qw(six from-first);


# Two instances with one file: a binary upgrade

my $second = Toucan::Server->new(
    main => $MAIN, files => \%files,
    http => revocations(state => $state, size => "${size}k"));

is(scalar reason_of($second, named('six')), 'revoked', 'the second knows');
is_204({jti => 'from-first'}, 'revoked by the first');
ok(eventually(sub {
    reason_of($second, named('from-first')) eq 'revoked'
}), 'the second takes it over');
is(revoke($second, {jti => 'from-second'})->{status}, 204,
   'revoked by the second');
ok(eventually(sub {
    reason_of($server, named('from-second')) eq 'revoked'
}), 'the first takes it over');

# one makes the file anew, again and again; the other one follows

$wrong = 0;

for my $n (1 .. 1500) {
    $wrong += revoke($server, {distinctId => 'user-again'})->{status} != 204;
    $wrong += revoke($second, {jti => "second-$n"})->{status} != 204
        if $n % 10 == 0;
}

is($wrong, 0, 'both write');
ok(eventually(sub {
    reason_of($server, named('second-1500')) eq 'revoked'
}), 'the first has what the second wrote');
ok($second->stop('QUIT'), 'the second ends');
restart('and the first', 1);
$wrong = 0;
$wrong += reason_of($server, named('second-' . 10 * $_)) ne 'revoked'
    for 1 .. 150;
is($wrong, 0, 'nothing of the second is lost');
is_reason(named('from-first'), 'revoked', 'nor of the first');



# And in truth: a new binary takes over; nginx does so as a daemon only

sub master_but {
    my $old = shift;

    return eventually(sub {
        my ($pid) = $server->read('logs/pid') =~ /(\d+)/;
        my @workers = $pid ? Toucan::Server::workers({pid => $pid}) : ();
        return $pid && $pid != $old && @workers == 2 && $pid;
    }) // 0;
}

sub gone {
    my $pid = shift;
    return eventually(sub { Toucan::Server::gone($pid) });
}

$server->stop('QUIT');
is(system($server->command), 0, 'an upgrade: a daemon');

my $old = master_but(0);
ok($old && kill(USR2 => $old), 'an upgrade: is told to');
my $new = master_but($old);
ok($new, 'an upgrade: a new master with its workers');

is_204({jti => "both-$_"}, "an upgrade: revocation $_") for 1 .. 10;
kill QUIT => $old if $old;
ok(gone($old), 'an upgrade: the old one ends');
$server->{pid} = $new;

ok(eventually(sub { reason_of($server, named('both-10')) eq 'revoked' }),
   'an upgrade: the new one has taken over the last one');
$wrong = 0;
$wrong += revoked_by_all($server, named("both-$_")) ne '' for 1 .. 10;
is($wrong, 0, 'an upgrade: all of them hold in each new worker');
is_reason(named('from-first'), 'revoked', 'an upgrade: what was before, too');
is_reason(named('four'), '', 'an upgrade: others are let in');
is_204({jti => 'after'}, 'an upgrade: it goes on');
is_reason(named('after'), 'revoked', 'an upgrade: as before');

is(scalar(grep { /\[(?:alert|crit|emerg)\]/ && !/exited on signal 9/ }
          split /^/, log_of()), 0, 'nothing broke') or diag(log_of());

# it is no child that could be waited for

delete $server->{pid};
kill QUIT => $new if $new;
ok(gone($new), 'it ends well');
