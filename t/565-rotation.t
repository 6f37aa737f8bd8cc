# Rotations without an outage: of API keys, of signing keys, of master keys.
# While they go on, users sign in, use the gate and are refreshed, and every
# one of these requests must pass.  The same steps in another order do break
# something, which is how this suite knows that it would see it.
#
# For each of them: write the new file beside the old one and rename it; wait
# until the error log of every nginx has said "was read again" once for every
# worker, which takes a second.  Nothing is reloaded.
#
#
# Rotating an API key
#
#   1. Make the new key, with an id of its own, for the same organization and
#      with the same grants.  Add it to the toucan_api_key_file of every nginx
#      that mints, refreshes, introspects, or has a gate for encrypted tokens.
#      The old one stays.  Wait until all workers have read it.
#   2. Give the new key to the host application.  While that is rolled out,
#      both are used.
#   3. Wait as long as toucan_max_session after the last server has changed:
#      a session is refreshed only as long as the API key is there that it
#      began with.
#   4. Take the old key out of the files.  (Or give it, in step 1, a notAfter
#      that is late enough: then it ends by itself, and no token outlives it.)
#
#   A key that has leaked is taken out at once: its sessions are not refreshed
#   any more, its encrypted tokens end within a second, its signed tokens when
#   they expire.  The users sign in again.
#
#
# Rotating a signing key
#
#   1. Make the new key, with a kid of its own.  Add its public half to the
#      toucan_key_file of every gate.  Wait until all workers have read it.
#   2. Put the new private key in front of the old one in the
#      toucan_mint_key_file: the first one signs.  (The others are published
#      by toucan_keys, for gates elsewhere.)  Wait until all workers have read
#      it.
#   3. Wait until the last token of the old key has expired: the longest
#      lifetime (toucan_max_lifetime, or less where nobody can ask for that
#      much) and toucan_leeway.  Sessions go on, under the new key.
#   4. Take the old key out of the toucan_mint_key_file, then out of the
#      gates' files.
#
#
# Rotating a master key
#
#   1. Make the second master key, with a kid of its own.  Add it, behind the
#      first one, to the toucan_key_file of every gate.  Wait until all
#      workers have read it.
#   2. Put it in front of the old one in the toucan_mint_key_file.  Wait until
#      all workers have read it.
#   3. Wait until the last token of the old one has expired, as above.
#   4. Take the old one out of the toucan_mint_key_file, then out of the
#      gates' files.
#
#   Where the gates and the mint of one nginx read the same file, each step is
#   one change of it: second behind the first, second before the first, first
#   gone.

use strict;
use warnings;

use lib 't/lib';
use Toucan::Test;
use Toucan::Service;
use Toucan::Sessions;

use Time::HiRes ();

my $WORKERS = 2;
my $LIFETIME = 3;
my $LEEWAY = 1;
my $SESSION = 5;

plan('no_plan');

my %keys = map { $_ => wide_key($_, scopes => ['mint']) }
           qw(old new newer);
my $asking = wide_key('asking', scopes => ['introspect']);

sub api_file { return api_keys($asking, map { $keys{$_} } @_) }

my %masters = map { $_ => master_key($_) } qw(m1 m2 m3);

sub masters { return mint_keys(map { $masters{$_} } @_) }

# signed tokens; encrypted ones, with files of their own and with one in common

my $lanes = join '', map {
    my ($lane, $gate, $mint) = @$_;

    <<"END";
    location = /$lane/mint { toucan_mint; toucan_mint_key_file $mint; }
    location = /$lane/t { toucan "t"; toucan_key_file $gate;
                          try_files /file =404; }
    location = /$lane/refresh { toucan "r"; toucan_refresh;
                                toucan_key_file $gate;
                                toucan_mint_key_file $mint; }
    location = /$lane/introspect { toucan_introspect;
                                   toucan_key_file $gate; }
END
} ['signed', 'gate.jwks', 'mint.jwks'],
  ['sealed', 'gate-master.jwks', 'mint-master.jwks'],
  ['shared', 'master.jwks', 'master.jwks'];

my $server = endpoints(<<"END", {
    toucan_api_key_file api.json;
    toucan_mint_lifetime ${LIFETIME}s;
    toucan_max_lifetime ${LIFETIME}s;
    toucan_max_session ${SESSION}s;
    toucan_leeway ${LEEWAY}s;
    $lanes
END
    'api.json' => api_file('old'),
    'gate.jwks' => jwks_public('ed25519'),
    'mint.jwks' => mint_keys('ed25519'),
    'gate-master.jwks' => masters('m1'),
    'mint-master.jwks' => masters('m1'),
    'master.jwks' => masters('m1'),
}, workers => $WORKERS);


# The users of a lane: what is asked on their behalf must be answered so.

my @using = ('old');
my %sessions;
my (%failed, %pids, $count, %kid);

