# Where a token is found, and what a token must look like before anybody
# looks at its signature: sources, sizes, parts, base64url, JSON.

use lib 't/lib';
use Toucan::Test;
use Toucan::Cases;


# A good token of exactly so many bytes.

sub sized {
    my $size = shift;

    for my $kid ('', 'x', 'xx', 'xxx') {
        my $pad = int(($size - 700) * 3 / 4);

        for (1 .. 400) {
            my $token = token(header => {x => $kid},
                              claims => {pad => 'p' x $pad, jti => 'j'});
            return $token if length $token == $size;
            last if length $token > $size;
            $pad += length $token < $size - 20 ? 10 : 1;
        }
    }

    die "no token of $size bytes\n";
}


# A signature that holds, over parts that are given as they are.

sub signed {
    my ($header, $payload, $end) = @_;

    return "$header.$payload." . b64u(sign('ec256', "$header.$payload"))
           . ($end // '');
}

our $header = '{"alg":"ES256","kid":"ec256"}';

sub of_header  { return raw_token($_[0], to_json(claims()), 'ec256') }
sub of_payload { return raw_token($header, $_[0], 'ec256') }


# Another last character whose unused bits are not zero; undef when all are
# used.

sub loose {
    my $text = shift;

    my $abc = join '', 'A' .. 'Z', 'a' .. 'z', 0 .. 9, '-', '_';
    my $rest = length($text) % 4;
    return if $rest == 0;

    my $i = index $abc, substr($text, -1);
    return substr($text, 0, -1) . substr($abc, $i | ($rest == 2 ? 5 : 1), 1);
}


# Text of that many bytes modulo 3, so that base64url has unused bits.

sub with_rest {
    my ($text, $rest) = @_;

    $text .= ' ' while length($text) % 3 != $rest;
    return $text;
}

run_tests();

__DATA__

=== TEST 1: the Authorization header
--- gate
--- cases eval
my $t = token();
[
    ['a token', bearer($t), 'ok'],
    ['nothing', '', 'no_token'],
    ['scheme in lower case', "Authorization: bearer $t", 'ok'],
    ['scheme in upper case', "Authorization: BEARER $t", 'ok'],
    ['name in upper case', "AUTHORIZATION: Bearer $t", 'ok'],
    ['several spaces', "Authorization: Bearer    $t", 'ok'],
    ['space behind', "Authorization: Bearer $t  ", 'ok'],
    ['Bearer alone', 'Authorization: Bearer', 'bad_format'],
    ['Bearer and a space', 'Authorization: Bearer ', 'bad_format'],
    ['Basic', "Authorization: Basic $t", 'no_token'],
    ['Token', "Authorization: Token $t", 'no_token'],
    ['no scheme', "Authorization: $t", 'no_token'],
    ['no space', "Authorization: Bearer$t", 'no_token'],
    ['a tab', "Authorization: Bearer\t$t", 'no_token'],
    ['a colon', "Authorization: Bearer: $t", 'no_token'],
    ['Bear', 'Authorization: Bear', 'no_token'],
    ['Bearers', "Authorization: Bearers $t", 'no_token'],
    ['one letter', 'Authorization: X', 'no_token'],
    ['quoted', qq(Authorization: Bearer "$t"), 'bad_base64'],
    ['something behind', "Authorization: Bearer $t x", 'bad_base64'],
    ['a parameter', "Authorization: Bearer $t, x=y", 'bad_base64'],
    ['two with a comma', "Authorization: Bearer $t, Bearer $t", 'bad_claim'],
    ['another header', "X-Token: $t", 'no_token'],
    ['a cookie', "Cookie: token=$t", 'no_token'],
    ['an argument', '', 'no_token', "GET /t?token=$t"],
    ['Proxy-Authorization', "Proxy-Authorization: Bearer $t", 'no_token'],
]


=== TEST 2: a header of another name
--- gate
toucan_token header=X-Embed-Token;
--- cases eval
my $t = token();
[
    ['a token', "X-Embed-Token: $t", 'ok'],
    ['lower case', "x-embed-token: $t", 'ok'],
    ['Authorization', bearer($t), 'no_token'],
    ['with a scheme', "X-Embed-Token: Bearer $t", 'bad_base64'],
    ['empty', 'X-Embed-Token: ', 'bad_format'],
    ['twice', "X-Embed-Token: $t\nX-Embed-Token: $t", 'token_conflict'],
    ['twice, one empty', "X-Embed-Token: \nX-Embed-Token: $t",
     'token_conflict'],
    ['a longer name', "X-Embed-Tokens: $t", 'no_token'],
    ['beside Basic', "X-Embed-Token: $t\nAuthorization: Basic eA==", 'ok'],
]


=== TEST 3: underscores do not make another header of that name
--- config eval
"underscores_in_headers on;\n"
. Toucan::Cases::config('toucan_token header=X-Embed-Token;')
--- cases eval
my $t = token();
[
    ['a token', "X-Embed-Token: $t", 'ok'],
    ['underscores', "X_Embed_Token: $t", 'no_token'],
    ['both', "X_Embed_Token: x\nX-Embed-Token: $t", 'ok'],
]


=== TEST 4: a cookie
--- gate
toucan_token cookie=tok;
toucan_embed component server;
toucan_origin https://app.example.com;
--- cases eval
my $t = token();
my $origin = "Origin: https://app.example.com\n";
[
    ['a token', "Cookie: tok=$t", 'ok'],
    ['among others', "Cookie: a=b; tok=$t; c", 'ok'],
    ['without spaces', "Cookie: a=b;tok=$t;c=d", 'ok'],
    ['white space', "Cookie:  a=b ;  tok=$t ; c=d", 'ok'],
    ['in the second header', "Cookie: a=b\nCookie: tok=$t", 'ok'],
    ['none of that name', "Cookie: token=$t; xtok=$t; to=$t", 'no_token'],
    ['in upper case', "Cookie: TOK=$t", 'no_token'],
    ['in a value', "Cookie: a=tok=$t", 'no_token'],
    ['empty', 'Cookie: tok=', 'bad_format'],
    ['no value', 'Cookie: tok', 'bad_format'],
    ['quoted', qq(Cookie: tok="$t"), 'bad_base64'],
    ['twice', "Cookie: tok=$t; tok=$t", 'token_conflict'],
    ['twice, one empty', "Cookie: tok=; tok=$t", 'token_conflict'],
    ['in two headers', "Cookie: tok=$t\nCookie: tok=$t", 'token_conflict'],
    ['with a comma', "Cookie: a=b, tok=$t", 'no_token'],
    ['Authorization', bearer($t), 'no_token'],
    ['of a component', $origin . "Cookie: tok=$t", 'no_token'],
    ['twice, of a component', $origin . "Cookie: tok=$t; tok=x", 'no_token'],
]


=== TEST 5: an argument
--- gate
toucan_token arg=token;
--- cases eval
my $t = token();
(my $dots = $t) =~ s/\./%2E/g;
[
    ['a token', '', 'ok', "GET /t?token=$t"],
    ['among others', '', 'ok', "GET /t?a=b&token=$t&c=d"],
    ['empty ones around', '', 'ok', "GET /t?&&token=$t&&"],
    ['none', '', 'no_token', 'GET /t?a=b'],
    ['no value', '', 'no_token', 'GET /t?token'],
    ['empty', '', 'bad_format', 'GET /t?token='],
    ['in upper case', '', 'no_token', "GET /t?Token=$t"],
    ['a longer name', '', 'no_token', "GET /t?xtoken=$t&tokens=$t"],
    ['in a value', '', 'no_token', "GET /t?a=token=$t"],
    ['behind a semicolon', '', 'no_token', "GET /t?a=b;token=$t"],
    ['escaped name', '', 'no_token', "GET /t?%74oken=$t"],
    ['escaped dots', '', 'bad_format', "GET /t?token=$dots"],
    ['twice', '', 'token_conflict', "GET /t?token=$t&token=$t"],
    ['twice, one empty', '', 'token_conflict', "GET /t?token=&token=$t"],
    ['Authorization', bearer($t), 'no_token'],
]


=== TEST 6: several sources
--- gate
toucan_token bearer header=X-Embed-Token cookie=tok arg=token;
--- cases eval
my ($t, $u) = (token(), token());
[
    ['none', '', 'no_token'],
    ['first', bearer($t), 'ok'],
    ['second', "X-Embed-Token: $t", 'ok'],
    ['third', "Cookie: tok=$t", 'ok'],
    ['fourth', '', 'ok', "GET /t?token=$t"],
    ['all the same', bearer($t) . "\nX-Embed-Token: $t\nCookie: tok=$t", 'ok',
     "GET /t?token=$t"],
    ['bearer and argument', bearer($t), 'token_conflict', "GET /t?token=$u"],
    ['bearer and header', bearer($t) . "\nX-Embed-Token: $u",
     'token_conflict'],
    ['header and cookie', "X-Embed-Token: $u\nCookie: tok=$t",
     'token_conflict'],
    ['cookie and argument', "Cookie: tok=$t", 'token_conflict',
     "GET /t?token=$u"],
    ['good and empty', bearer($t), 'token_conflict', 'GET /t?token='],
    ['good and bad', bearer($t) . "\nX-Embed-Token: x", 'token_conflict'],
    ['a prefix of it', bearer($t) . "\nX-Embed-Token: " . substr($t, 0, -1),
     'token_conflict'],
    ['beside Basic', "Authorization: Basic eA==\nX-Embed-Token: $t", 'ok'],
]


=== TEST 7: the default size, before anything else is looked at
--- gate
--- cases eval
[
    ['8192 bytes', bearer(sized(8192)), 'ok'],
    ['8193 bytes', bearer(sized(8193)), 'too_large'],
    ['8193 bytes of nothing', bearer('A' x 8193), 'too_large'],
    ['8192 bytes of nothing', bearer('A' x 8192), 'bad_format'],
    ['8193 dots', bearer('.' x 8193), 'too_large'],
]


=== TEST 8: the largest size
--- gate
toucan_max_token_size 64k;
toucan_token bearer arg=token;
--- cases eval
[
    ['65536 bytes', bearer(sized(65536)), 'ok'],
    ['65537 bytes', bearer(sized(65537)), 'too_large'],
    ['65537 bytes in the query', '', 'too_large',
     'GET /t?token=' . 'A' x 65537],
    ['65536 bytes of a bad signature', bearer(tampered(sized(65536))),
     'bad_signature'],
]


=== TEST 9: a small size
--- gate
toucan_max_token_size 64;
--- cases eval
[
    ['64 bytes', bearer('A' x 64), 'bad_format'],
    ['65 bytes', bearer('A' x 65), 'too_large'],
    ['a token', bearer(), 'too_large'],
]


=== TEST 10: parts
--- gate
--- cases eval
my $t = token();
my ($h, $p, $s) = split /\./, $t;
[
    ['three', bearer($t), 'ok'],
    ['one', bearer($h), 'bad_format'],
    ['two', bearer("$h.$p"), 'bad_format'],
    ['four', bearer("$t.$s"), 'bad_format'],
    ['four, the last empty', bearer("$t."), 'bad_format'],
    ['four, the first empty', bearer(".$t"), 'bad_format'],
    ['five', bearer("$h.$p.$s.$s.$s"), 'bad_claim'],
    ['five, as an encrypted token',
     bearer(b64u('{"alg":"dir","enc":"A256GCM"}') . "..$p.$p.$s"),
     'key_not_found'],
    ['six', bearer("$t.$t"), 'bad_format'],
    ['seven', bearer("$t.$t."), 'bad_format'],
    ['dots', bearer('..'), 'bad_json'],
    ['four dots', bearer('....'), 'bad_json'],
    ['a dot', bearer('.'), 'bad_format'],
    ['no header', bearer(".$p.$s"), 'bad_json'],
    ['no payload', bearer(signed($h, '')), 'bad_json'],
    ['no payload, not signed', bearer("$h..$s"), 'bad_signature'],
    ['no signature', bearer("$h.$p."), 'bad_signature'],
    ['a JSON serialization', bearer(to_json({payload => $p})), 'bad_format'],
]


=== TEST 11: base64url and nothing else, in each part
--- gate
--- cases eval
my @parts = split /\./, of_payload(with_rest(to_json(claims()), 1));
my ($h, $p, $s) = @parts;
my $h1 = b64u(with_rest($header, 1));
my $h2 = b64u(with_rest($header, 2));
my $p2 = b64u(with_rest(to_json(claims()), 2));
my @bad = (['padding', sub { "$_[0]=" }], ['padding twice', sub { "$_[0]==" }],
           ['+', sub { $_[0] =~ s/.$/+/r }], ['/', sub { $_[0] =~ s/.$/\//r }],
           ['a space', sub { $_[0] =~ s/^(..)/$1 /r }],
           ['%', sub { $_[0] =~ s/.$/%/r }],
           ['a byte above 127', sub { $_[0] =~ s/.$/\xe9/r }]);
[
    ['good', bearer("$h.$p.$s"), 'ok'],
    ['good, other lengths', bearer(signed($h1, $p2)), 'ok'],
    ['good, other lengths again', bearer(signed($h2, $p)), 'ok'],
    (map { ["$_->[0] in the header", bearer(signed($_->[1]($h), $p)),
            'bad_base64'] } @bad),
    (map { ["$_->[0] in the payload", bearer(signed($h, $_->[1]($p))),
            'bad_base64'] } @bad),
    (map { ["$_->[0] in the signature", bearer("$h.$p." . $_->[1]($s)),
            'bad_base64'] } @bad),
    ['loose bits in the header, 1', bearer(signed(loose($h1), $p)),
     'bad_base64'],
    ['loose bits in the header, 2', bearer(signed(loose($h2), $p)),
     'bad_base64'],
    ['loose bits in the payload, 1', bearer(signed($h, loose($p))),
     'bad_base64'],
    ['loose bits in the payload, 2', bearer(signed($h, loose($p2))),
     'bad_base64'],
    ['loose bits in the signature', bearer("$h.$p." . loose($s)),
     'bad_base64'],
    ['a character over, header', bearer(signed('e30AA', $p)), 'bad_base64'],
    ['a character over, signature', bearer("$h.$p.${s}AAA"), 'bad_base64'],
    ['a bad payload that is not signed', bearer("$h.=.$s"), 'bad_signature'],
]


=== TEST 12: strict JSON in the header
--- gate
--- cases eval
my $alg = '"alg":"ES256","kid":"ec256"';
[
    ['good', bearer(of_header("{$alg}")), 'ok'],
    ['white space', bearer(of_header(" {\n$alg\t} \r\n")), 'ok'],
    ['members that nobody knows', bearer(of_header("{$alg,\"x\":[1,{}]}")),
     'ok'],
    (map { [$_->[0], bearer(of_header($_->[1])), 'bad_json'] }
     ['empty', ''], ['white space alone', ' '], ['null', 'null'],
     ['an array', "[{$alg}]"], ['a string', '"ES256"'], ['a number', '1'],
     ['single quotes', "{'alg':'ES256'}"], ['a comma over', "{$alg,}"],
     ['not closed', "{$alg"], ['two objects', "{$alg}{$alg}"],
     ['a byte behind', "{$alg}x"], ['a NUL behind', "{$alg}\0"],
     ['a comment', "{$alg/**/}"], ['a BOM', "\xef\xbb\xbf{$alg}"],
     ['invalid UTF-8', "{$alg,\"x\":\"\xff\"}"],
     ['overlong UTF-8', "{$alg,\"x\":\"\xc0\xaf\"}"],
     ['half a surrogate', "{$alg,\"x\":\"\\ud800\"}"],
     ['a NUL in a string', "{$alg,\"x\":\"a\\u0000b\"}"],
     ['a NUL in a name', "{$alg,\"a\\u0000b\":1}"],
     ['alg twice', "{$alg,\"alg\":\"ES256\"}"],
     ['alg twice, none first', "{\"alg\":\"none\",$alg}"],
     ['alg twice, one escaped', "{$alg,\"\\u0061lg\":\"none\"}"],
     ['kid twice', "{$alg,\"kid\":\"rsa1\"}"],
     ['twice, deep', "{$alg,\"x\":{\"a\":1,\"a\":2}}"],
     ['17 levels', "{$alg,\"x\":" . '[' x 16 . ']' x 16 . '}'],
     ['257 values', "{$alg,\"x\":[" . join(',', (0) x 253) . ']}'],
     ['a number beyond 64 bits', "{$alg,\"x\":9223372036854775808}"]),
    ['16 levels', bearer(of_header("{$alg,\"x\":" . '[' x 15 . ']' x 15
                                   . '}')), 'ok'],
    ['256 values', bearer(of_header("{$alg,\"x\":[" . join(',', (0) x 252)
                                    . ']}')), 'ok'],
]


=== TEST 13: strict JSON in the payload, behind a good signature
--- gate
--- cases eval
my $good = to_json(claims());
(my $open = $good) =~ s/\}\z//;
[
    ['good', bearer(of_payload($good)), 'ok'],
    ['white space', bearer(of_payload(" $good\n")), 'ok'],
    ['members that nobody knows', bearer(of_payload("$open,\"x\":[1.5,null]}")),
     'ok'],
    (map { [$_->[0], bearer(of_payload($_->[1])), 'bad_json'] }
     ['text', 'foo'], ['an array', "[$good]"], ['a string', '"x"'],
     ['null', 'null'], ['two', $good x 2], ['a NUL behind', "$good\0"],
     ['not closed', $open], ['a BOM', "\xef\xbb\xbf$good"],
     ['exp twice', "$open,\"exp\":9007199254740992}"],
     ['exp twice, one escaped', "$open,\"e\\u0078p\":9007199254740992}"],
     ['role twice', $good =~ s/"role":/"role":"maker","role":/r],
     ['user twice', "$open,\"user\":{}}"],
     ['invalid UTF-8', "$open,\"x\":\"\xed\xa0\x80\"}"],
     ['a NUL in a string', $good =~ s/user-123/user\\u0000-123/r],
     ['a number that overflows', "$open,\"x\":1e999}"],
     ['NaN', "$open,\"x\":NaN}"], ['a leading zero', "$open,\"x\":01}"],
     ['17 levels', "$open,\"x\":" . '[' x 16 . ']' x 16 . '}']),
    (map { ["not signed: $_->[0]",
            bearer(tampered(of_payload($_->[1]))), 'bad_signature'] }
     ['text', 'foo'], ['exp twice', "$open,\"exp\":1}"], ['empty', '']),
]


=== TEST 14: nginx itself refuses two Authorization headers
--- gate
--- request eval
[('GET /t') x 4]
--- more_headers eval
our $twice = token();
[
    bearer($twice) . "\n" . bearer($twice),
    bearer($twice) . "\n" . bearer(),
    bearer($twice) . "\nauthorization: Basic eA==",
    "Authorization: Basic eA==\n" . bearer($twice),
]
--- error_code eval
[(400) x 4]
--- response_body_like eval
[('400 Bad Request') x 4]
--- error_log
client sent duplicate header line: "
--- no_error_log
toucan:


=== TEST 15: the log names the reason, the kid and the fingerprint
--- gate
toucan_log_level error;
--- log_level: info
--- request
GET /t
--- more_headers eval
bearer(tampered(our $token = token()))
--- error_code: 401
--- error_log eval
['toucan: refused: bad_signature (the signature does not verify), kind: '
 . 'server, origin: -, distinct_id: -, kid: ec256, token: ',
 qr/\[error\].*, token: [0-9a-f]{16}, client: /]
--- no_error_log eval
[(split /\./, $main::token)[1]]
--- response_body_like eval
qr/^\{"code":"TOKEN_INVALID","message":"the token is not valid"\}\n?$/
--- response_headers_like
WWW-Authenticate: Bearer realm="embed", error="invalid_token", error_description=".*"
Cache-Control: no-store


=== TEST 16: the answer to no token
--- gate
--- request
GET /t
--- error_code: 401
--- response_headers
WWW-Authenticate: Bearer realm="embed"
Cache-Control: no-store
--- response_body_like: ^\{"code":"TOKEN_MISSING","message":"a token is required"\}
--- error_log
toucan: refused: no_token (the request carries no token), kind: server, origin: -, distinct_id: -, kid: -, token: -
