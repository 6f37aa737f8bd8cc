# What the backend is told about a user, to the byte; and who is not let in
# because of what is said about them: attributes, role, environment.

use lib 't/lib';
use Toucan::Test;
use Toucan::Upstream;

use utf8;

# what attributes() of a token are, in a location that declares them

sub main::attrs { return user('ann', 'user.attributes' => {@_}) }

add_block_preprocessor(sub {
    my $block = shift;

    # attributes: the location's other lines, between two that all share
    my $lines = $block->gate;
    return if !defined $lines;

    $block->set_value('config', <<"END");
        location /t {
            toucan "t";
            $lines
            proxy_pass http://127.0.0.1:\$TEST_NGINX_HTTP_PORT;
        }
END
    $block->set_value('request', 'GET /t') if !defined $block->request;
});

run_tests();

__DATA__

=== TEST 1: the headers of section 4
--- gate
--- more_headers eval
user('ann')
--- sees eval
"X-Toucan-Distinct-Id: ann
X-Toucan-Role: explorer
X-Toucan-Organization: acme
X-Toucan-Env: live
X-Toucan-Token-Id: jti-ann
X-Toucan-Expires: $exp
X-Toucan-Kind: server
X-Toucan-Permissions: ai:can_query dashboard:can_view
"


=== TEST 2: what the token does not say is not sent, whatever the client sends
--- gate: toucan_roles any;
--- more_headers eval
user('ann', organization => undef, jti => undef, 'user.role' => undef,
     permissions => undef, env => undef)
. join '', map { "\nX-Toucan-$_: forged" }
  qw(Organization Token-Id Role Permissions Origin Env Rls Attr-region)
--- sees eval
"X-Toucan-Distinct-Id: ann
X-Toucan-Env: live
X-Toucan-Expires: $exp
X-Toucan-Kind: server
"


=== TEST 3: an organization without a name is none: refused, not sent empty
--- gate
--- more_headers eval
user('ann', organization => '')
--- error_code: 401
--- error_log
toucan: refused: bad_claim


=== TEST 4: an empty jti is no jti
--- gate
--- more_headers eval
user('ann', jti => '')
--- error_code: 401
--- error_log
toucan: refused: bad_claim


=== TEST 5: a component: its kind and origin
--- gate
--- more_headers eval
user('ann') . "\nOrigin: HTTPS://APP.example.com:443\nX-Toucan-Origin: forged"
--- sees_only: kind|toucan-origin
--- sees
X-Toucan-Kind: component
X-Toucan-Origin: https://app.example.com