sub wanted {
    my ($what, $want, $answer) = @_;

    $count++;
    $pids{$answer->{pid}}++;

    return 1 if says($answer) eq $want;

    $failed{"$what: " . says($answer)}++;

    return 0;
}

sub begin {
    my $lane = shift;

    push @using, my $name = shift @using;

    my $begun = time;
    my $answer = mint($server, $keys{$name}, undef, path => "/$lane/mint");

    wanted("$lane: mint with $name", '200 ok TOKEN', $answer) or return;

    return { token => $answer->{json}{token}, begun => $begun,
             at => $begun, ends => $answer->{json}{expiresAt} };
}

# 0 when the session is over, as every session is in the end

sub use_session {
    my ($lane, $session) = @_;

    my $now = time;

    return 0 if $now >= $session->{begun} + $SESSION - 1
                || $now >= $session->{ends};

    my ($header) = peek($session->{token});
    $kid{$lane}{$header->{kid}}++;

    wanted("$lane: gate", '200 ok LET IN',
           ask($server, "GET /$lane/t", bearer($session->{token})))
        or return 0;

    return 1 if $now < $session->{at} + $LIFETIME - 1;

    my $answer = ask($server, "POST /$lane/refresh",
                     bearer($session->{token}));

    wanted("$lane: refresh", '200 ok TOKEN', $answer) or return 0;

    @$session{qw(token at ends)} = ($answer->{json}{token}, $now,
                                    $answer->{json}{expiresAt});

    return 1;
}

