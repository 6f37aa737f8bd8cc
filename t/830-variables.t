# Variables: in every phase from a verified token, empty otherwise; the scope
# key tells apart what must be told apart, and nothing else.

use lib 't/lib';
use Toucan::Test;
use Toucan::Shots;

our $all = join '|', map { /toucan_(\w+)/ ? "$1=$_" : () } qw(
    $toucan_kind $toucan_origin $toucan_token_id $toucan_distinct_id
    $toucan_role $toucan_organization $toucan_env $toucan_jti $toucan_sid
    $toucan_kid $toucan_expires $toucan_ttl $toucan_rls $toucan_permissions
    $toucan_scope_key $toucan_attr_customerId $toucan_claim_sub
    $toucan_claim_user__role
);

our $attributes = <<'END';
    toucan_attribute customerId type=integer required column=customer_id;
    toucan_attribute region type=strings;
    toucan_attribute note;
END

# the body of one answer of a location that says one variable
sub said {
    my ($path, @o) = @_;

    my $answer = shoot("GET $path", @o ? user(@o) : '');

    return $answer->{status} == 200 ? $answer->{body} : $answer->{why};
}

# what comes of changing one claim
sub differs { return said('/key', 'ann', @_) ne said('/key', 'ann') }

sub resource {
    my ($id, $type) = @_;
    return { type => $type // 'dashboard', id => $id,
             actions => ['can_view'] };
}

run_tests();

__DATA__

=== TEST 1: each of them
--- http eval
$::attributes
--- config eval
<<"END"
    location /v {
        toucan "t";
        toucan_embed component server;
        toucan_origin https://app.example.com;
        return 200 "$::all|";
    }
    location /off {
        return 200 "$::all|\$toucan_status|\$toucan_reason|";
    }
