# Every directive: what it accepts, that it is quoted when it is wrong, and
# that it is not given twice.

use lib 't/lib';
use Toucan::Test;
use Toucan::Cases;

my $keys = '$TEST_NGINX_KEYS_DIR';
my $time = 'it must be a time, such as "30s"';
my $source = 'it must be "bearer", "header=NAME", "cookie=NAME" or '
             . '"arg=NAME", of a name that can hold a token, or "ws_protocol"';
my $session = 'it must be "cookie", "cookie=NAME" or "off"; a name is at '
              . 'most 128 letters, digits and "!#$%&' . "'*+-.^_`|~\"";
my $realm = 'a realm is printable ASCII without quotes and backslashes';
my $size = 'it must be a size from 64 to 64k';
my $name = 'it must be a single name';
my $prefix = 'it must be letters, digits and "-", begin with "X-" and end '
             . 'with "-"';
my $alg = 'it is no algorithm that is offered';
my $claim = 'it is no claim that can be moved';
my $attr = 'a name is a letter or "_", then letters, digits, "_" and "-"';
my $column = 'a column is letters, digits and "_", with dots between names';
my $type = 'a type is string, integer, boolean, strings or integers';
my $option = 'an option is "type=TYPE", "required" or "column=NAME"';
my $model = 'a model is letters, digits, "_", "-" and "."';
my $action = 'an action is can_view, can_edit or can_query';
my $kind = 'it must be "component", "frame", "own", "page" or "server"';
my $wild = 'a wildcard can only be the first label, as in '
           . '"https://*.example.com"';
my $path = 'an origin ends with the host or port, without a "/", a path or '
           . 'a query';
my $port = 'the port is not a number from 1 to 65535';
my $long = 'a' x 65;


# The entry is quoted twice: as nginx does, and as the list says it.

sub entry {
    my ($entry, $why) = @_;

    return ["toucan_origin '$entry';",
            qq(invalid value "$entry" in the "toucan_origin" directive: )
            . qq(invalid origin "$entry": $why)];
}