sub one_round {
    for my $lane (@_) {
        my $fresh = begin($lane) // next;

        push @{$sessions{$lane}}, $fresh if @{$sessions{$lane} // []} < 4;

        wanted("$lane: introspection", '200 ok ACTIVE',
               ask($server, "POST /$lane/introspect",
                   "X-API-Key: $asking->{text}\n"
                   . 'Content-Type: application/x-www-form-urlencoded',
                   form(token => $fresh->{token})));

        use_session($lane, $fresh);

        $sessions{$lane} = [grep { use_session($lane, $_) }
                            @{$sessions{$lane}}];
    }
}

# what went wrong while rounds went on until CODE is true

sub rounds {
    my ($code, @lanes) = @_;

    my $least = Time::HiRes::time() + 0.5;
    my $most = $least + 30;

    (%failed, %pids, %kid) = ();
    $count = 0;

    while (1) {
        my $now = Time::HiRes::time();

        last if $now > $most || ($now > $least && $code->());

        one_round(@lanes);
        select undef, undef, undef, 0.03;
    }

    $failed{'it takes too long'}++ if Time::HiRes::time() > $most;

    return join ', ', map { "$failed{$_} times $_" } sort keys %failed;
}

# files that are swapped, and the rounds until all workers have read them

sub swapping {
    my ($files, @lanes) = @_;

    my %before = map { $_ => notices($_) } keys %$files;

    $server->write("conf/$_", $files->{$_}) for sort keys %$files;

    return rounds(sub {
        !grep { notices($_) - $before{$_}
                < $WORKERS * ($_ eq 'master.jwks' ? 2 : 1) } keys %before
    }, @lanes);
}

sub notices {
    my $name = shift;

    return scalar(() = $server->read('logs/error.log')
                       =~ m{/\Q$name\E" was read again}g);
}

sub for_seconds {
    my ($seconds, @lanes) = @_;

    my $end = time + $seconds;

    return rounds(sub { time > $end }, @lanes);
}

sub step {
    my ($name, $failures) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    is($failures, '', "$name: every request passes");
    cmp_ok($count, '>=', 50, "$name: of many");
    is(scalar keys %pids, $WORKERS, "$name: of all workers");
}

# the same in another order: a token that was in use is refused

sub control {
    my ($name, $request, $session, $want) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    is(says(ask($server, $request, bearer($session->{token}))), $want,
       "$name: it is seen");
}

sub only_kid {
    my ($lane, $want) = @_;

    is(join(' ', sort keys %{$kid{$lane}}), $want,
       "$lane: what is in use is $want");
}

my @all = qw(signed sealed shared);

eventually('all workers are there', sub {
    (my @now = $server->workers) == $WORKERS
});


# API keys

step('API keys: before', for_seconds(1, @all));
only_kid('sealed', 'm1.old');

step('API keys: the new one is added',
     swapping({ 'api.json' => api_file('old', 'new') }, @all));

@using = ('old', 'new');
step('API keys: both are used', for_seconds(1, @all));
only_kid('sealed', 'm1.new m1.old');

@using = ('new');
step('API keys: the host application has changed',
     for_seconds($SESSION, @all));

step('API keys: the old one is taken out',
     swapping({ 'api.json' => api_file('new') }, @all));
only_kid($_, 'm1.new') for 'sealed', 'shared';
step('API keys: afterwards', for_seconds(1, @all));

is(says(mint($server, $keys{old}, undef, path => '/signed/mint')),
   '401 api_key_invalid API_KEY_INVALID', 'API keys: the old one is gone');

swapping({ 'api.json' => api_file('new', 'newer') }, @all);

my %in_use = map { $_ => begin($_) } @all;

@using = ('newer');
swapping({ 'api.json' => api_file('newer') }, @all);

control('API keys: the old one is taken out while its sessions last',
        'POST /signed/refresh', $in_use{signed},
        '403 not_refreshable NOT_REFRESHABLE');
control("API keys: and $_ tokens", "GET /$_/t", $in_use{$_},
        '401 key_not_found TOKEN_INVALID') for 'sealed', 'shared';

@using = ('old');
like(for_seconds(0, @all),
     qr/signed: mint with old: 401 api_key_invalid API_KEY_INVALID/,
     'API keys: one that is used before it was added');

@using = ('newer');
%sessions = ();


# Signing keys

step('signing keys: before', for_seconds(1, 'signed'));
only_kid('signed', 'ed25519');

step('signing keys: the new one is in the gates\' set',
     swapping({ 'gate.jwks' => jwks_public('ed25519', 'ec256') }, 'signed'));
only_kid('signed', 'ed25519');

step('signing keys: the new one signs',
     swapping({ 'mint.jwks' => mint_keys('ec256', 'ed25519') }, 'signed'));
step('signing keys: the old tokens expire',
     for_seconds($LIFETIME + $LEEWAY, 'signed'));
like(join(' ', sort keys %{$kid{signed}}), qr/\bec256\b/,
     'signed: the new one is in use');

step('signing keys: the old one signs no more',
     swapping({ 'mint.jwks' => mint_keys('ec256') }, 'signed'));
step('signing keys: the old one goes',
     swapping({ 'gate.jwks' => jwks_public('ec256') }, 'signed'));
only_kid('signed', 'ec256');
step('signing keys: afterwards', for_seconds(1, 'signed'));

is(says(ask($server, 'GET /signed/t', bearer(ttl => 2))),
   '200 ok LET IN', 'signing keys: the new one is accepted');
is(says(ask($server, 'GET /signed/t', bearer(key => 'ed25519',
                                                  ttl => 2))),
   '401 key_not_found TOKEN_INVALID', 'signing keys: the old one is not');

swapping({ 'mint.jwks' => mint_keys('ed25519') }, 'signed');
like(for_seconds(0, 'signed'),
     qr/signed: gate: 401 key_not_found TOKEN_INVALID/,
     'signing keys: the mint before the gates: it is seen');

swapping({ 'mint.jwks' => mint_keys('ec256') }, 'signed');
step('signing keys: put right', for_seconds(1, 'signed'));

$in_use{signed} = begin('signed');
swapping({ 'gate.jwks' => jwks_public('ed25519'),
           'mint.jwks' => mint_keys('ed25519') }, 'signed');
control('signing keys: the old one goes while its tokens last',
        'GET /signed/t', $in_use{signed}, '401 key_not_found TOKEN_INVALID');


# Master keys

my @sealed = qw(sealed shared);

step('master keys: before', for_seconds(1, @sealed));
only_kid($_, 'm1.newer') for @sealed;

step('master keys: the second one is in the gates\' files',
     swapping({ 'gate-master.jwks' => masters('m1', 'm2'),
                'master.jwks' => masters('m1', 'm2') }, @sealed));
only_kid($_, 'm1.newer') for @sealed;

step('master keys: the second one becomes the first',
     swapping({ 'mint-master.jwks' => masters('m2', 'm1'),
                'master.jwks' => masters('m2', 'm1') }, @sealed));
step('master keys: the old tokens expire',
     for_seconds($LIFETIME + $LEEWAY, @sealed));
like(join(' ', sort keys %{$kid{$_}}), qr/\bm2\.newer\b/,
     "$_: the second one is in use") for @sealed;

step('master keys: the old one goes, from the mint',
     swapping({ 'mint-master.jwks' => masters('m2') }, @sealed));
step('master keys: the old one goes, from the gates',
     swapping({ 'gate-master.jwks' => masters('m2'),
                'master.jwks' => masters('m2') }, @sealed));
only_kid($_, 'm2.newer') for @sealed;
step('master keys: afterwards', for_seconds(1, @sealed));

$in_use{shared} = begin('shared');
swapping({ 'mint-master.jwks' => masters('m3'),
           'master.jwks' => masters('m3') }, @sealed);
like(for_seconds(0, 'sealed'),
     qr/sealed: gate: 401 key_not_found TOKEN_INVALID/,
     'master keys: the mint before the gates: it is seen');
control('master keys: the old one goes while its tokens last',
        'GET /shared/t', $in_use{shared}, '401 key_not_found TOKEN_INVALID');


my @log = split /^/, $server->read('logs/error.log');

is(join('', grep { /\[(?:error|alert|crit|emerg)\]/ } @log), '',
   'nothing broke');
is(join('', grep { /eyJ[\w-]+\.|tk_live_/ } @log), '',
   'no token and no key in the log');

ok($server->stop('QUIT'), 'it ends well');