END
--- shots eval
do {
    my $exp = time + 500;
    my $token = token(claims => {
        jti => 'j-1', exp => $exp, 'user.attributes' => {customerId => 7,
        hidden => 'x'},
    });
    require Digest::SHA;
    my $id = substr Digest::SHA::sha256_hex($token), 0, 16;
    my $nothing = qr{distinct_id=\|role=\|organization=\|env=\|jti=\|sid=\|
                     kid=\|expires=\|ttl=\|rls=\|permissions=\|scope_key=\|
                     attr_customerId=\|claim_sub=\|claim_user__role=\|}x;
    [
        ['a good token', 'GET /v', bearer($token)
         . "\nOrigin: https://APP.example.com:443", '200',
         qr{kind=component\|origin=https://app\.example\.com\|},
         qr{token_id=$id\|distinct_id=user-123\|role=explorer\|},
         qr{organization=acme\|env=live\|jti=j-1\|sid=s_5c2e\|kid=ec256\|},
         qr{expires=$exp\|ttl=(?:[1-4]\d\d|500)\|rls=\{"customer_id":7\}\|},
         qr{permissions=ai:can_query[ ]dashboard:can_view\|}x,
         qr{scope_key=[0-9a-f]{64}\|attr_customerId=7\|},
         qr{claim_sub=user-123\|claim_user__role=explorer\|}],
        ['none', 'GET /v', '', '200', qr{kind=server\|origin=\|token_id=\|},
         $nothing],
        map({
            my ($name, $header) = @$_;
            [$name, 'GET /v', $header, '200', qr/token_id=\|/, $nothing]
        }
        ['a forged one', tampered(bearer())],
        ['an expired one', bearer(age => 900, ttl => 600)],
        ['one of another key', bearer(key => 'ec256b')],
        ['one of another key under this name', bearer(key => 'ec256b',
                                                      kid => 'ec256')],
        ['unsigned', bearer(raw_token('{"alg":"none","kid":"ec256"}',
                                      to_json(claims()), undef))],
        ['of a wrong form', bearer(claims => {exp => "soon"})],
        ['two of them', "Cookie: a=b\n" . bearer('a.b.c')],
        ['forged headers', "X-Toucan-Distinct-Id: ann\nX-Toucan-Role: x"],
        ),
        ['a place that is not listed', 'GET /v', bearer()
         . "\nOrigin: https://evil.example", '200', qr/kind=component/,
         qr{origin=https://evil\.example\|}, qr/distinct_id=user-123/],
        ['where there is no gate', 'GET /off', bearer(), '200 BYPASSED',
         qr/kind=\|origin=\|token_id=\|/, $nothing, qr/BYPASSED\|\|/],
    ]
}


=== TEST 2: claims by name
--- config
    location /c {
        toucan "t";
        return 200 "s=$toucan_claim_s|i=$toucan_claim_i|b=$toucan_claim_b|f=$toucan_claim_f|l=$toucan_claim_l|n=$toucan_claim_n|o=$toucan_claim_o|m=$toucan_claim_o__m|deep=$toucan_claim_o__p__q|of=$toucan_claim_s__x|none=$toucan_claim_none|CASE=$toucan_claim_CamelCase|u=$toucan_claim_a_b|aud=$toucan_claim_aud|el=$toucan_claim_l__0|_l=$toucan_claim__lead|end";
    }
--- shots eval
[
    ['their forms', 'GET /c', bearer(claims => {
        s => "a b%,\x{fc}\n\"", i => -5, b => JSON::PP::true(),
        l => ['x,y', 2, 'z'],
        n => null(), o => {m => 'deep', p => {q => 'deeper'}},
        CamelCase => 'yes', a_b => 'under', _lead => 'led',
    }), '200', qr/s=a b%25,%C3%BC%0A"\|/, qr/\|i=-5\|b=true\|f=\|/,
     qr/\|l=x%2Cy,2,z\|n=\|o=\|m=deep\|deep=deeper\|of=\|none=\|/,
     qr/\|CASE=yes\|u=under\|aud=toucan-embed\|el=\|_l=led\|end/],
    ['a real as the token spells it', 'GET /c',
     bearer(payload => to_json(claims()) =~ s/\}\z/,"f":1.50,"i":-1E2}/r),
     '200', qr/\|i=-1E2\|b=\|f=1\.50\|/],
    ['nobody\'s', 'GET /c', tampered(bearer(claims => {s => 'x', i => 1})),
     '200', qr/^s=\|i=\|b=\|f=\|l=\|n=\|o=\|m=\|deep=\|of=\|none=\|CASE=\|/m],
    ['an empty string', 'GET /c', bearer(claims => {s => ''}), '200',
     qr/^s=\|/m],
    ['names in two cases', 'GET /c',
     bearer(claims => {camelcase => 'lower', CamelCase => 'Camel'}), '200',
     qr/\|CASE=\|/],
    ['names in two cases, none of them as nginx says it', 'GET /c',
     bearer(claims => {camelCase => 'one', CamelCase => 'two'}), '200',
     qr/\|CASE=\|/],
]


=== TEST 3: in every phase
--- http
    map $toucan_distinct_id $known {
        default no;
        ann yes;
    }
    map $toucan_role:$toucan_status $seen {
        default "$toucan_role/$toucan_status/$toucan_reason";
    }
    log_format who '$uri [$toucan_status] [$toucan_reason] '
                   '[$toucan_distinct_id] [$toucan_kind] [$known]';
--- config
    set $server "$toucan_distinct_id";
    access_log logs/who.log who;

    location /phases {
        toucan "t";
        set $rewrite "$toucan_distinct_id/$known";
        if ($toucan_role = maker) {
            set $branch maker;
        }
        add_header X-Rewrite "$rewrite" always;
        add_header X-Branch "$branch" always;
        add_header X-Server "[$server]" always;
        add_header X-Header "$toucan_distinct_id/$toucan_status" always;
        add_header X-Why "$toucan_status $toucan_reason" always;
        proxy_set_header Who "$toucan_distinct_id/$toucan_status";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /error {
        toucan "t";
        toucan_roles maker;
        error_page 401 403 = @error;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location @error {
        return 200 "who=$toucan_distinct_id why=$toucan_reason is=$toucan_status kid=$toucan_kid";
    }
    location /plain {
        return 200 "who=$toucan_distinct_id [$server]";
    }
    location /return {
        toucan "t";
        return 204;
    }
--- shots eval
[
    ['a maker', 'GET /phases', user('ann', 'user.role' => 'maker'),
     '200 PASSED', qr{^X-Rewrite: ann/yes\r}m, qr{^X-Branch: maker\r}m,
     qr{^X-Header: ann/PASSED\r}m, qr{^Who: ann/PASSED\r}m,
     qr{^X-Server: \[\]\r}m],
    ['an explorer', 'GET /phases', user('bob'), '200 PASSED',
     qr{^X-Rewrite: bob/no\r}m, qr{^X-Header: bob/PASSED\r}m,
     [qr/^X-Branch: maker/m]],
    ['forged', 'GET /phases', tampered(user('ann', 'user.role' => 'maker')),
     '401 REJECTED bad_signature', qr{^X-Rewrite: /no\r}m,
     qr{^X-Header: /REJECTED\r}m, [qr/^X-Branch: maker/m, qr/ann/]],
    ['a target of an error knows who', 'GET /error', user('ann'),
     '200 REJECTED role_denied',
     qr/who=ann why=role_denied is=REJECTED kid=ec256/],
    ['a target of an error knows nobody', 'GET /error',
     tampered(user('ann')), '200 REJECTED bad_signature',
     qr/who= why=bad_signature is=REJECTED kid=\z/],
    ['no gate', 'GET /plain', user('ann'), '200 BYPASSED',
     qr/who= \[\]/],
    ['no decision', 'GET /return', user('ann'), '204'],
]
--- after eval
sub {
    my @lines = Toucan::Shots::lines($Test::Nginx::Util::ServRoot
                                     . '/logs/who.log', qr{^/(?!ready)});
    Test::More::is(join('', @lines), <<'END', 'the log');
/phases [PASSED] [-] [ann] [server] [yes]
/phases [PASSED] [-] [bob] [server] [no]
/phases [REJECTED] [bad_signature] [-] [server] [no]
/error [REJECTED] [role_denied] [ann] [server] [yes]
/error [REJECTED] [bad_signature] [-] [server] [no]
/plain [BYPASSED] [-] [-] [-] [no]
/return [-] [-] [ann] [server] [yes]
END
}


=== TEST 4: another location's keys
--- config
    location /ec {
        toucan "t";
        set $who "$toucan_distinct_id";
        rewrite ^ /ed last;
    }
    location /ed {
        toucan "t";
        toucan_key_file $TEST_NGINX_KEYS_DIR/ed25519.jwks;
        return 200 "ec=$who ed=$toucan_distinct_id kid=$toucan_kid attr=$toucan_attr_x claim=$toucan_claim_sub";
    }
    location /jump {
        toucan "t";
        error_page 418 = /ed;
        if ($toucan_distinct_id) {
            return 418;
        }
        return 200 "nobody";
    }
    location /off {
        toucan off;
        toucan_key_file $TEST_NGINX_KEYS_DIR/ed25519.jwks;
        return 200 "[$toucan_distinct_id]";
    }
--- shots eval
[
    ['a rewrite', 'GET /ec', user('ann'), '200',
     qr/ec=ann ed= kid= attr= claim=\z/],
    ['a rewrite, the others\'', 'GET /ec',
     bearer(key => 'ed25519', claims => {'user.distinctId' => 'eda'}), '200',
     qr/ec= ed=eda kid=ed25519 attr= claim=eda\z/],
    ['an error', 'GET /jump', user('ann'), '200',
     qr/ec= ed= kid= attr= claim=\z/],
    ['an error that does not come', 'GET /jump', tampered(user('ann')),
     '200', qr/nobody/],
    ['a gate that is off', 'GET /off', bearer(key => 'ed25519'),
     '200 BYPASSED', qr/\[\]/],
]


=== TEST 5: the scope key
--- http eval
$::attributes
--- config
    location /key {
        toucan "t";
        toucan_roles any;
        toucan_env live sandbox;
        return 200 "$toucan_scope_key";
    }
    location /other {
        toucan "t";
        toucan_attribute customerId type=integer;
        return 200 "$toucan_scope_key";
    }
--- shots eval
[]
--- after eval
sub {
    my $key = said('/key', 'ann');

    Test::More::like($key, qr/^[0-9a-f]{64}\z/, 'a digest');
    Test::More::is(said('/key'), '', 'nobody has none');

    Test::More::ok(!differs(@{$_}[1 .. $#$_]), "the same: $_->[0]") for
        ['again'],
        ['another user', 'user.distinctId' => 'bob'],
        ['another token', jti => 'other', sid => 'other'],
        ['another time', exp => time + 1000],
        ['another client', client_id => 'x'],
        ['an attribute that is not declared',
         'user.attributes.secret' => 'x'],
        ['an env that is said', env => 'live'],
        ['an env that is not', env => undef];

    Test::More::ok(differs(@{$_}[1 .. $#$_]), "another: $_->[0]") for
        ['organization', organization => 'other'],
        ['no organization', organization => undef],
        ['an empty organization', organization => ''],
        ['env', env => 'sandbox'],
        ['role', 'user.role' => 'maker'],
        ['no role', 'user.role' => undef],
        ['an integer', 'user.attributes.customerId' => 43],
        ['an array', 'user.attributes.region' => ['north']],
        ['its order', 'user.attributes.region' => ['west', 'north']],
        ['its commas', 'user.attributes.region' => ['north,west']],
        ['an empty one', 'user.attributes.region' => []],
        ['a new one', 'user.attributes.note' => ''],
        ['its value', 'user.attributes.note' => '42'],
        ['its type', 'user.attributes.note' => 42],
        ['permissions', permissions => {dashboard => ['can_view']}],
        ['more permissions', permissions => {dashboard => ['can_edit'],
                                             ai => ['can_query']}],
        ['no permissions', permissions => undef],
        ['resources', resources => [resource('sales')]],
        ['no resource', resources => []];

    my @keys = map { said('/key', 'ann', @$_) }
        ['user.attributes.note' => ''], ['user.attributes.note' => '42'],
        ['user.attributes.note' => 42], ['user.attributes.note' => 'x'],
        [resources => []], [resources => [resource('sales')]],
        [resources => [resource('costs')]],
        [resources => [resource('sales', 'chart')]],
        [resources => [resource('sales'), resource('costs')]],
        [organization => 'liveexplorer', env => 'live'],
        [organization => 'live', 'user.role' => 'explorer'],
        [organization => 'acme', 'user.role' => 'live'];
    my %keys = map { $_ => 1 } @keys;

    Test::More::is(scalar keys %keys, scalar @keys,
                   'no two of these are the same');
    Test::More::isnt(said('/other', 'ann'), $key,
                     'where other attributes are declared, it is another');
}
