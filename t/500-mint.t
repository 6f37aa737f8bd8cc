# A token for a user, made for an API key: the answer, the claims, the keys that
# sign, the defaults, and that what was asked for is what the gate passes on.

use strict;
use warnings;

use lib 't/lib';
use Toucan::Test;
use Toucan::Service;

plan('no_plan');

my $full = api_key('7f3a',
    roles => ['explorer', 'maker'],
    permissions => { dashboard => ['can_view'], ai => ['can_query'] },
);
my $plain = api_key('plain', permissions => undef, organization => undef);
my $editor = api_key('editor', permissions => { dashboard => 'can_edit' });
my $bound = api_key('bound', origins => ['https://app.acme.example',
                                         'https://other.acme.example']);
my $brief = api_key('brief', maxLifetime => 300);
my $soon = api_key('soon', notAfter => utc(time + 400));

my $server = service(
    api_keys => [$full, $plain, $editor, $bound, $brief, $soon],
    mint_keys => ['ed25519', 'ec256'],
    http => 'toucan_max_lifetime 2h;',
    server => <<'END',
        add_header X-Vars $toucan_distinct_id:$toucan_role:$toucan_attr_name;
        add_header X-More $toucan_attr_region:$toucan_sid;
        add_header X-Claim $toucan_claim_user__distinctId;

        location = /long {
            toucan_mint;
            toucan_mint_key_file mint.jwks;
            toucan_mint_lifetime 90m;
        }
        location = /day {
            toucan_mint;
            toucan_mint_key_file mint.jwks;
            toucan_max_lifetime 0;
            toucan_max_session 1d;
            toucan_mint_lifetime 1d;
        }
        location = /any {
            toucan_mint;
            toucan_mint_key_file mint.jwks;
            toucan_roles any;
        }
        location = /any-t {
            toucan "t";
            toucan_key_file gate.jwks;
            toucan_roles any;
            proxy_pass http://%upstream%;
        }
END
);

sub body {
    my %o = @_;

    return { user => { distinctId => 'user-123', role => 'explorer' }, %o };
}

sub user {
    return body(user => { distinctId => 'user-123', role => 'explorer', @_ });
}


# The answer, member by member

{
    my $begin = time;
    my $answer = mint($server, $full, {
        user => { distinctId => 'user-123', role => 'maker',
                  attributes => { customerId => 42, admin => JSON::PP::true,
                                  name => 'Ann', region => ['north', 'west'],
                                  years => [2024, -1] } },
        permissions => { dashboard => ['can_view'], ai => 'can_query' },
        resources => [{ type => 'dashboard', id => 'sales',
                        actions => ['can_view'] }],
        origins => ['https://app.acme.example'],
        expiresIn => 900,
    });
    my $end = time;
    my $got = $answer->{json};

    is($answer->{status}, 200, 'a token is made') or diag($answer->{body});
    is($answer->{verdict}, 'PASSED', 'it says so');
    is($answer->{reason}, '', 'for no reason');
    is_deeply($answer->{header}{'content-type'}, ['application/json'],
              'the media type');
    is_deeply($answer->{header}{'cache-control'}, ['no-store'],
              'no cache keeps it');
    is_deeply($answer->{header}{'content-length'}, [length $answer->{body}],
              'the length');
    is(join(' ', sort keys %$got),
       'env expiresAt expiresIn expiresInSeconds jti refreshAfter sessionId '
       . 'token tokenType', 'the members');

    my ($header) = peek($got->{token});
    my $claims = opened($got->{token}, 'ed25519');
    my $iat = $claims->{iat};

    is_deeply($header, { alg => 'EdDSA', kid => 'ed25519', typ => 'JWT' },
              'the token\'s header');
    ok($begin <= $iat && $iat <= $end, 'it begins now');

    is_deeply($claims, {
        iss => 'https://embed.example.com', aud => 'toucan-embed',
        sub => 'user-123', jti => $got->{jti}, sid => $got->{sessionId},
        iat => $iat, nbf => $iat, exp => $iat + 900, auth_time => $iat,
        organization => 'acme', env => 'live', client_id => '7f3a',
        user => { distinctId => 'user-123', role => 'maker',
                  attributes => { customerId => 42, admin => JSON::PP::true,
                                  name => 'Ann', region => ['north', 'west'],
                                  years => [2024, -1] } },
        permissions => { dashboard => ['can_view'], ai => 'can_query' },
        resources => [{ type => 'dashboard', id => 'sales',
                        actions => ['can_view'] }],
        origins => ['https://app.acme.example'],
    }, 'the claims');

    is($got->{expiresIn}, '15m', 'expiresIn');
    is($got->{expiresInSeconds}, 900, 'expiresInSeconds');
    is($got->{expiresAt}, $iat + 900, 'expiresAt');
    is($got->{refreshAfter}, $iat + 720, 'refreshAfter');
    is($got->{tokenType}, 'Bearer', 'tokenType');
    is($got->{env}, 'live', 'env');
    like($answer->{body}, qr/"expiresInSeconds":900,"expiresAt":\d+,/,
         'numbers are numbers');
    unlike($answer->{head}, qr/^(?:Access-Control|Set-Cookie|X-Toucan)/mi,
           'no more headers than these');

    my $sees = gated($server, $got->{token},
                     'Origin: https://app.acme.example')->{sees};

    is_deeply($sees, {
        id => 'user-123', role => 'maker', organization => 'acme',
        env => 'live', jti => $got->{jti}, expires => $iat + 900,
        origin => 'https://app.acme.example',
        permissions => 'ai:can_query dashboard:can_view',
        rls => '{"customer_id":42}', customerId => 42, name => 'Ann',
        admin => 'true', region => 'north,west', years => '2024,-1',
    }, 'what the gate passes on');

    is(gated($server, $got->{token},
             'Origin: https://other.acme.example')->{reason},
       'token_origin_denied', 'and its origins bind');
}


