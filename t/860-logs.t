# Logs: what is said of a request and of its refusal; no token, no secret and
# no forged line ever gets into one.

use lib 't/lib';
use Toucan::Test;
use Toucan::Shots;

use Digest::SHA qw(sha256_hex);

our $http = <<'END';
    log_format audit escape=json '{"status":"$toucan_status",'
        '"reason":"$toucan_reason","who":"$toucan_distinct_id",'
        '"role":"$toucan_role","organization":"$toucan_organization",'
        '"kid":"$toucan_kid","jti":"$toucan_jti","token":"$toucan_token_id",'
        '"origin":"$toucan_origin","kind":"$toucan_kind",'
        '"claim":"$toucan_claim_note","attr":"$toucan_attr_note",'
        '"uri":"$toucan_request_uri","request":"$request",'
        '"referer":"$http_referer"}';
    access_log logs/audit.log audit;
    toucan_attribute note;
    toucan_token bearer cookie=tc arg=token header=X-Token;
    toucan_origin https://app.example.com;
END

our $config = <<'END';
    location /t {
        toucan "t";
        toucan_embed component server;
        toucan_key_file $TEST_NGINX_KEYS_DIR/ec256.jwks;
        toucan_key_file $TEST_NGINX_KEYS_DIR/secret.jwks;
        toucan_permission dashboard can_view;
        toucan_max_token_size 2k;
        toucan_issuer https://embed.example.com;
        toucan_audience toucan-embed;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /dry {
        toucan "t";
        toucan_dry_run on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /down {
        toucan "t";
        toucan_embed component server;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2;
    }
    location /open {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2;
    }
END

# the audit log, each line decoded; dies on what is no JSON
sub audit {
    my @lines = Toucan::Shots::lines("$Test::Nginx::Util::ServRoot/logs/"
                                     . 'audit.log');
    return grep { $_->{request} !~ m{/ready} }
           map { JSON::PP::decode_json($_) } @lines;
}

sub all_logs {
    return join '', map { Toucan::Shots::lines($_) }
           glob("$Test::Nginx::Util::ServRoot/logs/*.log");
}

our @sent;

# tokens that are refused, each with its reason
our @bad = (
    ['bad_signature', sub { tampered(token()) }],
    ['bad_signature', sub { token(key => 'ec256b', kid => 'ec256') }],
    ['expired', sub { token(age => 900, ttl => 600) }],
    ['not_yet_valid', sub { token(age => -500) }],
    ['lifetime_too_long', sub { token(ttl => 9000) }],
    ['key_not_found', sub { token(key => 'rsa1') }],
    ['alg_not_allowed', sub { raw_token('{"alg":"none","kid":"ec256"}',
                              to_json(claims()), undef) . 'AA' }],
    ['bad_json', sub { raw_token('{"alg":"ES256","kid":"ec256"}',
                                 '{"exp":', 'ec256') }],
    ['bad_claim', sub { token(claims => {exp => 'never'}) }],
    ['bad_issuer', sub { token(claims => {iss => 'https://evil.example'}) }],
    ['bad_audience', sub { token(claims => {aud => 'other'}) }],
    ['bad_type', sub { token(header => {typ => 'dpop+jwt'}) }],
    ['crit_unknown', sub { token(header => {crit => ['x'], x => 1}) }],
    ['too_large', sub { token(claims => {long => 'x' x 3000}) }],
    ['bad_format', sub { my $t = token(); $t =~ s/\./!/; $t }],
    ['bad_base64', sub { my $t = token(); $t =~ s/^/*/; $t }],
    ['env_denied', sub { token(claims => {env => 'sandbox'}) }],
    ['role_denied', sub { token(claims => {'user.role' => 'guest'}) }],
    ['permission_denied', sub { token(claims => {permissions => {}}) }],
    ['token_origin_denied',
     sub { token(claims => {origins => ['https://app.example.com']}) }],
);

run_tests();

__DATA__

=== TEST 1: no token in any log, whatever it is refused for
--- http eval
$::http
--- config eval
$::config
--- shots eval
[]
--- after eval
sub {
    my $n = 0;

    for my $case (@bad) {
        my ($reason, $make) = @$case;

        my $token = $make->();

        my %how = (
            bearer => ['GET /t', "Authorization: Bearer $token"],
            cookie => ['GET /t', "Cookie: a=1; tc=$token"],
            header => ['GET /t', "X-Token: $token"],
            arg => ["GET /t?a=1&token=$token&b=2", ''],
            referer => ["GET /t?token=$token", "Referer: http://localhost/x"
                        . "?token=$token#y"],
        );
        delete $how{referer}
            if grep { $reason eq $_ } 'token_origin_denied', 'role_denied',
               'permission_denied', 'env_denied';

        for my $name (sort keys %how) {
            my $answer = shoot(@{$how{$name}});
            Test::More::like($answer->{why}, qr/REJECTED $reason\z/,
                             "$reason by $name");
            Test::More::unlike($answer->{text}, qr/\Q$token/,
                               "$reason by $name: the answer has no token");
            shoot("GET /dry" . ($how{$name}[0] =~ /(\?.*)/ ? $1 : ''),
                  $how{$name}[1]);
            shoot("GET /down" . ($how{$name}[0] =~ /(\?.*)/ ? $1 : ''),
                  $how{$name}[1]);
            $n += 3;

            # the line of an upstream that fails names what is forwarded,
            # and without a gate that is what was sent

            if ($how{$name}[0] !~ /token=/) {
                shoot("GET /open", $how{$name}[1]);
                $n++;
            }

            push @sent, $token;
        }
    }

    # and those that are let in, with an upstream that is down

    for my $way (["GET /down?token=" . token(), ''], ['GET /down', bearer()],
                 ['GET /down', 'Cookie: tc=' . token()],
                 ["GET /t?token=" . token(), bearer()],
                 ["GET /t?token=" . token() . '&token=' . token(), ''],
                 ['GET /t', "Cookie: tc=" . token() . '; tc=' . token()])
    {
        shoot(@$way);
        push @sent, "@$way" =~ /(eyJ[\w.-]+)/g;
        $n++;
    }

    my $logs = all_logs();

    Test::More::like($logs, qr/upstream:/, 'the upstream was down');
    Test::More::is(scalar(grep { index($logs, $_) >= 0 } @sent), 0,
                   'no token is in a log');
    Test::More::ok($logs !~ $jwt_like, 'nor a part of one');

    my @lines = audit();
    Test::More::is(scalar @lines, $n, 'each request is in the audit log');
    Test::More::is(scalar(grep { $_->{uri} =~ /token=/
                                 || $_->{request} =~ /token=/
                                 || $_->{referer} =~ /token=/ } @lines), 0,
                   'none with an argument that was a token');
    Test::More::ok((grep { $_->{request} eq 'GET /t?a=1&b=2 HTTP/1.1' }
                    @lines), 'the others are kept');

    my $secret = JSON::PP::decode_json(key_text('oct256.jwk'))->{k};
    my $private = JSON::PP::decode_json(key_text('ec256.jwk'))->{d};
    Test::More::ok(index($logs, $secret) < 0 && index($logs, $private) < 0,
                   'no key is in a log');
}


=== TEST 2: what a refusal says
--- http eval
$::http
--- config eval
$::config
--- shots eval
do {
    our $one = token(claims => {permissions => {},
                                'user.distinctId' => 'ann'});
    [['a refusal', 'GET /t?x=1', "Authorization: Bearer $one\n"
      . "Origin: https://app.example.com",
      '403 REJECTED permission_denied']];
}
--- after eval
sub {
    my @lines = error_lines(qr/toucan:/);
    my $id = substr sha256_hex($one), 0, 16;

    Test::More::is(scalar @lines, 1, 'one line');
    Test::More::like($lines[0], qr{
        \[info\]\ \d+\#\d+:\ \*\d+\ toucan:\ refused:\ permission_denied\ 
        \(the\ token\ does\ not\ grant\ the\ action\),\ kind:\ component,\ 
        origin:\ https://app\.example\.com,\ distinct_id:\ ann,\ 
        kid:\ ec256,\ token:\ $id,\ client:\ 127\.0\.0\.1,.*
        request:\ "GET\ /t\?x=1\ HTTP/1\.1"
    }x, 'and all that is known');

    my ($line) = audit();
    Test::More::is($line->{token}, $id, 'the audit log names the same token');
    Test::More::is($line->{who}, 'ann', 'and the same user');
}


=== TEST 3: a claim nobody vouches for is not said
--- http eval
$::http
--- config eval
$::config
--- shots eval
[
    ['forged', 'GET /t', tampered(user('mallory', note => 'zebra',
        organization => 'zebra')), '401 REJECTED bad_signature',
     [qr/mallory|zebra/]],
    ['an issuer that is not ours', 'GET /t',
     user('mallory', iss => 'https://zebra.example'),
     '401 REJECTED bad_issuer', [qr/mallory|zebra/]],
]
--- after eval
sub {
    my @lines = error_lines(qr/toucan: refused: bad_signature/);

    Test::More::is(scalar @lines, 1, 'one line');
    Test::More::like($lines[0], qr/distinct_id: -, kid: ec256,/,
                     'which names nobody');
    my @audit = audit();
    Test::More::is(join('', map { "$_->{who}$_->{claim}$_->{organization}" }
                            @audit), '', 'nor does the audit log');
}


=== TEST 4: lines cannot be forged
--- http eval
$::http
--- config eval
$::config
--- shots eval
do {
    my $evil = "x\n2026/01/01 00:00:00 [forged] 1#1: x\r\n\"}\n"
               . "{\"status\":\"PASSED\"\x1b[2J\x7f\x{2028}\\";
    [
        ['in the claims of a token that is let in', 'GET /t',
         user($evil, organization => $evil, jti => $evil, note => $evil,
              'user.attributes.note' => $evil), '200 PASSED',
         [qr/^2026/m, qr/\x1b|\x7f/]],
        ['in one that is refused', 'GET /t',
         user($evil, permissions => {}, organization => $evil),
         '403 REJECTED permission_denied'],
        ['in a dry run', 'GET /dry', user($evil, 'user.role' => $evil),
         '200 REJECTED_DRY_RUN role_denied'],
        ['in the kid', 'GET /t', bearer(raw_token(to_json({alg => 'ES256',
         kid => $evil}), to_json(claims()), 'ec256')),
         '401 REJECTED key_not_found'],
        ['in a kid that is short', 'GET /t', bearer(raw_token(to_json(
         {alg => 'ES256', kid => "a\n[forged]\x1b[2J"}),
         to_json(claims()), 'ec256')), '401 REJECTED key_not_found'],
        ['in the origin', 'GET /t', "Origin: https://a.example\x1b[2J\"}, "
         . "token: forged\n" . bearer(), '403 REJECTED origin_malformed'],
        ['in an origin that could be one', 'GET /t', 'Origin: https://a.'
         . "example, distinct_id: forged\n" . bearer(),
         '403 REJECTED origin_malformed'],
        ['in the referer', 'GET /t', "Referer: https://a.example/\x1b[2J\"\n"
         . bearer(), '403 REJECTED kind_not_allowed'],
        ['in the token', 'GET /t', "Authorization: Bearer a\x1b[2J\"b.c.d",
         '401 REJECTED bad_base64'],
        ['another client in the kid', 'GET /t', bearer(raw_token(to_json(
         {alg => 'ES256', kid => 'a, token: forged, client: 9.9.9.9'}),
         to_json(claims()), 'ec256')), '401 REJECTED key_not_found'],
    ]
}
--- after eval
sub {
    my @lines = error_lines();

    Test::More::is(scalar(grep { !m{^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[\w+\] } }
                          @lines), 0, 'each line is nginx\'s');
    Test::More::is(scalar(grep { /^2026\/01\/01/ || /^\S+ \S+ \[forged\]/ }
                          @lines), 0, 'none is forged');

    my @ours = map { (/toucan: (.*?), client:/) } @lines;
    Test::More::is(scalar @ours, 9, 'each refusal is one line');
    Test::More::is(scalar(grep { /[\x00-\x1f\x7f-\xff"]/ } @ours), 0,
                   'of printable ASCII');
    Test::More::is(scalar(grep { /(?:distinct_id|token|client): forged/ }
                          @ours), 0, 'whose fields are its own');
    Test::More::ok((grep { /kid: a%2C%20token:%20forged%2C%20client:%209/ }
                    @ours), 'they are escaped');
    Test::More::is(scalar(grep { /client: 9/ } @lines), 0,
                   'and whose client is the client');

    my @audit = audit();
    Test::More::is(scalar @audit, 10, 'each audit line is JSON');
    Test::More::like($audit[0]{who}, qr/^x%0A2026.*%1B\[2J%7F%E2%80%A8/,
                     'encoded as in a header');
}


=== TEST 5: levels
--- http eval
$::http
--- config
    error_log logs/quiet.log notice;
    location /info {
        toucan "t";
        return 500;
        error_log logs/level.log notice;
    }
    location /a {
        toucan "t";
        error_log logs/level.log notice;
        try_files /index.html =404;
    }
    location /b {
        toucan "t";
        toucan_log_level notice;
        error_log logs/level.log notice;
        try_files /index.html =404;
    }
    location /c {
        toucan "t";
        toucan_log_level error;
        error_log logs/level.log error;
        try_files /index.html =404;
    }
    location /d {
        toucan "t";
        toucan_log_level warn;
        error_log logs/level.log error;
        try_files /index.html =404;
    }
--- shots eval
[
    map({ ["/$_", "GET /$_", '', '401 REJECTED no_token'] } qw(a b c d)),
    ['nginx complains of a header before the gate is asked',
     'GET /a?token=' . token(), 'X_Odd: x', '200 PASSED'],
]
--- after eval
sub {
    my @lines = Toucan::Shots::lines("$Test::Nginx::Util::ServRoot/logs/"
                                     . 'level.log');
    Test::More::is(join(' ', map { /\[(\w+)\].*refused.*GET (\S+)/ ? "$1$2"
                                   : $_ } @lines), 'notice/b error/c',
                   'those that are asked for');
    Test::More::ok(join('', Toucan::Shots::lines(
        "$Test::Nginx::Util::ServRoot/logs/quiet.log")) !~ $jwt_like,
        'at notice no line of nginx\'s own has the token');
}