my @wrong = (

    # the gate itself; the location has one already

    ['toucan "again";', '"toucan" directive is duplicate'],
    ['toucan off;', '"toucan" directive is duplicate'],
    ['} location /u { toucan "";', '', 'it must be a realm or "off"'],
    ["} location /u { toucan 'a \"b\"';", 'a "b"', $realm],
    ['} location /u { toucan "a\\\\b";', 'a\\b', $realm],
    ["} location /u { toucan 'caf\xc3\xa9';", "caf\xc3\xa9", $realm],
    ['} location /u { toucan a b;',
     'invalid number of arguments in "toucan" directive'],
    ['} location /u { toucan;',
     'invalid number of arguments in "toucan" directive'],

    # where the token is

    ['toucan_token;', 'invalid number of arguments in "toucan_token"'],
    ['toucan_token basic;', 'basic', $source],
    ['toucan_token Bearer;', 'Bearer', $source],
    ['toucan_token bearer=x;', 'bearer=x', $source],
    ['toucan_token header;', 'header', $source],
    ['toucan_token header=;', 'header=', $source],
    ['toucan_token cookie=;', 'cookie=', $source],
    ['toucan_token arg=;', 'arg=', $source],
    ['toucan_token query=token;', 'query=token', $source],
    ['toucan_token bearer body=token;', 'body=token', $source],
    ['toucan_token "header=X Y";', 'header=X Y', $source],
    ['toucan_token header=X_Token;', 'header=X_Token', $source],
    ['toucan_token header=X:;', 'header=X:', $source],
    ['toucan_token "cookie=a=b";', 'cookie=a=b', $source],
    ['toucan_token "cookie=a\;b";', 'cookie=a\;b', $source],
    ['toucan_token arg=a&b;', 'arg=a&b', $source],
    ['toucan_token arg=a%62;', 'arg=a%62', $source],
    ['toucan_token header=Host;', 'header=host', $source],
    ['toucan_token header=Cookie;', 'header=cookie', $source],
    ['toucan_token header=Content-Length;', 'header=content-length', $source],
    ['toucan_token header=Authorization;', 'header=authorization', $source],
    ['toucan_token header=Origin;', 'header=origin', $source],
    ['toucan_token header=Referer;', 'header=referer', $source],
    ['toucan_token header=Sec-Fetch-Site;', 'header=sec-fetch-site', $source],
    ['toucan_token header=Access-Control-Request-Method;',
     'header=access-control-request-method', $source],
    ['toucan_token ws_protocol=x;', 'ws_protocol=x', $source],
    ['toucan_token header=Sec-WebSocket-Protocol;',
     'header=sec-websocket-protocol', $source],
    ['toucan_token bearer; toucan_token bearer;',
     '"toucan_token" directive is duplicate'],

    # the session of a frame

    (map { ["toucan_session '$_';", $_, $session] }
     ('', 'on', 'Cookie', 'cookie=', 'cookie=a b', 'cookie=a;b', 'cookie=a=b',
      'cookie="a"', 'cookie=a,b', "cookie=caf\xc3\xa9", 'header=a',
      'cookie=' . 'a' x 129)),
    ['toucan_session;', 'invalid number of arguments in "toucan_session"'],
    ['toucan_session cookie cookie=a;', 'invalid number of arguments'],
    ['toucan_session cookie; toucan_session off;',
     '"toucan_session" directive is duplicate'],
    ['toucan_session cookie;', '"toucan_session" needs an "arg=NAME" in '
     . '"toucan_token", with the realm "'],
    ['toucan_token bearer cookie=token; toucan_session cookie;',
     '"toucan_session" needs an "arg=NAME" in "toucan_token"'],
    ['} location /u { toucan off; toucan_token arg=token; '
     . 'toucan_session cookie;',
     '"toucan_session" is in a location where "toucan" is off'],
    ['} location /u { toucan_token arg=token; toucan_session cookie;',
     '"toucan_session" is in a location where "toucan" is off'],

    # keys: what is in the files is told by 002

    ['toucan_key_file "";', '', 'it must be a path'],
    ["toucan_key_file a b;",
     'invalid number of arguments in "toucan_key_file"'],
    [join(' ', map { "toucan_key_file $keys/rsa1.jwks;" } 1 .. 16),
     'there may be at most 16 key files'],

    ['toucan_algorithms;', 'invalid number of arguments'],
    (map { ["toucan_algorithms $_;", $_, $alg] }
     qw(none NONE HS1 RS1 rs256 ES256K1 RSA1_5 RSA-OAEP-512 Ed25519 PBES2-HS256+A128KW)),
    ['toucan_algorithms RS256 HS255;', 'HS255', $alg],
    ['toucan_algorithms "";', '', $alg],
    ['toucan_algorithms RS256; toucan_algorithms ES256;',
     '"toucan_algorithms" directive is duplicate'],

    ['toucan_max_token_size 63;', '63', $size],
    ['toucan_max_token_size 65k;', '65k', $size],
    ['toucan_max_token_size 65537;', '65537', $size],
    ['toucan_max_token_size 0;', '0', $size],
    ['toucan_max_token_size -1;', '-1', $size],
    ['toucan_max_token_size large;', 'large', $size],
    ['toucan_max_token_size "";', '', $size],
    ['toucan_max_token_size 8k; toucan_max_token_size 8k;',
     '"toucan_max_token_size" directive is duplicate'],

    # claims

    ['toucan_issuer;', 'invalid number of arguments'],
    ['toucan_issuer "";', '', 'it must not be empty'],
    ['toucan_issuer a ""; ', '', 'it must not be empty'],
    ['toucan_issuer a; toucan_issuer b;',
     '"toucan_issuer" directive is duplicate'],
    ['toucan_audience;', 'invalid number of arguments'],
    ['toucan_audience "";', '', 'it must not be empty'],
    ['toucan_audience a; toucan_audience b;',
     '"toucan_audience" directive is duplicate'],

    (map {
        ["$_ -1;", '-1', $time],
        ["$_ 30x;", '30x', $time],
        ["$_ soon;", 'soon', $time],
        ["$_ 1.5s;", '1.5s', $time],
        ["$_ 99999999999999999999;", '99999999999999999999', $time],
        ["$_ 1s 2s;", qq(invalid number of arguments in "$_")],
        ["$_ 1s; $_ 1s;", qq("$_" directive is duplicate)],
    } qw(toucan_leeway toucan_max_lifetime toucan_cors_max_age)),

    ['toucan_leeway "";', '', $time],

    ['toucan_claim role;', 'invalid number of arguments in "toucan_claim"'],
    ['toucan_claim role a b;', 'invalid number of arguments'],
    ['toucan_claim exp a;', 'exp', $claim],
    ['toucan_claim distinctId a;', 'distinctId', $claim],
    ['toucan_claim Role a;', 'Role', $claim],
    ['toucan_claim "" a;', '', $claim],
    ['toucan_claim role a; toucan_claim role b;', 'role',
     'this claim is moved already'],
    ['toucan_claim role "";', 'the path "" is empty'],
    ['toucan_claim role a..b;', 'the path "a..b" has an empty segment'],
    ['toucan_claim role .a;', 'the path ".a" has an empty segment'],
    ['toucan_claim role a.;', 'the path "a." has an empty segment'],
    ['toucan_claim role /;', 'the path "/" has an empty segment'],
    ['toucan_claim role /a//b;', 'the path "/a//b" has an empty segment'],
    ['toucan_claim role /a~2b;',
     'the path "/a~2b" has "~" before other than "0" or "1"'],
    ['toucan_claim role /a~;',
     'the path "/a~" has "~" before other than "0" or "1"'],
    ['toucan_claim role a.b.c.d.e.f.g.h.i;',
     'the path "a.b.c.d.e.f.g.h.i" has too many segments'],

    # identity

    ['toucan_roles;', 'invalid number of arguments'],
    ['toucan_roles "";', '', 'it must not be empty'],
    ['toucan_roles any explorer;',
     '"toucan_roles" directive takes no role beside "any"'],
    ['toucan_roles explorer any;',
     '"toucan_roles" directive takes no role beside "any"'],
    ['toucan_roles a; toucan_roles b;',
     '"toucan_roles" directive is duplicate'],

    ['toucan_env;', 'invalid number of arguments in "toucan_env"'],
    ['toucan_env test;', 'test', 'it must be "live" or "sandbox"'],
    ['toucan_env Live;', 'Live', 'it must be "live" or "sandbox"'],
    ['toucan_env live any;', 'any', 'it must be "live" or "sandbox"'],
    ['toucan_env live sandbox live;', 'invalid number of arguments'],
    ['toucan_env live; toucan_env sandbox;',
     '"toucan_env" directive is duplicate'],

    ['toucan_attribute;', 'invalid number of arguments'],
    ['toucan_attribute "";', '', $attr],
    ['toucan_attribute 1st;', '1st', $attr],
    ['toucan_attribute -a;', '-a', $attr],
    ['toucan_attribute a.b;', 'a.b', $attr],
    ['toucan_attribute "a b";', 'a b', $attr],
    ["toucan_attribute $long;", $long, $attr],
    ['toucan_attribute a optional;', 'optional', $option],
    ['toucan_attribute a Required;', 'Required', $option],
    ['toucan_attribute a type=;', 'type=', $option],
    ['toucan_attribute a column=;', 'column=', $option],
    ['toucan_attribute a type=float;', 'type=float', $type],
    ['toucan_attribute a type=String;', 'type=String', $type],
    ['toucan_attribute a required column=a-b;', 'column=a-b', $column],
    ['toucan_attribute a required "column=a b";', 'column=a b', $column],
    ['toucan_attribute a required "column=a\"";', 'column=a"', $column],
    ['toucan_attribute a required column=a..b;', 'column=a..b', $column],
    ['toucan_attribute a required column=.a;', 'column=.a', $column],
    ['toucan_attribute a; toucan_attribute a;', 'a',
     'another attribute has the same header'],
    ['toucan_attribute ab; toucan_attribute AB;', 'AB',
     'another attribute has the same header'],
    ['toucan_attribute a_b; toucan_attribute a-b;', 'a-b',
     'another attribute has the same header'],
    ['toucan_attribute a required column=c; '
     . 'toucan_attribute b required column=c;', 'b',
     'another attribute has the same column'],

    ['toucan_permission dashboard;', 'invalid number of arguments'],
    ['toucan_permission a can_view b c;', 'invalid number of arguments'],
    ['toucan_permission "" can_view;', '', $model],
    ['toucan_permission a/b can_view;', 'a/b', $model],
    ['toucan_permission "a b" can_view;', 'a b', $model],
    ['toucan_permission a:b can_view;', 'a:b', $model],
    ["toucan_permission $long can_view;", $long, $model],
    ['toucan_permission dashboard view;', 'view', $action],
    ['toucan_permission dashboard CAN_VIEW;', 'CAN_VIEW', $action],
    ['toucan_permission dashboard "";', '', $action],
    ['toucan_permission dashboard can_view "";', '',
     'an object must not be empty'],
    ['toucan_permission dashboard can_view $no_such;',
     'unknown "no_such" variable'],
    ['toucan_permission dashboard can_view "${arg_x";',
     'the closing bracket in "arg_x" variable is missing'],

    # place

    ['toucan_embed;', 'invalid number of arguments'],
    (map { ["toucan_embed $_;", $_, $kind] }
     qw(Component iframe preflight other any)),
    ['toucan_embed frame none;', 'none', $kind],
    ['toucan_embed "";', '', $kind],
    ['toucan_embed frame; toucan_embed own;',
     '"toucan_embed" directive is duplicate'],

    ['toucan_origin;', 'invalid number of arguments'],
    entry('', 'it is empty'),
    entry('*', ''),
    entry('http://*', ''),
    entry('https://*.com', ''),
    entry('https://a.*.example.com', $wild),
    entry('https://a*.example.com', $wild),
    entry('example.com',
          'it does not begin with a scheme, such as "https://"'),
    entry('https://', 'the host is empty'),
    entry('https://:443', 'the host is empty'),
    entry('https://a.example/', $path),
    entry('https://a.example/app', $path),
    entry('https://a.example?x', $path),
    entry('https://a.example#x', $path),
    entry('https://u@a.example', 'an origin holds no user name'),
    entry('https://a.example,https://b.example', ''),
    entry('https://a.example https://b.example', ''),
    entry('https://a.example.', 'the host ends with a dot'),
    entry('https://a..example', 'a label of the host is empty'),
    (map { entry("https://a.example:$_", $port) }
     '', qw(0 65536 080 x -1)),
    ["toucan_origin https://b\xc3\xbccher.example;",
     'a host that is not ASCII must be written as punycode (xn--...)'],
    entry('https://1.2.3', 'the host ends in a number, but is not an IPv4 '
                           . 'address in dotted decimal'),
    entry('https://[::1', 'an IPv6 address lacks its "]"'),
    entry('https://[g::1]', 'the IPv6 address is not valid'),
    entry('https://a.example;script-src', ''),
    ["toucan_origin 'https://a.example\n';", 'invalid value "https://a.exam'],
    (map { ["toucan_origin '~$_->[0]';",
            qq(invalid value "~$_->[0]" in the "toucan_origin" directive: )
            . qq(invalid pattern "$_->[0]": $_->[1])] }
     ['https://(', 'missing closing parenthesis'],
     ['[z-a]', 'range out of order in character class'],
     ['', 'it is empty']),
    ['toucan_origin none https://a.example;', 'https://a.example',
     'there may be no entry beside "none"'],
    ['toucan_origin none none;', 'none',
     'there may be no entry beside "none"'],
    ['toucan_origin https://a.example none;', 'none',
     'there are other entries'],
    ['toucan_origin none; toucan_origin https://a.example;',
     'https://a.example', 'there may be no entry beside "none"'],
    ['toucan_origin null none;', 'none', 'there are other entries'],

    ['toucan_own_origin;', 'invalid number of arguments'],
    ['toucan_own_origin a.example;', '"a.example"'],
    ['toucan_own_origin https://a.example/;', '"https://a.example/"'],
    ['toucan_own_origin "";', 'invalid value "" in the "toucan_own_origin"'],
    ['toucan_own_origin https://$no_such;', 'unknown "no_such" variable'],
    ['toucan_own_origin https://a.example; '
     . 'toucan_own_origin https://a.example;',
     '"toucan_own_origin" directive is duplicate'],

    # flags, and what is written into headers

    (map {
        ["$_ maybe;", qq(invalid value "maybe" in "$_" directive, it must be )
                      . '"on" or "off"'],
        ["$_;", qq(invalid number of arguments in "$_")],
        ["$_ on; $_ on;", qq("$_" directive is duplicate)],
    } qw(toucan_cors toucan_frame_ancestors toucan_forward_token
         toucan_dry_run toucan_stream_expiry)),

    (map {
        ["$_;", qq(invalid number of arguments in "$_")],
        ["$_ '';", '', $name],
        ["$_ 'A,B';", 'A,B', $name],
        ["$_ 'A B';", 'A B', $name],
        ["$_ *;", '*', $name],
        ["$_ A 'B:';", 'B:', $name],
        ["$_ A; $_ A;", qq("$_" directive is duplicate)],
    } qw(toucan_cors_methods toucan_cors_headers toucan_cors_expose)),

    (map { ["toucan_header_prefix '$_';", $_, $prefix] }
     ('', 'X-', 'X-A', 'Toucan-', 'Cookie-', 'X_Toucan_', 'X-A:-', 'X-A B-',
      'X-Forwarded-', 'x-forwarded-', 'X-F-' . 'a' x 64 . '-')),
    ['toucan_header_prefix X-A- X-B-;', 'invalid number of arguments'],
    ['toucan_header_prefix X-A-; toucan_header_prefix X-A-;',
     '"toucan_header_prefix" directive is duplicate'],

    (map { ["toucan_log_level $_;", qq(invalid value "$_")] }
     qw(debug crit off), 2),
    ['toucan_log_level warn; toucan_log_level warn;',
     '"toucan_log_level" directive is duplicate'],

    # no such directive

    ['toucan_orgin none;', 'unknown directive "toucan_orgin"'],
);


