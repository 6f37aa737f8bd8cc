# Owns: what is timed in `make bench': the tokens, the servers with and without
# a gate, the rows that ask them, and a look at whether they do what they
# should.

package Toucan::Bench::Gate;

use strict;
use warnings;

use Digest::SHA ();
use Exporter qw(import);
use File::Path qw(make_path);

use Toucan::Bench qw(root slurp run nginx get);

our @EXPORT_OK = qw(
    @algs $count $origin make_tokens key_files module has_cache
    backend plain gated to_backend
    open_row token_row gate_rows forged_rows look_known
);

our @algs = qw(HS256 RS256 ES256 EdDSA A256GCM);
our $count = 20_000;
our $origin = 'https://app.acme.example';

my %spoken = (A256GCM => 'JWE dir + A256GCM');
my $argument = '?dashboard=sales';
my $tokens = root() . '/build/bench/tokens.d';
my $api_key = 'tk_live_bench_' . 'k' x 40;


=head1 TOKENS AND KEYS

=head2 make_tokens()

C<$count> of each kind, and one more that will be revoked.

=head2 key_files()

What the servers verify with, for nginx() of Toucan::Bench.

=cut

sub make_tokens {
    make_path($tokens);

    my ($log, $ok) = run(root() . '/build/bench/tokens',
                         '--count', $count + 1, $tokens);
    die "tokens: $log\n" if !$ok;
}

