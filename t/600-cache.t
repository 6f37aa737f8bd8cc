# The cache of opened tokens: what was opened once is found again, in every
# worker and after a reload; and no decision is ever found there.

use strict;
use warnings;

use lib 't/lib';
use Toucan::Test;
use Toucan::Service;
use Toucan::Jwe;

plan('no_plan');

my @vars = qw(kind distinct_id role organization env jti sid kid token_id
              expires rls permissions scope_key attr_customerId
              claim_user__role);
my $vars = join '|', map { "\$toucan_$_" } @vars;

# other policies for the same tokens: each location, and what it says of a
# token that /t lets in

my %other = (
    issuer => ['toucan_issuer https://other.example;', 'bad_issuer'],
    audience => ['toucan_audience other;', 'bad_audience'],
    lifetime => ['toucan_max_lifetime 60;', 'lifetime_too_long'],
    role => ['toucan_roles maker;', 'role_denied'],
    env => ['toucan_env sandbox;', 'env_denied'],
    claim => ['toucan_claim distinct_id user.nothing;', 'bad_claim'],
    attribute => ['toucan_attribute customerId type=string;',
                  'attribute_type'],
    permission => ['toucan_permission dashboard can_edit;',
                   'permission_denied'],
    size => ['toucan_max_token_size 256;', 'too_large'],
    algorithms => ['toucan_algorithms RS256 ES256;', 'alg_not_allowed'],
    type => ['toucan_type encrypted;', 'bad_type'],
    keys => ['toucan_key_file other.jwks;', 'bad_signature'],
    no_keys => ['toucan_key_file ec.jwks;', 'key_not_found'],
);

my $locations = join '', map { <<"END" } sort keys %other;
        location = /$_ {
            toucan "t";
            @{[$other{$_}[0] =~ /key_file/ ? '' : 'toucan_key_file gate.jwks;']}
            $other{$_}[0]
            proxy_pass http://%upstream%;
        }
END

my $key = api_key('7f3a');

my $server = service(
    api_keys => [$key],
    workers => 2,
    http => 'toucan_cache_zone tokens:1m; toucan_cache tokens;',
    files => {
        'conf/gate.jwks' => to_json({ keys => [
            @{from_json(key_text('public.jwks'))->{keys}},
            jwk_private('k256'),
        ] }),
        'conf/other.jwks' => to_json({ keys => [
            { %{jwk_public('ed25519b')}, kid => 'ed25519' } ] }),
        'conf/ec.jwks' => jwks_public('ec256'),
        'conf/turn.jwks' => jwks_public('ed25519'),
    },
    server => <<"END" . $locations,
        add_header X-Cache "\$toucan_cache_status" always;
        add_header X-Vars "$vars" always;

        location = /off {
            toucan "t";
            toucan_key_file gate.jwks;
            toucan_cache off;
            proxy_pass http://%upstream%;
        }
        location = /open {
            return 200 open;
        }
        location = /same {
            toucan "t";
            toucan_key_file gate.jwks;
            toucan_roles any;
            toucan_env live sandbox;
            proxy_pass http://%upstream%;
        }
        location = /turn {
            toucan "t";
            toucan_key_file turn.jwks;
            proxy_pass http://%upstream%;
        }
        location = /early {
            toucan "t";
            toucan_key_file gate.jwks;
            set \$who \$toucan_distinct_id:\$toucan_cache_status;
            add_header X-Who \$who always;
            proxy_pass http://%upstream%;
        }
END
);

sub seen {
    my ($path, $token) = @_;

    my $answer = gated($server, $token, undef, path => $path);

    return join ' ', $answer->{header}{'x-cache'}[0] // '-',
                     $answer->{reason} || $answer->{status};
}

sub from_json { return JSON::PP::decode_json($_[0]) }


# What is the same with and without it