# One nginx with a location for each line that is right.

my @right = (
    'toucan_token bearer;',
    'toucan_token header=X-Token cookie=tok_en.x arg=to.ken_1 bearer;',
    'toucan_token cookie=__Host-toucan;',
    'toucan_token ws_protocol;', 'toucan_token ws_protocol bearer;',
    'toucan_session off;',
    (map { "toucan_token bearer arg=t; toucan_session '$_';" }
     ('cookie', 'cookie=a', 'cookie=__Secure-a', 'cookie=!#$%&*+-.^_`|~',
      'cookie=off', 'cookie=' . 'a' x 128)),
    "toucan_key_file $keys/rsa1.jwk;",
    "toucan_key_file $keys/rsa1.jwks; toucan_key_file $keys/rsa2.jwks;",
    "toucan_key_file $keys/secret.jwks;",
    'toucan_algorithms HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512'
    . ' ES256 ES384 ES512 ES256K EdDSA;',
    'toucan_algorithms RS256 RS256;',
    'toucan_algorithms dir A128KW A256GCMKW RSA-OAEP-256 ECDH-ES+A192KW ES256'
    . ' A192GCM A128CBC-HS256;',
    'toucan_type sealed;', 'toucan_type nested nested signed encrypted;',
    'toucan_issuer https://a.example https://b.example;',
    'toucan_audience a b c;',
    (map { ("toucan_leeway $_;", "toucan_max_lifetime $_;",
            "toucan_cors_max_age $_;") } qw(0 30 30s 1h 1d 1h30m)),
    (map { "toucan_max_token_size $_;" } qw(64 1k 8K 64k 65536)),
    (map { "toucan_claim $_ x;" }
     qw(distinct_id role attributes permissions resources origins
        organization)),
    'toucan_claim role a.b.c.d.e.f.g.h; toucan_claim distinct_id sub;',
    'toucan_claim role /https:~1~1a.example~1role;',
    'toucan_claim role /a~0b/c.d;',
    'toucan_roles any;',
    'toucan_roles viewer "power user";',
    (map { "toucan_env $_;" } ('live', 'sandbox', 'sandbox live')),
    'toucan_attribute a; toucan_attribute _b-c9; toucan_attribute ' . 'z' x 64
    . ';',
    (map { "toucan_attribute a type=$_ required column=s.t_$_;" }
     qw(string integer boolean strings integers)),
    'toucan_permission dashboard can_view;',
    'toucan_permission dashboard can_edit $arg_d; '
    . 'toucan_permission dashboard can_edit $arg_d;',
    'toucan_permission my.model-1_x can_query "pre-${arg_d}-post";',
    'toucan_embed component frame own page server;',
    'toucan_origin none;', 'toucan_origin null;',
    'toucan_origin https://a.example https://A.example:443;',
    'toucan_origin https://a.example; toucan_origin http://b.example:8080;',
    'toucan_origin https://*.a.example http://*.b.example:81;',
    'toucan_origin "~https://[a-z]+\.a\.example";',
    'toucan_origin https://[::1]:8080 http://127.0.0.1:80;',
    'toucan_origin https://xn--bcher-kva.example;',
    'toucan_own_origin https://a.example;',
    'toucan_own_origin $scheme://$host;',
    (map { ("$_ on;", "$_ off;") }
     qw(toucan_cors toucan_frame_ancestors toucan_forward_token
        toucan_dry_run toucan_stream_expiry)),
    'toucan_cors_methods GET POST DELETE;',
    'toucan_cors_headers authorization x-a_b;',
    'toucan_cors_expose X-Total;',
    'toucan_header_prefix X-Acme-User-;', 'toucan_header_prefix x-9-;',
    (map { "toucan_log_level $_;" } qw(info notice warn error)),
);

my $i = 0;
my $locations = join '', map {
    $i++;
    my $file = /toucan_key_file/ ? '' : "toucan_key_file $keys/ec256.jwks;";
    "    location = /$i { toucan 'r $i'; $file $_ }\n"
} @right;

my $n = @right;

run_with(wrong(@wrong), <<"END");
=== RIGHT: $n right values
--- config
$locations
    location /t {
        return 200 "up\\n";
    }
--- request
GET /t
--- response_body
up
END