sub key_files {
    my $sha = Digest::SHA::sha256_hex($api_key);

    return {
        'api-keys.json' => qq({"keys":[{"id":"bench","sha256":"$sha",)
                           . '"scopes":["revoke"]}]}',
        map { $_ => slurp("$tokens/$_") }
            qw(keys.jwks HS256.hex RS256.pem ES256.pem EdDSA.pem),
    };
}

sub token_at {
    my ($alg, $n) = @_;

    open my $in, '<', "$tokens/$alg.tokens" or die "$alg: $!\n";
    my $token;
    $token = <$in> for 0 .. $n;
    chomp $token;

    return $token;
}


=head1 SERVERS

=head2 module(), has_cache()

The module that was built; whether it knows a cache of tokens.

=head2 backend(), plain(BACKEND, OPTIONS), gated(BACKEND, OPTIONS)

An upstream; an nginx without the module; one with it, with 5,001 revocations,
that was looked at.  Options are those of nginx() of Toucan::Bench, and of
gated() C<module>.

=head2 to_backend(PORT)

Lines of http{} for C<proxy_pass http://backend> over kept connections.

=cut

sub module { return root() . '/build/ngx_toucan_module.so' }

sub has_cache { return slurp(module()) =~ /toucan_cache_zone/ }

sub to_backend {
    my $port = shift;

    return <<"END";
    upstream backend { server 127.0.0.1:$port; }
    upstream kept { server 127.0.0.1:$port; keepalive 64; }
END
}

# What it says is what the gate has set, so that it can be looked at.

sub backend {
    my $seen = join '|', map { "\$http_x_toucan_$_" }
        qw(distinct_id role organization env token_id expires kind origin
           permissions attr_customerid rls);

    return nginx(core => 1, files => { 'rows.json' => rows() },
                 http => <<"END");
    server {
        listen 127.0.0.1:%port% backlog=1024;
        open_file_cache max=4;
        location / { return 200 "$seen"; }
        location = /rows { alias %prefix%/conf/rows.json; }
    }
END
}

# What a chart is drawn from: 16 kB.

sub rows {
    my $row = '{"day":"2026-01-01","region":"north","orders":1042,'
              . '"revenue":18734.20},';

    return substr '[' . $row x 300, 0, 16384;
}

# Locations NAME, up-NAME, rows-NAME: with empty_gif; with an upstream as nginx
# has it by default, a connection for each request; with one whose connections
# are kept, and 16 kB for an answer.

sub both {
    my ($name, $lines) = @_;

    return <<"END";
        location = /$name { $lines empty_gif; }
        location = /up-$name { $lines proxy_pass http://backend; }
        location = /rows-$name {
            $lines
            proxy_pass http://kept/rows;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }
END
}

# Its locations NAME-set hand the backend what a gate would, without one.

sub plain {
    my ($backend, %o) = @_;

    my %set = (
        Distinct_Id => 'user-000007', Role => 'explorer',
        Organization => 'acme', Env => 'live', Token_Id => '01JG7ZK4M8-000007',
        Expires => '1767268800', Kind => 'component', Origin => $origin,
        Permissions => 'ai:can_query dashboard:can_view',
        Attr_CustomerId => '1007', Rls => '{"customer_id":1007}');

    my $set = join "\n", 'proxy_set_header Authorization "";',
        map { (my $name = $_) =~ tr/_/-/;
              "proxy_set_header X-Toucan-$name '$set{$_}';" } sort keys %set;

    return nginx(%o, http => to_backend($backend->{port}) . <<"END");
    server {
        listen 127.0.0.1:%port% backlog=1024;
@{[both('open', ''), both('set', $set)]}
    }
END
}

# Everything on: place, identity, permission for an object, revocations,
# eleven headers, CORS.  Each algorithm has a cache for its 20,000 tokens.

sub gated_http {
    my $backend = shift;

    my ($zones, $known) = ('', '');

    for (has_cache() ? @algs : ()) {
        $zones .= "    toucan_cache_zone $_:64m;\n";
        $known .= both("known-$_", qq(toucan "bench"; toucan_cache $_;))
                  . <<"END";
        location = /look-$_ {
            toucan "bench";
            toucan_cache $_;
            add_header X-Cache \$toucan_cache_status;
            proxy_pass http://backend;
        }
END
    }

    return to_backend($backend->{port}) . <<"END";
$zones
    toucan_revocation_zone revoked:8m;
    server {
        listen 127.0.0.1:%port% backlog=1024;

        toucan_key_file keys.jwks;
        toucan_issuer https://embed.example.com;
        toucan_audience toucan-embed;
        toucan_max_lifetime 12h;
        toucan_attribute customerId type=integer required column=customer_id;
        toucan_permission dashboard can_view \$arg_dashboard;
        toucan_embed component;
        toucan_origin https://app.acme.example https://*.acme.example;
        toucan_revocation revoked;

@{[both('off', 'toucan off;')]}
@{[both('new', 'toucan "bench";')]}
$known
        location = /least {
            toucan "bench";
            toucan_attribute customerId;
            toucan_permission dashboard can_view;
            toucan_revocation off;
            toucan_cors off;
            toucan_frame_ancestors off;
            empty_gif;
        }
        location = /revoke {
            toucan_revoke;
            toucan_api_key_file api-keys.json;
        }
    }
END
}

sub gated {
    my ($backend, %o) = @_;

    my $module = delete $o{module} // module();
    my $server = nginx(%o, main => "load_module $module;",
                       http => gated_http($backend), files => key_files());

    revoke($server);
    look($server);

    return $server;
}

# Revocations of every kind, none of which names a token but the last's.

sub revoke {
    my $server = shift;

    for my $n (1 .. 1000, undef) {
        my $body = defined $n
            ? qq({"jti":"no-$n","sid":"no-$n","distinctId":"no-$n",)
              . qq("organization":"no-$n","clientId":"no-$n"})
            : sprintf '{"jti":"01JG7ZK4M8-%06d"}', $count;

        my $answer = get($server->{port}, '/revoke',
            ["X-API-Key: $api_key", 'Content-Type: application/json'],
            method => 'POST', body => $body);

        die "revoke: $answer->{status} $answer->{body}\n"
            if $answer->{status} != 204;
    }
}

sub asked {
    my ($server, $path, $alg, $n) = @_;

    return get($server->{port}, "$path$argument",
               ["Origin: $origin",
                'Authorization: Bearer ' . token_at($alg, $n)]);
}

# What is timed does what it should: headers, CORS, a revoked token.

sub look {
    my $server = shift;

    my $want = join '\|', 'user-000007', 'explorer', 'acme', 'live',
        '01JG7ZK4M8-000007', '\d+', 'component', quotemeta $origin,
        'ai:can_query dashboard:can_view', '1007', '\{"customer_id":1007\}';

    for my $alg (@algs) {
        for my $path ('/up-new', has_cache() ? "/up-known-$alg" : ()) {
            my $good = asked($server, $path, $alg, 7);

            die "$path, $alg: $good->{status} $good->{body}\n"
                if $good->{status} != 200 || $good->{body} !~ /\A$want\z/
                   || $good->{head}
                      !~ /^Access-Control-Allow-Origin: \Q$origin\E\r?$/mi;

            my $last = asked($server, $path, $alg, $count);

            die "$path, $alg: a revoked token is answered $last->{status}\n"
                if $last->{status} != 401
                   || $last->{body} !~ /TOKEN_REVOKED/;
        }
    }
}


=head1 ROWS

A row is a hash: C<name>, C<server> (whose worker is timed), C<path>, C<tokens>,
and if need be C<status> of a right answer, C<beside> (pids that serve, too),
C<known> (the algorithm of tokens that are cached), C<forged> (tokens that must
be refused).

=head2 open_row(SERVER, NAME, PATH, ALG), token_row(SERVER, NAME, PATH, ALG, MORE)

One without a gate, and one with; the tokens of an algorithm, for the first
HS256's.

=head2 gate_rows(SERVER, UP, ALG ...), forged_rows(SERVER)

Known and new tokens; UP is C<up-> with an upstream.

=head2 look_known(ROW)

Dies unless tokens all over the file are in the cache.

=cut

sub open_row {
    my ($server, $name, $path, $alg) = @_;

    $alg //= 'HS256';

    return { name => $name, server => $server, path => "$path$argument",
             tokens => "$tokens/$alg.tokens", open => 1, alg => $alg };
}

sub token_row {
    my ($server, $name, $path, $alg, %more) = @_;

    my $forged = "$tokens/$alg-forged.tokens";

    return { name => $name . ', ' . ($spoken{$alg} // $alg),
             server => $server, path => "$path$argument",
             tokens => "$tokens/$alg.tokens", alg => $alg,
             -e $forged ? (forged => $forged) : (), %more };
}

sub gate_rows {
    my ($server, $up, @which) = @_;

    return (map { token_row($server, 'known token', "/${up}known-$_", $_,
                            known => $_) } has_cache() ? @which : ()),
           (map { token_row($server, 'new token', "/${up}new", $_) } @which);
}

sub forged_rows {
    my $server = shift;

    return map {
        { name => "forged, $_->[0]", server => $server,
          path => "/new$argument", status => 401, alg => $_->[1],
          tokens => "$tokens/$_->[1]-forged.tokens" }
    } ['HS256', 'HS256'], ['RS256', 'RS256'], ['unknown kid', 'kid'];
}

sub look_known {
    my $row = shift;

    for my $n (map({ $_ * $count / 20 } 0 .. 19), $count - 1) {
        my $answer = asked($row->{server}, "/look-$row->{known}",
                           $row->{known}, $n);
        my ($cache) = $answer->{head} =~ /^X-Cache: (\w+)/mi;

        $cache //= "no token, $answer->{status}";
        die "$row->{name}: token $n is $cache\n" if $cache ne 'HIT';
    }
}


1;
