# A token's whole life, through four workers: minted by one, let in by all,
# renewed, revoked by one, and refused by all from the answer on.  Signed and
# encrypted tokens; each worker comes to be asked in each step.

use strict;
use warnings;

use lib 't/lib';
use Toucan::Test;
use Toucan::Service;

plan('no_plan');

my $WORKERS = 4;
my $ROUNDS = 6;

my $mint = api_key('app', scopes => ['mint', 'introspect', 'revoke']);
my $other = api_key('other', organization => 'globex',
                    scopes => ['mint', 'revoke']);

my $master = master_key('m1');

my $server = service(
    api_keys => [$mint, $other],
    mint_keys => ['ed25519'],
    keys => to_json({keys => [jwk_public('ed25519'), $master]}),
    workers => $WORKERS,
    http => 'toucan_revocation_zone revoked:1m state=revoked;
             toucan_revocation revoked;',
    files => { 'conf/master.jwks' => mint_keys($master) },
    server => <<'END',
        location = /mint-encrypted {
            toucan_mint;
            toucan_mint_key_file master.jwks;
        }
        location = /refresh {
            toucan "t";
            toucan_key_file gate.jwks;
            toucan_mint_key_file mint.jwks;
            toucan_refresh;
        }
        location = /refresh-encrypted {
            toucan "t";
            toucan_key_file gate.jwks;
            toucan_mint_key_file master.jwks;
            toucan_refresh;
        }
        location = /revoke {
            toucan_revoke;
        }
        location = /introspect {
            toucan_key_file gate.jwks;
            toucan_introspect;
        }
END
);

my %asked;      # step => {pid => times}

sub seen { $asked{$_[0]}{$_[1]{pid}}++; return $_[1] }

sub user {
    return to_json({user => {distinctId => $_[0], role => 'explorer'}});
}

sub made {
    my ($path, $id, $key) = @_;

    my $answer = seen(mint => mint($server, $key // $mint, user($id),
                                   path => $path));
    is($answer->{status}, 200, "$path: a token for $id");

    return $answer->{json};
}

sub renewed {
    my ($path, $token) = @_;

    return seen(refresh => ask($server, "POST $path",
                               "Authorization: Bearer $token"));
}

sub revoked {
    my ($key, $what) = @_;

    my $answer = seen(revoke => mint($server, $key, to_json($what),
                                     path => '/revoke'));
    is($answer->{status}, 204, 'revoked: ' . to_json($what));
}

# Until each worker was asked once, each time at once after the last: what one
# of them says otherwise is a fault, not a delay.

sub all_say {
    my ($want, $token, $name) = @_;

    my (%pids, @wrong);

    for (1 .. 400) {
        my $answer = seen(gate => gated($server, $token));
        $pids{$answer->{pid}} = 1;
        push @wrong, $answer->{reason} if $answer->{reason} ne $want;
        last if keys %pids == $WORKERS;
    }

    is(scalar keys %pids, $WORKERS, "$name: all workers were asked");
    is_deeply(\@wrong, [], "$name: each says $want");
}

sub active {
    my $token = shift;

    my $answer = mint($server, $mint, "token=$token", path => '/introspect',
                      type => 'application/x-www-form-urlencoded');

    return $answer->{json}{active} ? 1 : 0;
}


for my $round (1 .. $ROUNDS) {
    for my $way ('', '-encrypted') {
        my $id = "user-$round$way";

        my $first = made("/mint$way", $id);
        my $bystander = made("/mint$way", "other-$round$way");
        my $theirs = made("/mint$way", $id, $other);

        all_say('ok', $first->{token}, $id);
        is(active($first->{token}), 1, 'it is active');

        my $answer = renewed("/refresh$way", $first->{token});
        is($answer->{status}, 200, 'renewed');

        my $second = $answer->{json};
        is($second->{sessionId}, $first->{sessionId}, 'the same session');
        isnt($second->{jti}, $first->{jti}, 'another token');
        all_say('ok', $second->{token}, "$id, renewed");

        # one token; its session goes on

        revoked($mint, {jti => $second->{jti}});
        all_say('revoked', $second->{token}, "$id, by jti");
        all_say('ok', $first->{token}, "$id, the token before it");
        is(renewed("/refresh$way", $second->{token})->{code}, 'TOKEN_REVOKED',
           'what is revoked is not renewed');

        # the session, and what came of it

        my $third = renewed("/refresh$way", $first->{token})->{json};
        revoked($mint, {sid => $first->{sessionId}});
        all_say('revoked', $_->{token}, "$id, by sid") for $first, $third;
        is(active($third->{token}), 0, 'it is active no more');
        is(renewed("/refresh$way", $first->{token})->{code}, 'TOKEN_REVOKED',
           'nothing comes of it any more');

        # the user, in this organization

        my $fourth = made("/mint$way", $id);
        all_say('ok', $fourth->{token}, "$id, signed in again");
        revoked($mint, {distinctId => $id});
        all_say('revoked', $fourth->{token}, "$id, by distinctId");

        all_say('ok', $bystander->{token}, 'another user');
        all_say('ok', $theirs->{token}, "$id of another organization");
    }
}

# A user who signs in after the cut-off is let in: a second later.

{
    my $old = made('/mint', 'back');
    revoked($mint, {distinctId => 'back'});
    my $cut = time;

    eventually('the next second comes', sub { time > $cut });

    my $new = made('/mint', 'back');
    all_say('revoked', $old->{token}, 'made before');
    all_say('ok', $new->{token}, 'made after');

    # and the API key ends all of them, of other keys none

    my $theirs = made('/mint', 'back', $other);
    revoked($mint, {clientId => 'app'});
    all_say('revoked', $new->{token}, 'by clientId');
    all_say('ok', $theirs->{token}, "another client's");
}

for my $step (sort keys %asked) {
    cmp_ok(scalar keys %{$asked{$step}}, '>', 1,
           "$step: more than one worker did it");
}
is(scalar keys %{$asked{gate}}, $WORKERS, 'the gate: all of them');

# A restart forgets none of it.

{
    my $token = made('/mint', 'last', $other);
    revoked($other, {jti => $token->{jti}});
    ok($server->stop, 'stopped');
    $server->start;
    all_say('revoked', $token->{token}, 'after a restart');
    all_say('ok', made('/mint', 'last', $other)->{token}, 'a new one');
}

lacks($server->read('logs/error.log'), qr/tk_live|eyJ|\[(?:alert|crit|emerg)\]/,
      'no key, no token, no fault in the log');
