# Zones of the cache: what nginx does not start with, sizes that change, and a
# zone that is too small for all: a miss, never a wrong answer.

use strict;
use warnings;

BEGIN { delete $ENV{TOUCAN_CACHED} }    # it says itself where caches are

use lib 't/lib';
use Toucan::Test;
use Toucan::Server;
use Toucan::Service;

plan('no_plan');

my $server = service(
    http => 'toucan_cache_zone tokens:64k;',
    server => <<'END',
        add_header X-Cache "$toucan_cache_status" always;
        location = /small {
            toucan "t";
            toucan_key_file gate.jwks;
            toucan_cache tokens;
            proxy_pass http://%upstream%;
        }
END
);

sub seen {
    my ($token, $path) = @_;

    my $answer = gated($server, $token, undef, path => $path // '/small');

    return join ' ', $answer->{header}{'x-cache'}[0] // '-', $answer->{reason},
                     $answer->{sees}{id} // '-';
}


# Configurations

my $gate = 'toucan "t"; toucan_key_file gate.jwks;';

for ([q(toucan_cache_zone one;), 'invalid value "one" in the '
      . '"toucan_cache_zone" directive: it must be NAME:SIZE'],
     [q(toucan_cache_zone :64k;), 'invalid value ":64k"'],
     [q(toucan_cache_zone one:;), 'invalid value "one:"'],
     [q(toucan_cache_zone one:many;), 'invalid value "one:many"'],
     [q(toucan_cache_zone one:63k;), 'invalid value "one:63k" in the '
      . '"toucan_cache_zone" directive: the size is less than 16 pages'],
     [q(toucan_cache_zone one:64k; toucan_cache_zone one:64k;),
      'invalid value "one:64k" in the "toucan_cache_zone" directive: there is '
      . 'a zone of this name'],
     [q(toucan_cache_zone one:64k; toucan_revocation_zone one:64k;),
      'the shared memory zone "one" is already declared'],
     [q(toucan_cache one;), '"toucan_cache" names "one", and no '
      . '"toucan_cache_zone" makes this zone'],
     ['toucan_cache "";', 'invalid value "" in the "toucan_cache" directive'],
     ['toucan_cache off; toucan_cache off;',
      '"toucan_cache" directive is duplicate'],
     ['toucan_cache_zone one:64k one:64k;', 'invalid number of arguments'],
     ['server { toucan_cache_zone one:64k; }',
      '"toucan_cache_zone" directive is not allowed here'])
{
    my ($lines, $words) = @$_;

    my $said = tested($lines);

    like($said, qr/\Q$words\E/, "$lines: $words");
    like($said, qr/test failed/, 'and nginx does not start');
}

for ('toucan_cache_zone one:64k;',
     "toucan_cache one; toucan_cache_zone one:64k; server { $gate }",
     "toucan_cache_zone one:64k; toucan_cache one; server { toucan_cache off;"
     . " $gate }")
{
    like(tested($_), qr/test is successful/, $_);
}

sub tested {
    my $lines = shift;

    my $other = Toucan::Server->new(
        http => 'server { listen 127.0.0.1:%port%; }',
        files => { 'conf/gate.jwks' => key_text('public.jwks') },
    );

    $other->conf('', "server { listen 127.0.0.1:%port%; } $lines");

    return ($other->test)[0];
}


# More than there is room for

my @tokens = map {
    token(key => 'ed25519', claims => { 'user.distinctId' => "user-$_" })
} 1 .. 300;

for my $round (1, 2) {
    my @wrong = grep { seen($tokens[$_ - 1]) !~ / ok user-$_\z/ } 1 .. 300;

    is("@wrong", '', "round $round: each is let in as who it is");
}

is(seen($tokens[299]), 'HIT ok user-300', 'the last one is there');
is(seen($tokens[0]), 'MISS ok user-1', 'the first one is gone');
is(seen($tokens[0]), 'HIT ok user-1', 'and comes again');

# what is longer than the longest value

{
    my $long = token(key => 'ed25519', claims => {
        'user.attributes' => { name => 'x' x 5000 } });
    my $longer = token(key => 'ed25519', claims => {
        'user.attributes' => { name => 'x' x 17000 } });

    is(seen($long), 'MISS ok user-123', 'a long token');
    is(seen($long), 'HIT ok user-123', 'is kept');

    $server->conf('', conf_with('64k', 'toucan_max_token_size 64k;'));
    reload();

    is(seen($longer), 'MISS ok user-123', 'one that is longer');
    is(seen($longer), 'MISS ok user-123', 'is not, and let in all the same');
}


# A reload with another size begins anew

sub conf_with {
    my ($size, $more) = @_;

    return <<"END";
        toucan_cache_zone tokens:$size;
        large_client_header_buffers 4 64k;
        server {
            listen 127.0.0.1:%port%;
            toucan_embed server;
            add_header X-Cache "\$toucan_cache_status" always;
            add_header X-Verdict "\$toucan_status|\$toucan_reason" always;
            location = /small {
                toucan "t";
                toucan_key_file gate.jwks;
                toucan_cache tokens;
                $more
                proxy_pass http://127.0.0.1:${\ $server->{upstream}->port };
            }
        }
END
}

sub reload {
    my ($before) = $server->workers;

    $server->signal('HUP');

    eventually('a reload', sub {
        my @now = $server->workers;
        return @now == 1 && $now[0] != $before;
    });
}

{
    my $token = token(key => 'ed25519');

    is(seen($token), 'MISS ok user-123', 'a token');
    $server->conf('', conf_with('64k', ''));
    reload();
    is(seen($token), 'HIT ok user-123', 'is there after a reload');
    $server->conf('', conf_with('1m', ''));
    reload();
    is(seen($token), 'MISS ok user-123', 'another size: an empty zone');
    is(seen($token), 'HIT ok user-123', 'that works');
}

is(scalar(() = $server->read('logs/error.log') =~ /\[(?:alert|crit|emerg)\]/g),
   0, 'nothing was wrong');