# Each kind of key, and which key of a file

sub algorithm {
    my ($alg, $key, $name) = @_;

    ($name) = ref $key ? $key->[0] : $key if !defined $name;

    my $minter = service(api_keys => [$full], mint_keys => [$key],
                         keys => jwks_public($key));
    my $token = minted($minter, $full) // return;
    my ($header) = peek($token);

    is($header->{alg}, $alg, "$alg: the header");
    is(opened($token, $name)->{sub} // '', 'user-123', "$alg: it verifies");
    is(opened(tampered($token), $name), undef, "$alg: and not another");
    is(gated($minter, $token)->{reason}, 'ok', "$alg: a gate takes it");
    is(gated($minter, tampered($token))->{reason}, 'bad_signature',
       "$alg: and not another");
}

algorithm(@$_) for
    ['EdDSA', 'ed25519'], ['EdDSA', 'ed448'],
    ['ES256', 'ec256'], ['ES384', 'ec384'], ['ES512', 'ec521'],
    ['ES256K', 'ec256k'],
    ['RS256', 'rsa1'],
    (map { [$_, ['rsa1', alg => $_]] }
     qw(RS256 RS384 RS512 PS256 PS384 PS512)),
    ['HS256', ['oct256', alg => 'HS256']],
    ['HS384', ['oct384', alg => 'HS384']],
    ['HS512', ['oct512', alg => 'HS512']];

{
    my $token = minted($server, $full);
    my ($header) = peek($token);
    is($header->{kid}, 'ed25519', 'of two keys, the first signs');

    my $other = service(
        api_keys => [$full], mint_keys => ['ec256', 'ed25519'],
        keys => jwks_public('ed25519'),
    );
    $token = minted($other, $full);
    ($header) = peek($token);
    is($header->{kid}, 'ec256', 'the other way round, the other');
    is(gated($other, $token)->{reason}, 'key_not_found',
       'a gate that has not this one refuses');

    $other->write('conf/mint.jwks', mint_keys('ed25519', 'ec256'));
    eventually('the order of a changed file is taken over', sub {
        ($header) = peek(mint($other, $full)->{json}{token});
        return $header->{kid} eq 'ed25519';
    });
    is(gated($other, minted($other, $full))->{reason}, 'ok',
       'a control: which the gate has');

    $other = service(api_keys => [$full],
                     mint_keys => [['ec256', kid => undef]],
                     keys => jwks_public('ec256'));
    $token = minted($other, $full);
    ($header) = peek($token);
    is_deeply($header, { alg => 'ES256', typ => 'JWT' },
              'a key without a kid names none');
    is(opened($token, 'ec256')->{sub}, 'user-123', 'and signs');
}


# What the key gives where the request asks for nothing, and for less

sub claims_of {
    my ($key, $body, %o) = @_;

    my $token = minted($server, $key, $body, %o);

    return (opened($token // '', 'ed25519') // {}, $token);
}

for my $case (
    ['nothing', $full, {}, { dashboard => ['can_view'],
                             ai => ['can_query'] }],
    ['less', $full, { ai => ['can_query'] }, { ai => ['can_query'] }],
    ['as a string', $full, { ai => 'can_query' }, { ai => 'can_query' }],
    ['no action', $full, { ai => [] }, { ai => [] }],
    ['none', $full, undef, {}],
    ['can_view of can_edit', $editor, { dashboard => ['can_view'] },
     { dashboard => ['can_view'] }],
    ['what the key says', $editor, {}, { dashboard => 'can_edit' }],
)
{
    my ($name, $key, $ask, $want) = @$case;
    my %asked = !defined $ask ? (permissions => {})
              : %$ask ? (permissions => $ask) : ();
    my ($claims) = claims_of($key, body(%asked));

    is_deeply($claims->{permissions}, $want, "permissions, asked: $name");
}

{
    my ($claims, $token) = claims_of($plain, body());

    is(join(' ', sort keys %$claims),
       'aud auth_time client_id env exp iat iss jti nbf sid sub user',
       'a key that gives nothing: no permissions, organization, origins');
    is(gated($server, $token)->{sees}{permissions}, '', 'and none they are');
    is(gated($server, $token)->{sees}{organization}, '', 'nor one');

    ($claims) = claims_of($bound, body());
    is_deeply($claims->{origins}, $bound->{entry}{origins},
              'the origins of the key');
    ($claims, $token) = claims_of($bound,
                                  body(origins => ['HTTPS://App.Acme.'
                                                   . 'Example:443']));
    is(scalar @{$claims->{origins}}, 1, 'or one of them, however it is '
       . 'written');
    is(gated($server, $token, 'Origin: https://app.acme.example')->{reason},
       'ok', 'which binds: here');
    is(gated($server, $token, 'Origin: https://other.acme.example')->{reason},
       'token_origin_denied', 'which binds: not there');
    ($claims) = claims_of($bound, body(origins => []));
    is_deeply($claims->{origins}, [], 'or none of them');
    ($claims) = claims_of($full, body(origins => ['https://x.example']));
    is_deeply($claims->{origins}, ['https://x.example'],
              'any, where the key names none');

    ($claims) = claims_of($full, body(resources => []));
    is_deeply($claims->{resources}, [], 'a list of no objects stays one');

    ($claims, $token) = claims_of($plain, { user => { distinctId => 'u' } },
                                  path => '/any');
    is_deeply($claims->{user}, { distinctId => 'u' },
              'no role, where none is needed');
    is(gated($server, $token)->{reason}, 'role_denied',
       'it does not pass a gate that needs one');
    is(gated($server, $token, '', path => '/any-t')->{reason}, 'ok',
       'a control: it does pass one that does not');
}


# Lifetimes

for my $case (
    ['the usual', '/mint', $full, undef, 900, '15m'],
    ['asked', '/mint', $full, 60, 60, '1m'],
    ['one second', '/mint', $full, 1, 1, '1s'],
    ['no whole minutes', '/mint', $full, 90, 90, '90s'],
    ['an hour', '/mint', $full, 3600, 3600, '1h'],
    ['as long as may be', '/mint', $full, 7200, 7200, '2h'],
    ['of the location', '/long', $full, undef, 5400, '90m'],
    ['asked there', '/long', $full, 7, 7, '7s'],
    ['of a location without a limit', '/day', $full, undef, 86400, '24h'],
    ['asked there', '/day', $full, 86399, 86399, '86399s'],
    ['the key shortens the usual', '/mint', $brief, undef, 300, '5m'],
    ['as long as the key may', '/mint', $brief, 300, 300, '5m'],
    ['less', '/mint', $brief, 299, 299, '299s'],
    ['shorter than the key', '/mint', $soon, 30, 30, '30s'],
)
{
    my ($name, $path, $key, $asked, $want, $text) = @$case;
    my $answer = mint($server, $key,
                      body($asked ? (expiresIn => $asked) : ()),
                      path => $path);
    my $got = $answer->{json};
    my $claims = opened($got->{token}, 'ed25519') // {};

    is(($claims->{exp} // 0) - ($claims->{iat} // 0), $want,
       "lifetime, $name: of the token");
    is("$got->{expiresInSeconds} $got->{expiresIn}", "$want $text",
       "lifetime, $name: of the answer");
    is($got->{expiresAt} - $got->{refreshAfter}, int(($want + 4) / 5),
       "lifetime, $name: a fifth is left for the refresh");
}

{
    my ($claims) = claims_of($soon, body());
    ok($claims->{exp} - time <= 400 && $claims->{exp} - time > 300,
       'no token outlives its API key');
    is(utc($claims->{exp}), $soon->{entry}{notAfter},
       'it ends with it, to the second');
}


# Identifiers

{
    my (%jti, %sid, %ones, $bad);

    for (1 .. 300) {
        my $got = mint($server, $full)->{json};

        $jti{$got->{jti}}++;
        $sid{$got->{sessionId}}++;

        for my $name (qw(jti sessionId)) {
            my $id = $got->{$name};

            $bad .= "$id\n" if $id !~ /^[\w-]{22}\z/
                               || length unb64u($id) != 16;
            my @bits = split //, unpack 'B128', unb64u($id);
            $ones{$name}[$_] += $bits[$_] for 0 .. 127;
        }
    }

    is(scalar keys %jti, 300, 'three hundred jti differ');
    is(scalar keys %sid, 300, 'three hundred sid differ');
    is(scalar(grep { $sid{$_} } keys %jti), 0, 'and the ones from the others');
    is($bad, undef, 'each is 128 bits in base64url');

    # 8 standard deviations from the half
    for my $name (qw(jti sessionId)) {
        is(scalar(grep { $_ < 80 || $_ > 220 } @{$ones{$name}}), 0,
           "$name: each bit is as often 0 as 1");
    }
}


# What is said arrives

sub encoded {
    my $text = shift;

    utf8::encode($text);
    $text =~ s/([^ -~]|%)/sprintf '%%%02X', ord $1/ge;

    return $text;
}

for my $case (
    ['accents', "Ren\x{e9}e O'Brien-M\x{fc}ller"],
    ['other scripts', "\x{6771}\x{4eac}\x{3000}\x{645}\x{631}\x{62d}"],
    ['beyond the first plane', "\x{1f426}\x{10ffff}"],
    ['quotes and backslashes', q("a" 'b' \\c \\" \\u0041 {}[]:,)],
    ['control characters', "a\r\nX-Toucan-Role: maker\tb\x01\x1f\x7f"],
    ['percents', '100% %41 %0d%0a %25 %'],
    ['spaces around', '  a  '],
    ['delimiters', 'a,b;c|d=e&f?g#h'],
    ['variables', '$uri ${uri} $toucan_role'],
    ['as long as may be', 'x' x 256],
    ['two bytes each', "\x{e9}" x 128],
)
{
    my ($name, $text) = @$case;
    my $token = minted($server, $full, {
        user => { distinctId => $text, role => 'explorer',
                  attributes => { name => $text,
                                  region => [$text, 'x', $text] } },
    }) // next;
    my $claims = opened($token, 'ed25519');

    is($claims->{sub}, $text, "$name: sub");
    is_deeply($claims->{user}, {
        distinctId => $text, role => 'explorer',
        attributes => { name => $text, region => [$text, 'x', $text] },
    }, "$name: user");

    my $answer = gated($server, $token);
    my $is = encoded($text);
    (my $in_list = $is) =~ s/,/%2C/g;

    # a header's value has no blanks at its ends

    for ($is, $in_list) {
        s/^ /%20/;
        s/ \z/%20/;
    }

    is($answer->{sees}{id}, $is, "$name: X-Toucan-Distinct-Id");
    is($answer->{sees}{name}, $is, "$name: X-Toucan-Attr-name");
    is($answer->{sees}{region}, "$in_list,x,$in_list",
       "$name: X-Toucan-Attr-region");
    is($answer->{sees}{role}, 'explorer', "$name: X-Toucan-Role");
    is_deeply($answer->{header}{'x-vars'}, ["$is:explorer:$is"],
              "$name: variables of both");
    is_deeply($answer->{header}{'x-more'},
              ["$in_list,x,$in_list:$claims->{sid}"],
              "$name: the list, and the session");
    is_deeply($answer->{header}{'x-claim'}, [$is], "$name: the claim");
}


# Where the API key may be, and how the request may be written

for my $case (
    ['X-API-Key', "X-API-Key: $full->{text}"],
    ['in lower case', "x-api-key: $full->{text}"],
    ['as Bearer', "Authorization: Bearer $full->{text}"],
    ['as bearer', "Authorization: bearer $full->{text}"],
    ['with more blanks', "Authorization: Bearer   $full->{text}"],
    ['beside another scheme', "X-API-Key: $full->{text}\n"
                              . 'Authorization: Basic dTpw'],
    ['with Sec-Fetch-Mode alone', "X-API-Key: $full->{text}\n"
                                  . 'Sec-Fetch-Mode: cors'],
    ['with what a browser also sends', "X-API-Key: $full->{text}\n"
                                       . 'Referer: https://x.example/'],
)
{
    my ($name, $headers) = @$case;
    my $answer = mint($server, undef, undef, headers => $headers);

    is($answer->{status}, 200, "API key $name");
    ok(opened($answer->{json}{token}, 'ed25519'), "API key $name: a token");
}

for my $type ('application/json', 'Application/JSON',
              'application/json; charset=utf-8', "application/json\t;x")
{
    is(mint($server, $full, undef, type => $type)->{status}, 200, $type);
}

is(ask($server, 'POST /mint?a=b', "X-API-Key: $full->{text}\n"
       . 'Content-Type: application/json', to_json(body()))->{status}, 200,
   'arguments do not matter');

for my $size (1, 7, 50, 5000) {
    my $answer = mint($server, $full, user(attributes => { name => 'x' x 99 }),
                      chunked => $size);
    is($answer->{status}, 200, "in chunks of $size bytes");
    is(opened($answer->{json}{token}, 'ed25519')->{user}{attributes}{name},
       'x' x 99, "in chunks of $size bytes: all of them");
}


# The largest body, and one byte more

sub of_size {
    my $text = to_json(body());

    return $text . ' ' x ($_[0] - length $text);
}

for my $how (['by its length'], ['in one chunk', chunked => 100_000],
             ['in chunks', chunked => 1000])
{
    my ($name, @how) = @$how;

    is(mint($server, $full, of_size(16384), @how)->{status}, 200,
       "16384 bytes $name");

    my $answer = mint($server, $full, of_size(16385), @how);
    is("$answer->{status} $answer->{code} $answer->{reason}",
       '413 BODY_TOO_LARGE body_too_large', "16385 bytes $name");
}

# the buffer was made large enough, whatever is set

{
    my $small = service(api_keys => [$full],
                        http => 'client_body_buffer_size 1k;');

    is(mint($small, $full, of_size(16384), @$_)->{status}, 200,
       'a small buffer is set: 16384 bytes are taken')
        for [], [chunked => 1000];
    lacks($small->read('logs/error.log'), qr/temporary file/,
          'no body was written to a file');
}

lacks($server->read('logs/error.log'), qr/temporary file/,
      'none of them was written to a file');


# HTTP/2

{
    my $two = service(
        api_keys => [$full],
        server => 'listen 127.0.0.1:%port3% http2;',
    );
    my $dir = $two->dir;
    my $url = 'http://127.0.0.1:' . $two->port(3) . '/mint';
    my $lines = 0;

    for my $case (['its length', ''],
                  ['no length', '-H "Transfer-Encoding: chunked"'])
    {
        my ($name, $more) = @$case;

        for my $size (200, 16384, 16385) {
            $two->write('body', of_size($size));
            my $out = qx(curl -sS --http2-prior-knowledge $more \\
                -H "X-API-Key: $full->{text}" \\
                -H "Content-Type: application/json" \\
                --data-binary \@$dir/body \\
                -w "%{http_version} %{http_code}" $url 2>&1);

            like($out, $size <= 16384
                       ? qr/^\{"token":"[\w.-]+".*\}\n2 200\z/s
                       : qr/^\{"code":"BODY_TOO_LARGE".*\}\n2 413\z/s,
                 "HTTP/2, $name: $size bytes")
                if $size <= 16384 || $more;

            # a client may see of an early answer only that the stream ends

            my $want = $size <= 16384
                ? '"status":200,"reason":"","verdict":"PASSED"'
                : '"status":413,"reason":"body_too_large",'
                  . '"verdict":"REJECTED"';

            $lines++;
            eventually("HTTP/2, $name: $size bytes: the log", sub {
                my @log = split /\n/, $two->read('logs/access.log');
                return @log == $lines && $log[-1] =~ /\Q$want\E/;
            });
        }
    }

    lacks($two->read('logs/error.log'), qr/temporary file/,
          'HTTP/2: none of them was written to a file');
}


# One line for each token, in which there is none

{
    my $log = $server->read('logs/error.log');
    my @lines = $log =~ /^(.*toucan_mint issued a token.*)$/mg;

    cmp_ok(scalar @lines, '>', 300, 'each token is in the log');
    is(scalar(grep { !/distinct_id:\ .+,\ jti:\ [\w-]{22},
                       \ sid:\ [\w-]{22},\ expires:\ \d{10},
                       \ API\ key:\ [\w-]+,\ client:/x } @lines), 0,
       'with who, what and until when');
    lacks($log, qr/eyJ[\w-]+\.[\w-]+/, 'no token is');
    lacks($log, qr/\Q$_->{text}\E/, "nor the API key $_->{id}")
        for $full, $plain, $bound;
    lacks($log, qr/\[(?:alert|crit|emerg|error)\]/, 'nothing went wrong');
}
