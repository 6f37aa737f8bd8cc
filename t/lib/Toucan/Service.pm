# Owns: what the suites of the token service share: API keys and their file,
# keys to mint with, requests to endpoints, and the tokens that come back,
# opened by implementations that are not ours (Crypt::JWT, CryptX).

package Toucan::Service;

use strict;
use warnings;

use Digest::SHA ();
use Exporter qw(import);
use IO::Select ();
use IO::Socket::INET ();
use JSON::PP ();
use POSIX ();
use Test::More ();

use Crypt::AuthEnc::GCM ();
use Crypt::JWT ();
use Crypt::KeyDerivation ();
use Crypt::PRNG ();

use Toucan::Jwe ();
use Toucan::Server ();
use Toucan::Test ();

our @EXPORT = qw(
    api_key api_keys mint_keys master_key content_key utc
    service ask mint minted gated eventually by_all lacks
    peek opened opened_signed opened_encrypted
);

my $json = JSON::PP->new->canonical->ascii;

my %curve = (ES256 => 'P-256', ES384 => 'P-384', ES512 => 'P-521',
             ES256K => 'secp256k1');


=head1 KEYS

=head2 api_key(ID, MEMBERS)

An API key: a hash with C<id>, C<text> (the whole key, of a random secret) and
C<entry> (its member of the file).  MEMBERS change the entry (undef: without
it); without any it may mint, for the organization C<acme>, C<can_view> of
dashboards and C<can_query> of the assistant.  C<secret> and C<prefix> (of the
text) are no members of the entry.

    my $key = api_key('7f3a', roles => ['maker'], maxLifetime => 60);

=cut

sub api_key {
    my ($id, %o) = @_;

    my $secret = delete $o{secret} // Crypt::PRNG::random_bytes_b64u(32);
    my $prefix = delete $o{prefix}
                 // (($o{env} // '') eq 'sandbox' ? 'tk_test_' : 'tk_live_');
    my $text = "$prefix${id}_$secret";

    my $entry = {
        id => $id,
        sha256 => Digest::SHA::sha256_hex($text),
        scopes => ['mint'],
        organization => 'acme',
        permissions => { dashboard => ['can_view'], ai => ['can_query'] },
        %o,
    };

    delete @$entry{grep { !defined $entry->{$_} } keys %$entry};

    return { id => $id, text => $text, entry => $entry };
}


=head2 api_keys(KEY ...)

The text of the file of these keys; a KEY is what api_key() gave, or an entry.

=cut