my %tokens = (
    signed => token(key => 'ed25519'),
    'signed by a secret, without a kid' => token(key => 'rsa1', kid => undef),
    encrypted => jwe(key => 'k256', alg => 'dir', enc => 'A256GCM'),
    nested => nested(inner => { key => 'ec256' }, key => 'k256', alg => 'dir',
                     enc => 'A256GCM'),
);

for my $what (sort keys %tokens) {
    my $token = $tokens{$what};
    my $plain = gated($server, $token, undef, path => '/off');

    is($plain->{reason}, 'ok', "$what: let in without a cache");
    is($plain->{header}{'x-cache'}[0] // '', '', "$what: which has no status");

    my $miss = gated($server, $token);
    my $hit = gated($server, $token);

    is($miss->{header}{'x-cache'}[0], 'MISS', "$what: missed first");
    is($hit->{header}{'x-cache'}[0], 'HIT', "$what: then hit");

    for ($miss, $hit) {
        is_deeply($_->{sees}, $plain->{sees}, "$what: the same identity");
        is($_->{header}{'x-vars'}[0], $plain->{header}{'x-vars'}[0],
           "$what: the same variables");
    }
}

like(gated($server, $tokens{signed})->{header}{'x-vars'}[0],
     qr/\|user-123\|.*\|ed25519\|/, 'and they say something');

is(ask($server, 'GET /open')->{header}{'x-cache'}[0] // '', '',
   'no gate, no status');
is(ask($server, 'GET /t')->{header}{'x-cache'}[0] // '', '',
   'no token, no status');


# Both workers, and those after a reload

{
    my $token = token(key => 'ed25519');

    gated($server, $token);
    by_all($server, 'every worker finds it', sub {
        my $answer = gated($server, $token);
        return ($answer, $answer->{header}{'x-cache'}[0]);
    }, 'HIT');

    my %before = map { $_ => 1 } $server->workers;

    $server->signal('HUP');
    eventually('a reload', sub {
        my @now = $server->workers;
        return @now == 2 && !grep { $before{$_} } @now;
    });

    is(seen('/t', $token), 'HIT ok', 'it outlives a reload');
}


# Decisions are made anew

for my $where (sort keys %other) {
    my $token = token(key => 'ed25519');
    my $first = seen("/$where", $token);

    is(seen('/t', $token) =~ s/^\w+ //r, 'ok', "$where: let in elsewhere");
    is(seen('/t', $token), 'HIT ok', "$where: and cached there");

    for (1, 2) {
        my ($cache, $reason) = split / /, seen("/$where", $token);

        is($reason, $other{$where}[1], "$where: refused here");
    }

    is($first =~ s/^\S+ //r, $other{$where}[1], "$where: as before");
}

{
    my $token = token(key => 'ed25519');

    is(seen('/same', $token), 'MISS ok', 'another policy for identities');
    is(seen('/t', $token), 'HIT ok', 'shares what is cached');
}

for my $how (['algorithms', 'MISS'], ['type', 'MISS'], ['keys', 'MISS'],
             ['no_keys', 'MISS'], ['role', 'HIT'], ['issuer', 'HIT'])
{
    my $token = token(key => 'ed25519');

    seen('/t', $token);
    like(seen("/$how->[0]", $token), qr/^$how->[1] /,
         "$how->[0]: $how->[1], as it depends on keys and rules or not");
}


# A place is of the request

{
    my $token = token(key => 'ed25519',
                      claims => { origins => ['https://app.acme.example'] });

    my @reasons = map {
        my $answer = gated($server, $token, "Origin: https://$_");
        "$answer->{header}{'x-cache'}[0] $answer->{reason}";
    } qw(app.acme.example other.acme.example stranger.example
         app.acme.example);

    is_deeply(\@reasons, ['MISS ok', 'HIT token_origin_denied',
                          'HIT origin_denied', 'HIT ok'], 'origins');
}


# What does not hold is never found

{
    my $token = token(key => 'ed25519');
    my ($head, $body, $sig) = split /\./, $token;

    is(seen('/t', $token), 'MISS ok', 'a good token');
    is(seen('/t', tampered($token)), 'MISS bad_signature', 'a forged one');
    is(seen('/t', tampered($token)), 'MISS bad_signature', 'once more');
    is(seen('/t', "$head.$body." . b64u(sign('ed25519b', "$head.$body"))),
       'MISS bad_signature', 'signed by another');
    is(seen('/t', "${token}A"), 'MISS bad_signature', 'one byte more');
    is(seen('/t', "$head.$body."), 'MISS bad_signature', 'no signature');
    is(seen('/t', "$token.."), 'MISS bad_claim', 'five parts');
    is(seen('/t', $token), 'HIT ok', 'the good one is still there');

    my $foreign = token(key => 'ed25519', claims => { aud => 'other' });

    is(seen('/t', $foreign), 'MISS bad_audience', 'for somebody else');
    is(seen('/t', $foreign), 'MISS bad_audience', 'which is not kept');
}


# Its end

{
    my $token = token(key => 'ed25519', age => 100, ttl => 103);

    my $brief = service_brief($token);

    is($brief->('/t'), 'MISS ok', 'a token at its end');
    is($brief->('/t'), 'HIT ok', 'is cached');
    eventually('it expires', sub { $brief->('/t') =~ / expired/ });
    is($brief->('/leeway'), 'MISS ok', 'a location with more leeway opens it');
    is($brief->('/leeway'), 'HIT ok', 'and has it cached');
    like($brief->('/t'), qr/ expired$/, 'which does not revive it');
}

sub service_brief {
    my $token = shift;

    my $brief = service(
        http => 'toucan_cache_zone tokens:1m; toucan_cache tokens;
                 toucan_leeway 0;',
        server => <<'END',
        add_header X-Cache "$toucan_cache_status" always;
        location = /leeway {
            toucan "t";
            toucan_key_file gate.jwks;
            toucan_leeway 300;
            proxy_pass http://%upstream%;
        }
END
    );

    return sub {
        my $answer = gated($brief, $token, undef, path => shift);
        return "$answer->{header}{'x-cache'}[0] $answer->{reason}";
    };
}


# Keys that go, and come back

{
    my $token = token(key => 'ed25519');
    my $path = 'conf/turn.jwks';

    my $all = sub {
        my ($what, $want) = @_;

        by_all($server, $what, sub {
            my $answer = gated($server, $token, undef, path => '/turn');
            return ($answer, $answer->{reason});
        }, $want);
    };

    $all->('let in, and cached', 'ok');
    is(seen('/turn', $token), 'HIT ok', 'before');

    $server->write($path, jwks_public('ec256'));
    $all->('its key is gone', 'key_not_found');

    $server->write($path, to_json({ keys => [
        { %{jwk_public('ed25519b')}, kid => 'ed25519' } ] }));
    $all->('another key of its name', 'bad_signature');

    $server->write($path, '{"keys":');
    eventually('a broken file', sub {
        $server->read('logs/error.log') =~ /turn\.jwks" was not taken over/;
    });
    like(seen('/turn', $token), qr/bad_signature$/, 'changes nothing');

    $server->write($path, jwks_public('ed25519', 'rsa1'));
    $all->('its key is back, in another set', 'ok');
}

{
    my $token = minted($server, $key);

    is(seen('/t', $token), 'MISS ok', 'a minted token');
    is(seen('/t', $token), 'HIT ok', 'is cached');
}


# Variables may ask first

{
    my $token = token(key => 'ed25519');

    my @who = map { gated($server, $token, undef, path => '/early')
                    ->{header}{'x-who'}[0] } 1, 2;

    is_deeply(\@who, ['user-123:MISS', 'user-123:HIT'],
              'in the rewrite phase');
}

is(scalar(() = $server->read('logs/error.log') =~ /\[(?:alert|crit|emerg)\]/g),
   0, 'nothing was wrong');