=== TEST 6: a frame: its kind and origin
--- gate: toucan_token header=X-Tok;
--- more_headers eval
"X-Tok: " . (user('ann') =~ s/.* //r) . "
Referer: https://app.example.com/page?q=1
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: iframe"
--- sees_only: kind|toucan-origin
--- sees
X-Toucan-Kind: frame
X-Toucan-Origin: https://app.example.com


=== TEST 7: a request of our own page: no origin
--- gate
--- more_headers eval
user('ann') . "\nSec-Fetch-Site: same-origin\nX-Toucan-Origin: forged"
--- sees_only: kind|toucan-origin
--- sees
X-Toucan-Kind: own


=== TEST 8: Origin: null, where it is listed
--- gate: toucan_origin null;
--- more_headers eval
user('ann') . "\nOrigin: null"
--- sees_only: kind|toucan-origin
--- sees
X-Toucan-Kind: component
X-Toucan-Origin: null


=== TEST 9: env
--- gate: toucan_env sandbox live;
--- more_headers eval
user('ann', env => 'sandbox')
--- sees_only: env
--- sees
X-Toucan-Env: sandbox


=== TEST 10: permissions, sorted, models without actions left out
--- gate
--- more_headers eval
user('ann', permissions => {
    zeta => 'can_view', dashboard => ['can_edit', 'can_view'], chart => [],
    ai => ['can_query'], database => ['can_view', 'can_edit', 'can_query'],
})
--- sees_only: permissions
--- sees
X-Toucan-Permissions: ai:can_query dashboard:can_edit dashboard:can_view database:can_edit database:can_query database:can_view zeta:can_view


=== TEST 11: UTF-8
--- gate: toucan_roles any;
--- more_headers eval
user("J\x{fc}rgen \x{1f426}", organization => "\x{65e5}\x{672c}",
     'user.role' => "r\x{f4}le")
--- sees_only: distinct|organization|role
--- sees
X-Toucan-Distinct-Id: J%C3%BCrgen %F0%9F%90%A6
X-Toucan-Role: r%C3%B4le
X-Toucan-Organization: %E6%97%A5%E6%9C%AC


=== TEST 12: CR, LF, TAB, NUL-like controls, DEL: no header can be split
--- gate: toucan_roles any;
--- more_headers eval
user("a\r\nX-Toucan-Role: forged", organization => "x\ny\tz\x{7f}\x{1}",
     jti => "\r\n\r\nGET /", 'user.role' => "r\n")
--- sees
X-Toucan-Distinct-Id: a%0D%0AX-Toucan-Role: forged
X-Toucan-Role: r%0A
X-Toucan-Organization: x%0Ay%09z%7F%01
X-Toucan-Token-Id: %0D%0A%0D%0AGET /
--- sees_only: distinct|role|organization|token-id|forged


=== TEST 13: a NUL in a claim: refused or encoded, never cut
--- gate
--- more_headers eval
user('ann', organization => "ac\0me")
--- error_code: 401
--- error_log
toucan: refused: bad_json


=== TEST 14: U+0085 and U+2028 are encoded
--- gate
--- more_headers eval
user('ann', organization => "a\x{85}b\x{2028}c\x{a0}d")
--- sees_only: organization
--- sees
X-Toucan-Organization: a%C2%85b%E2%80%A8c%C2%A0d


=== TEST 15: the percent sign; what looks encoded is encoded
--- gate
--- more_headers eval
user('ann', organization => '100%,%41 %', jti => '%0d%0a')
--- sees_only: organization|token-id
--- sees
X-Toucan-Organization: 100%25,%2541 %25
X-Toucan-Token-Id: %250d%250a


=== TEST 16: spaces: inside as they are, outside encoded
--- gate
--- more_headers eval
user('ann', organization => ' a  b ', jti => ' ')
--- sees_only: organization|token-id
--- sees
X-Toucan-Organization: %20a  b%20
X-Toucan-Token-Id: %20


=== TEST 17: printable ASCII as it is
--- gate
--- more_headers eval
user('ann', organization => join '', map chr, grep { $_ != 37 } 33 .. 126)
--- sees_only: organization
--- sees eval
"X-Toucan-Organization: " . join('', map chr, grep { $_ != 37 } 33 .. 126)
. "\n"


=== TEST 18: attributes of each type
--- gate
toucan_attribute customerId type=integer;
toucan_attribute plan type=string;
toucan_attribute admin type=boolean;
toucan_attribute trial type=boolean;
toucan_attribute region type=strings;
toucan_attribute shops type=integers;
--- more_headers eval
attrs(customerId => 42, plan => 'pro', admin => JSON::PP::true,
      trial => JSON::PP::false, region => ['north', 'west'],
      shops => [1, -2, 9007199254740992])
--- sees_only: attr
--- sees
X-Toucan-Attr-admin: true
X-Toucan-Attr-customerId: 42
X-Toucan-Attr-plan: pro
X-Toucan-Attr-region: north,west
X-Toucan-Attr-shops: 1,-2,9007199254740992
X-Toucan-Attr-trial: false
--- sees_sorted


=== TEST 19: attributes without a type
--- gate
toucan_attribute a;
toucan_attribute b;
toucan_attribute c;
toucan_attribute d;
--- more_headers eval
attrs(a => 'x', b => -7, c => JSON::PP::true, d => [])
--- sees_only: attr
--- sees eval
"X-Toucan-Attr-a: x
X-Toucan-Attr-b: -7
X-Toucan-Attr-c: true
X-Toucan-Attr-d: \n"


=== TEST 20: attributes that are not declared never leave
--- gate
toucan_attribute customerId;
--- more_headers eval
attrs(customerId => 42, secret => 'forged', customerid => 'forged',
      CustomerId => 'forged', customerId2 => 'forged')
--- sees_only: attr|rls|forged
--- sees
X-Toucan-Attr-customerId: 42


=== TEST 21: a declared attribute that is absent is not sent
--- gate
toucan_attribute customerId;
toucan_attribute plan;
--- more_headers eval
attrs(plan => '') . "\nX-Toucan-Attr-customerId: forged"
--- sees_only: attr|forged
--- sees eval
"X-Toucan-Attr-plan: \n"


=== TEST 22: no attributes at all
--- gate
toucan_attribute customerId column=customer_id;
--- more_headers eval
user('ann', 'user.attributes' => undef) . "\nX-Toucan-Rls: forged"
--- sees_only: attr|rls
--- sees
X-Toucan-Rls: {}


=== TEST 23: commas and percent signs in array elements
--- gate
toucan_attribute tags type=strings;
toucan_attribute plain type=string;
--- more_headers eval
attrs(tags => ['a,b', 'c%2Cd', " e ", "\x{fc}\n", '"q"'], plain => 'a,b')
--- sees_only: attr
--- sees
X-Toucan-Attr-plain: a,b
X-Toucan-Attr-tags: a%2Cb,c%252Cd,%20e%20,%C3%BC%0A,"q"
--- sees_sorted


=== TEST 24: underscores in names
--- gate
toucan_attribute customer_id;
toucan_attribute _x-y;
--- more_headers eval
attrs(customer_id => 1, '_x-y' => 2)
--- sees_only: attr
--- sees
X-Toucan-Attr--x-y: 2
X-Toucan-Attr-customer-id: 1
--- sees_sorted


=== TEST 25: the RLS object: sorted by column, whatever the order of lines
--- gate
toucan_attribute region column=region;
toucan_attribute customerId column=customer_id;
toucan_attribute plan;
toucan_attribute admin column=sales.is_admin;
toucan_attribute zip column=Zip;
--- more_headers eval
attrs(customerId => 42, region => ['north', 'west'], plan => 'pro',
      admin => JSON::PP::false, zip => '0815')
--- sees_only: rls
--- sees
X-Toucan-Rls: {"Zip":"0815","customer_id":42,"region":["north","west"],"sales.is_admin":false}


=== TEST 26: the RLS object: JSON, ASCII, surrogate pairs
--- gate
toucan_attribute a column=a;
toucan_attribute b column=b;
--- more_headers eval
attrs(a => "J\x{fc} \x{1f426} \"\\/\n\t\x{1}\x{7f}%,", b => ["\x{2028}", ",", " "])
--- sees_only: rls
--- sees
X-Toucan-Rls: {"a":"J\u00fc \ud83d\udc26 \"\\/\n\t\u0001\u007f\u0025,","b":["\u2028",","," "]}


=== TEST 27: the RLS object: empty values are there, absent ones are not
--- gate
toucan_attribute a column=a;
toucan_attribute b column=b;
toucan_attribute c column=c;
--- more_headers eval
attrs(a => '', b => [])
--- sees_only: rls
--- sees
X-Toucan-Rls: {"a":"","b":[]}


=== TEST 28: no column declared: no RLS object
--- gate
toucan_attribute customerId;
--- more_headers eval
attrs(customerId => 42) . "\nX-Toucan-Rls: forged"
--- sees_only: rls|forged
--- sees


=== TEST 29: integers at the edge; zero
--- gate
toucan_attribute a type=integer column=a;
toucan_attribute b type=integer column=b;
toucan_attribute c type=integer column=c;
--- more_headers eval
attrs(a => 9007199254740992, b => -9007199254740992, c => 0)
--- sees_only: rls|attr
--- sees
X-Toucan-Rls: {"a":9007199254740992,"b":-9007199254740992,"c":0}
X-Toucan-Attr-a: 9007199254740992
X-Toucan-Attr-b: -9007199254740992
X-Toucan-Attr-c: 0


=== TEST 30: an integer that is written as a string is a string
--- gate
toucan_attribute a type=string column=a;
--- more_headers eval
attrs(a => "42")
--- sees_only: rls|attr
--- sees
X-Toucan-Rls: {"a":"42"}
X-Toucan-Attr-a: 42


=== TEST 31: thirty attributes
--- gate eval
join "\n", map { "toucan_attribute a$_ column=c$_;" } 10 .. 39
--- more_headers eval
attrs(map { ("a$_" => $_) } 10 .. 39)
--- sees_only: rls|attr
--- sees eval
"X-Toucan-Rls: {" . join(",", map { qq("c$_":$_) } 10 .. 39) . "}\n"
. join "", map { "X-Toucan-Attr-a$_: $_\n" } 10 .. 39


=== TEST 32: a long value
--- gate
toucan_attribute a;
--- more_headers eval
attrs(a => "\x{fc}" x 900)
--- sees_only: attr
--- sees eval
"X-Toucan-Attr-a: " . ("%C3%BC" x 900) . "\n"


=== TEST 33: required, and there
--- gate
toucan_attribute customerId type=integer required column=customer_id;
--- more_headers eval
attrs(customerId => 0)
--- sees_only: attr|rls
--- sees
X-Toucan-Rls: {"customer_id":0}
X-Toucan-Attr-customerId: 0


=== TEST 34: required, and absent
--- gate
toucan_attribute customerId type=integer required column=customer_id;
--- more_headers eval
attrs(region => 'north')
--- error_code: 403
--- error_log
toucan: refused: attribute_missing
--- response_body_like: "code":"IDENTITY_DENIED"


=== TEST 35: required, no attributes at all
--- gate
toucan_attribute customerId required;
--- more_headers eval
user('ann', 'user.attributes' => undef)
--- error_code: 403
--- error_log
toucan: refused: attribute_missing


=== TEST 36: required, only the client's header says it
--- gate
toucan_attribute customerId required;
--- more_headers eval
attrs() . "\nX-Toucan-Attr-customerId: 42"
--- error_code: 403
--- error_log
toucan: refused: attribute_missing


=== TEST 37: required, an empty string
--- gate
toucan_attribute customerId required;
--- more_headers eval
attrs(customerId => '')
--- error_code: 403
--- error_log
toucan: refused: attribute_missing


=== TEST 38: required, an empty array
--- gate
toucan_attribute region type=strings required;
--- more_headers eval
attrs(region => [])
--- error_code: 403
--- error_log
toucan: refused: attribute_missing


=== TEST 39: required, a name in another case is another name
--- gate
toucan_attribute customerId required;
--- more_headers eval
attrs(customerid => 42, CUSTOMERID => 42)
--- error_code: 403
--- error_log
toucan: refused: attribute_missing


=== TEST 40: required, false is a value
--- gate
toucan_attribute admin type=boolean required;
--- more_headers eval
attrs(admin => JSON::PP::false)
--- sees_only: attr
--- sees
X-Toucan-Attr-admin: false


=== TEST 41: integer, given a string
--- gate
toucan_attribute customerId type=integer;
--- more_headers eval
attrs(customerId => "42")
--- error_code: 403
--- error_log
toucan: refused: attribute_type
--- response_body_like: "code":"IDENTITY_DENIED"


=== TEST 42: integer, given an array of one
--- gate
toucan_attribute customerId type=integer;
--- more_headers eval
attrs(customerId => [42])
--- error_code: 403
--- error_log
toucan: refused: attribute_type


=== TEST 43: integer, given a boolean
--- gate
toucan_attribute customerId type=integer;
--- more_headers eval
attrs(customerId => JSON::PP::true)
--- error_code: 403
--- error_log
toucan: refused: attribute_type


=== TEST 44: string, given an integer
--- gate
toucan_attribute plan type=string;
--- more_headers eval
attrs(plan => 1)
--- error_code: 403
--- error_log
toucan: refused: attribute_type


=== TEST 45: string, given an array
--- gate
toucan_attribute plan type=string;
--- more_headers eval
attrs(plan => ['pro'])
--- error_code: 403
--- error_log
toucan: refused: attribute_type


=== TEST 46: boolean, given a string
--- gate
toucan_attribute admin type=boolean;
--- more_headers eval
attrs(admin => 'true')
--- error_code: 403
--- error_log
toucan: refused: attribute_type


=== TEST 47: strings, given a string
--- gate
toucan_attribute region type=strings;
--- more_headers eval
attrs(region => 'north,west')
--- error_code: 403
--- error_log
toucan: refused: attribute_type


=== TEST 48: strings, given integers
--- gate
toucan_attribute region type=strings;
--- more_headers eval
attrs(region => [1, 2])
--- error_code: 403
--- error_log
toucan: refused: attribute_type


=== TEST 49: integers, given strings
--- gate
toucan_attribute shops type=integers;
--- more_headers eval
attrs(shops => ['1'])
--- error_code: 403
--- error_log
toucan: refused: attribute_type


=== TEST 50: strings, one of them empty
--- gate
toucan_attribute region type=strings;
--- more_headers eval
attrs(region => ['north', ''])
--- error_code: 403
--- error_log
toucan: refused: attribute_type


=== TEST 51: malformed attributes, declared or not: the token is malformed
--- gate: toucan_attribute customerId;
--- more_headers eval
attrs(customerId => 1, other => null())
--- error_code: 401
--- error_log
toucan: refused: bad_claim


=== TEST 52: a float
--- gate: toucan_attribute customerId;
--- more_headers eval
attrs(customerId => 1.5)
--- error_code: 401
--- error_log
toucan: refused: bad_claim


=== TEST 53: an object
--- gate: toucan_attribute customerId;
--- more_headers eval
attrs(customerId => {a => 1})
--- error_code: 401
--- error_log
toucan: refused: bad_claim


=== TEST 54: a mixed array
--- gate: toucan_attribute region;
--- more_headers eval
attrs(region => ['a', 1])
--- error_code: 401
--- error_log
toucan: refused: bad_claim


=== TEST 55: an integer beyond 2^53
--- gate: toucan_attribute customerId;
--- more_headers eval
attrs(customerId => 9007199254740993)
--- error_code: 401
--- error_log
toucan: refused: bad_claim


=== TEST 56: attributes that are no object
--- gate: toucan_attribute customerId;
--- more_headers eval
user('ann', 'user.attributes' => ['customerId', 42])
--- error_code: 401
--- error_log
toucan: refused: bad_claim


=== TEST 57: roles: the default takes explorer and maker
--- config
    location /t {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann', 'user.role' => 'maker')
--- sees_only: role
--- sees
X-Toucan-Role: maker


=== TEST 58: roles: another one
--- gate
--- more_headers eval
user('ann', 'user.role' => 'admin') . "\nX-Toucan-Role: maker"
--- error_code: 403
--- error_log
toucan: refused: role_denied
--- response_body_like: "code":"IDENTITY_DENIED"


=== TEST 59: roles: none
--- gate
--- more_headers eval
user('ann', 'user.role' => undef)
--- error_code: 403
--- error_log
toucan: refused: role_denied


=== TEST 60: roles: in another case
--- gate
--- more_headers eval
user('ann', 'user.role' => 'Explorer')
--- error_code: 403
--- error_log
toucan: refused: role_denied


=== TEST 61: roles: only the beginning of one
--- gate
--- more_headers eval
user('ann', 'user.role' => 'explore')
--- error_code: 403
--- error_log
toucan: refused: role_denied


=== TEST 62: roles: a list of one's own
--- gate: toucan_roles admin;
--- more_headers eval
user('ann', 'user.role' => 'admin')
--- sees_only: role
--- sees
X-Toucan-Role: admin


=== TEST 63: roles: that list replaces the default
--- gate: toucan_roles admin;
--- more_headers eval
user('ann')
--- error_code: 403
--- error_log
toucan: refused: role_denied


=== TEST 64: roles any: whatever it is
--- gate: toucan_roles any;
--- more_headers eval
user('ann', 'user.role' => 'x')
--- sees_only: role
--- sees
X-Toucan-Role: x


=== TEST 65: roles any: none
--- gate: toucan_roles any;
--- more_headers eval
user('ann', 'user.role' => undef) . "\nX-Toucan-Role: forged"
--- sees_only: role|distinct
--- sees
X-Toucan-Distinct-Id: ann


=== TEST 66: env: sandbox where it is live
--- gate
--- more_headers eval
user('ann', env => 'sandbox')
--- error_code: 403
--- error_log
toucan: refused: env_denied
--- response_body_like: "code":"IDENTITY_DENIED"


=== TEST 67: env: live where it is sandbox
--- gate: toucan_env sandbox;
--- more_headers eval
user('ann')
--- error_code: 403
--- error_log
toucan: refused: env_denied


=== TEST 68: env: absent is live
--- gate: toucan_env sandbox;
--- more_headers eval
user('ann', env => undef)
--- error_code: 403
--- error_log
toucan: refused: env_denied


=== TEST 69: env: neither
--- gate: toucan_env live sandbox;
--- more_headers eval
user('ann', env => 'Live')
--- error_code: 401
--- error_log
toucan: refused: bad_claim


=== TEST 70: the order: place, then identity
--- gate: toucan_embed component;
--- more_headers eval
user('ann', 'user.role' => 'admin')
--- error_code: 403
--- error_log
toucan: refused: kind_not_allowed


=== TEST 71: dry run: a verified token's identity is set though it is refused
--- gate
toucan_dry_run on;
toucan_attribute customerId required;
--- more_headers eval
attrs() . "\nX-Toucan-Role: forged"
--- error_log
toucan: would refuse: attribute_missing
--- sees eval
sees_all('ann')


=== TEST 72: dry run: a token that does not verify sets nothing
--- gate
toucan_dry_run on;
--- more_headers eval
"Authorization: Bearer " . tampered(user('ann') =~ s/.* //r)
. "\nX-Toucan-Role: forged"
--- error_log
toucan: would refuse: bad_signature
--- sees


=== TEST 73: variables are encoded as headers are
--- config
    location /t {
        toucan "t";
        toucan_attribute Tags column=tags;
        add_header X-A "$toucan_attr_tags|$toucan_organization|$toucan_rls";
        add_header X-B "$toucan_claim_user__attributes__tags";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann', organization => "a\r\nb", 'user.attributes' => {Tags => ['x,y', "\x{fc}"]})
--- response_headers
X-A: x%2Cy,%C3%BC|a%0D%0Ab|{"tags":["x,y","\u00fc"]}
X-B: x%2Cy,%C3%BC


=== TEST 74: toucan_claim moves what is told
--- gate
toucan_claim distinct_id sub;
toucan_claim role app.role;
toucan_claim attributes app.analytics;
toucan_claim organization app.tenant;
toucan_attribute customerId column=customer_id;
--- more_headers eval
user('forged', sub => 'ben', 'app.role' => 'maker',
     'app.analytics' => {customerId => 7}, 'app.tenant' => 'beta',
     'user.attributes' => {customerId => 'forged'}, jti => 'j',
     organization => 'forged')
--- sees_only: distinct|role|organization|attr|rls|forged
--- sees
X-Toucan-Distinct-Id: ben
X-Toucan-Role: maker
X-Toucan-Organization: beta
X-Toucan-Rls: {"customer_id":7}
X-Toucan-Attr-customerId: 7