sub api_keys {
    return Toucan::Test::to_json({keys => [map { $_->{entry} // $_ } @_]});
}


=head2 mint_keys(KEY ...)

The text of a file of keys to mint with: private halves, and master keys.  A KEY
is a name as of Toucan::Test, a list of a name and the members to change, or a
hash taken as it is, such as a master key.

    mint_keys('ed25519', ['ec256', alg => 'ES256'], $master)

=cut

sub mint_keys {
    return Toucan::Test::to_json({keys => [map {
        ref $_ eq 'HASH' ? $_ : Toucan::Jwe::jwk_private($_)
    } @_]});
}


=head2 master_key(KID, MEMBERS), content_key(MASTER, ID)

A master key as a hash, random unless C<k> says otherwise; the bytes of the
content key that it has for an API key's id: HKDF-SHA256 (RFC 5869) without
salt, by CryptX.

=cut

sub master_key {
    my ($kid, %o) = @_;

    my $jwk = { kty => 'oct', kid => $kid, key_ops => ['deriveKey'],
                k => Crypt::PRNG::random_bytes_b64u(32), %o };

    delete @$jwk{grep { !defined $jwk->{$_} } keys %$jwk};

    return $jwk;
}

sub content_key {
    my ($master, $id) = @_;

    return Crypt::KeyDerivation::hkdf(Toucan::Test::unb64u($master->{k}), '',
                                      'SHA256', 32, $id);
}


=head2 utc(SECONDS)

A time since the epoch as the API key file writes it.

=cut

sub utc {
    return POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $_[0]);
}


=head1 A SERVER

=head2 service(OPTIONS)

A Toucan::Server that mints at F</mint>, with a gate at F</t> for what was
minted; behind it, at C<%upstream%>, an nginx without the module, whose answer
tells what it sees.  F<logs/access.log> has a line of JSON for each request.

    api_keys => [KEY ...]       as of api_keys()
    mint_keys => [KEY ...]      as of mint_keys(); default ed25519
    keys => TEXT                the gate's; default public.jwks, and the
                                master keys among mint_keys
    workers => N                default 1
    mint => LINES               more in the location /mint
    gate => LINES               more in the location /t; an add_header there
                                takes away those of the server
    http => LINES, server => LINES      more at these levels
    log_level => NAME           default info
    files => {NAME => TEXT}

Its files are F<conf/api-keys.json>, F<conf/mint.jwks>, F<conf/gate.jwks>; they
may be written anew (C<$server-E<gt>write>).  Both locations declare the
attributes customerId (integer, column customer_id), name (string), admin
(boolean), region (strings) and years (integers).

=cut

sub service {
    my %o = @_;

    my @mint = @{$o{mint_keys} // ['ed25519']};
    my @masters = grep { ref $_ eq 'HASH' && ($_->{kty} // '') eq 'oct' }
                  @mint;

    my $gate = $o{keys} // $json->encode({keys => [
        @{$json->decode(Toucan::Test::key_text('public.jwks'))->{keys}},
        @masters,
    ]});

    my $workers = $o{workers} // 1;
    my $upstream = Toucan::Server->new(plain => 1, http => upstream_http());
    my $http = service_http(%o);
    $http =~ s/%upstream%/'127.0.0.1:' . $upstream->port/ge;

    my $server = Toucan::Server->new(
        main => "worker_processes $workers;",
        http => $http,
        files => {
            'conf/api-keys.json' => api_keys(@{$o{api_keys} // []}),
            'conf/mint.jwks' => mint_keys(@mint),
            'conf/gate.jwks' => $gate,
            %{$o{files} // {}},
        },
    );

    $server->{upstream} = $upstream;

    return $server;
}

sub service_http {
    my %o = (log_level => 'info',
             (map { $_ => '' } qw(http server mint gate)), @_);

    my $listen = ($o{workers} // 1) > 1 ? ' reuseport' : '';

    return <<"END";
    log_format all escape=json '{"uri":"\$request_uri","status":\$status,'
        '"reason":"\$toucan_reason","verdict":"\$toucan_status"}';
    error_log logs/error.log $o{log_level};

    toucan_issuer https://embed.example.com;
    toucan_audience toucan-embed;
    toucan_api_key_file api-keys.json;
    toucan_attribute customerId type=integer column=customer_id;
    toucan_attribute name type=string;
    toucan_attribute admin type=boolean;
    toucan_attribute region type=strings;
    toucan_attribute years type=integers;
    toucan_embed server component;
    toucan_origin https://app.acme.example https://other.acme.example;
    $o{http}

    server {
        listen 127.0.0.1:%port%$listen;
        access_log logs/access.log all;
        add_header X-Pid \$pid always;
        add_header X-Verdict "\$toucan_status|\$toucan_reason" always;
        $o{server}

        location = /mint {
            toucan_mint;
            toucan_mint_key_file mint.jwks;
            $o{mint}
        }

        location = /t {
            toucan "t";
            toucan_key_file gate.jwks;
            proxy_pass http://%upstream%;
            $o{gate}
        }
    }
END
}

sub upstream_http {
    return <<'END';
    server {
        listen 127.0.0.1:%port%;
        return 200 "id=$http_x_toucan_distinct_id
role=$http_x_toucan_role
organization=$http_x_toucan_organization
env=$http_x_toucan_env
jti=$http_x_toucan_token_id
expires=$http_x_toucan_expires
origin=$http_x_toucan_origin
permissions=$http_x_toucan_permissions
rls=$http_x_toucan_rls
customerId=$http_x_toucan_attr_customerid
name=$http_x_toucan_attr_name
admin=$http_x_toucan_attr_admin
region=$http_x_toucan_attr_region
years=$http_x_toucan_attr_years
";
    }
END
}


=head1 REQUESTS

=head2 ask(SERVER, REQUEST, HEADERS, BODY, OPTIONS)

One request on a connection of its own; REQUEST is C<POST /mint>, HEADERS are
lines.  Host, Connection and, with a body, Content-Length are added.  With
C<chunked =E<gt> N> the body goes in chunks of N bytes; with C<length =E<gt> N>
the header says so; with C<raw =E<gt> 1> none is added.  The answer is a hash:

    status, head, body      as they came
    header                  {lower-cased name => [values]}
    json                    the body, when it is JSON
    code, field             its members
    reason, verdict, pid    of X-Verdict and X-Pid

=cut

sub ask {
    my ($server, $request, $headers, $body, %o) = @_;

    my $port = $o{port} // (ref $server ? $server->port : $server);

    my $sock = Toucan::Server::connection($port)
        or return answer('');

    $headers //= '';
    $headers =~ s/\s+\z//;
    $headers =~ s/\r?\n/\r\n/g;
    $headers .= "\r\n" if length $headers;

    if ($o{chunked}) {
        $headers .= "Transfer-Encoding: chunked\r\n";
        $body = join '', (map { sprintf "%x\r\n%s\r\n", length, $_ }
                          unpack "(a$o{chunked})*", $body), "0\r\n\r\n";

    } elsif (defined $body && !$o{raw}) {
        $headers .= 'Content-Length: ' . ($o{length} // length $body)
                    . "\r\n";
    }

    local $SIG{PIPE} = 'IGNORE';

    print $sock "$request HTTP/1.1\r\nHost: localhost\r\n"
                . "Connection: close\r\n$headers\r\n" . ($body // '');
    $sock->flush;

    my $text = '';
    my $select = IO::Select->new($sock);

    while ($select->can_read(10)) {
        last if !sysread $sock, $text, 65536, length $text;
    }

    return answer($text);
}

sub answer {
    my $text = shift;

    my ($head, $body) = split /\r\n\r\n/, $text, 2;
    my ($status) = ($head // '') =~ m{^HTTP/1\.1 (\d+)};
    my %header;

    while (($head // '') =~ /^([^:\r\n]+): ?([^\r\n]*)\r?$/mg) {
        push @{$header{lc $1}}, $2;
    }

    my $data = eval { $json->decode($body // '') };
    my ($verdict, $reason) = split /\|/, $header{'x-verdict'}[0] // '', -1;

    return {
        status => $status // 0, head => $head // '', body => $body // '',
        header => \%header, json => $data,
        code => ref $data eq 'HASH' ? $data->{code} // '' : '',
        field => ref $data eq 'HASH' ? $data->{field} : undef,
        verdict => $verdict // '', reason => $reason // '',
        pid => $header{'x-pid'}[0] // 0,
    };
}


=head2 mint(SERVER, KEY, BODY, OPTIONS)

C<POST /mint> with an API key (as of api_key(), its text, or undef); BODY is a
hash, a text, or undef for C<{"user":{"distinctId":"user-123","role":
"explorer"}}>.  Options of ask(), and C<path>, C<headers> (more lines), C<type>
(the media type).

=head2 minted(SERVER, KEY, BODY, OPTIONS)

The token of such an answer; a failed check and undef when there is none.

=cut

sub mint {
    my ($server, $key, $body, %o) = @_;

    my $path = delete $o{path} // '/mint';
    my $type = delete $o{type} // 'application/json';

    $body //= { user => { distinctId => 'user-123', role => 'explorer' } };
    $body = Toucan::Test::to_json($body) if ref $body;
    $key = $key->{text} if ref $key;

    my $headers = join "\n", "Content-Type: $type",
                             defined $key ? "X-API-Key: $key" : (),
                             delete $o{headers} // ();

    return ask($server, "POST $path", $headers, $body, %o);
}

sub minted {
    my $answer = mint(@_);

    return $answer->{json}{token} if $answer->{status} == 200;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    Test::More::fail('a token is minted');
    Test::More::diag("$answer->{status} $answer->{body}");

    return undef;
}


=head2 gated(SERVER, TOKEN, HEADERS, OPTIONS)

C<GET /t> (C<path>) with the token; C<sees> of the answer is a hash of what the
upstream saw, C<reason> is C<ok> when it was let in.

=cut

sub gated {
    my ($server, $token, $headers, %o) = @_;

    my $path = delete $o{path} // '/t';
    my $answer = ask($server, "GET $path",
                     join("\n", "Authorization: Bearer " . ($token // ''),
                                $headers // ()), undef, %o);

    if ($answer->{verdict} eq 'PASSED') {
        $answer->{reason} = 'ok';
        $answer->{sees} = { $answer->{body} =~ /^(\w+)=(.*)$/mg };
    }

    return $answer;
}


=head2 eventually(WHAT, CODE, SECONDS)

Calls CODE until it returns true; the check fails when it does not in so many
seconds (20).

=head2 by_all(SERVER, WHAT, CODE, WANT)

Until every worker has answered so, three times in a row: CODE returns the
answer of ask() and the like, and what to compare with WANT.

    by_all($server, 'it is gone', sub {
        my $answer = gated($server, $token);
        return ($answer, $answer->{reason});
    }, 'key_not_found');

=cut

=head2 lacks(TEXT, PATTERN, NAME)

A check that the text, which may be long, has nothing of the pattern.

=cut

sub lacks {
    my ($text, $pattern, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return Test::More::pass($name) if $text !~ /^(.*(?:$pattern).*)$/m;

    Test::More::fail($name);
    Test::More::diag(substr $1, 0, 500);

    return 0;
}


sub eventually {
    my ($what, $code, $seconds) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $end = time + ($seconds // 20);

    do {
        return Test::More::pass($what) if $code->();
        select undef, undef, undef, 0.02;
    } while (time < $end);

    return Test::More::fail($what);
}

sub by_all {
    my ($server, $what, $code, $want) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my %seen;

    return eventually($what, sub {
        my ($answer, $is) = $code->();
        my $pid = $answer->{pid};

        $seen{$pid} = ($is // '') eq $want ? ($seen{$pid} // 0) + 1 : 0;

        my @now = $server->workers;

        return @now && !grep { ($seen{$_} // 0) < 3 } @now;
    });
}


=head1 TOKENS

=head2 peek(TOKEN)

The header of a token, unverified, and of a signed one the claims.

=cut

sub peek {
    my @parts = split /\./, shift // '', -1;

    return map { eval { $json->decode(Toucan::Test::unb64u($_)) } // {} }
           @parts == 3 ? @parts[0, 1] : $parts[0];
}


=head2 opened(TOKEN, KEY [, ID])

The claims, or undef where the token does not verify: with the KEY of this name,
or a master key's content key for the API key of this id.  opened_signed(TOKEN,
NAME) and opened_encrypted(TOKEN, BYTES) do one of them; the latter refuses
whatever is not C<dir> with C<A256GCM>.

=cut

sub opened {
    my ($token, $key, $id) = @_;

    return ref $key ? opened_encrypted($token, content_key($key, $id))
                    : opened_signed($token, $key);
}

sub opened_signed {
    my ($token, $name) = @_;

    my ($header) = peek($token);
    my $alg = $header->{alg} // '';

    return opened_ed448($token) if $name eq 'ed448';

    my $jwk = Toucan::Test::jwk_public($name);
    my $key = $jwk->{kty} eq 'oct' ? Toucan::Test::unb64u($jwk->{k})
            : do { my $pem = Toucan::Test::key_text("$name.pub.pem"); \$pem };

    # where one may differ from the key, it is the key's

    return undef if $curve{$alg} && $curve{$alg} ne ($jwk->{crv} // '');

    my $claims = eval {
        Crypt::JWT::decode_jwt(token => $token, key => $key,
                               accepted_alg => $alg, decode_payload => 0);
    };

    return defined $claims ? $json->decode($claims) : undef;
}

# Crypt::JWT of Debian 12 has no Ed448

sub opened_ed448 {
    my $token = shift;

    my ($header, $claims) = peek($token);
    my ($input, $sig) = $token =~ /^(.*)\.([^.]*)$/;

    return undef if ($header->{alg} // '') ne 'EdDSA';

    my $dir = File::Temp->newdir('toucan-ed448-XXXXXX', TMPDIR => 1);

    Toucan::Test::spew("$dir/in", $input);
    Toucan::Test::spew("$dir/sig", Toucan::Test::unb64u($sig));
    Toucan::Test::spew("$dir/key", Toucan::Test::key_text('ed448.pub.pem'));

    my $out = qx(openssl pkeyutl -verify -rawin -pubin -inkey $dir/key \\
                 -in $dir/in -sigfile $dir/sig 2>&1);

    return $? == 0 ? $claims : undef;
}

sub opened_encrypted {
    my ($token, $key) = @_;

    my ($head, $encrypted, $iv, $text, $tag) = split /\./, $token // '', -1;
    my ($header) = peek($token);

    return undef if !defined $tag || length $encrypted
                    || ($header->{alg} // '') ne 'dir'
                    || ($header->{enc} // '') ne 'A256GCM';

    my @parts = map { Toucan::Test::unb64u($_) } $iv, $text, $tag;

    return undef if length $parts[0] != 12 || length $parts[2] != 16;

    my $claims = Crypt::AuthEnc::GCM::gcm_decrypt_verify(
        'AES', $key, $parts[0], $head, $parts[1], $parts[2]);

    return defined $claims ? $json->decode($claims) : undef;
}


1;
