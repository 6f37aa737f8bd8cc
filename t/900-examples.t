# Every file of conf-examples/ does what its first comment says: nginx takes it,
# lets one request in and refuses another, for the reason named here.

use strict;
use warnings;

use lib 't/lib';

use Test::More;
use File::Basename qw(basename);
use JSON::PP ();
use Time::HiRes ();

use Toucan::Test;
use Toucan::Example;
use Toucan::Streams;

# The Origin of the host application, in a header.

my $acme = 'Origin: https://app.acme.example';

# A navigation of a frame by a current browser.

my @frame = ('Sec-Fetch-Dest: iframe', 'Sec-Fetch-Mode: navigate',
             'Sec-Fetch-Site: cross-site');

# A request of a page's own script.

my @own = ('Sec-Fetch-Dest: empty', 'Sec-Fetch-Mode: cors',
           'Sec-Fetch-Site: same-origin');

my %suites = (
    'quickstart.conf'           => \&quickstart,
    'components-and-cors.conf'  => \&components_and_cors,
    'iframes.conf'              => \&iframes,
    'object-permissions.conf'   => \&object_permissions,
    'row-level-security.conf'   => \&row_level_security,
    'your-own-issuer.conf'      => \&your_own_issuer,
    'encrypted-tokens.conf'     => \&encrypted_tokens,
    'token-service.conf'        => \&token_service,
    'single-sign-on.conf'       => \&single_sign_on,
    'revocation.conf'           => \&revocation,
    'streams.conf'              => \&streams,
    'behind-a-load-balancer.conf' => \&behind_a_load_balancer,
    'dry-run-rollout.conf'      => \&dry_run_rollout,
    'audit-log.conf'            => \&audit_log,
    'rate-limit-per-user.conf'  => \&rate_limit_per_user,
    'tenant-safe-cache.conf'    => \&tenant_safe_cache,
    'many-requests.conf'        => \&many_requests,
);

# The key that signs an example's tokens, where it is not the usual one, nor
# made as its comments say.

my %keys = (
    'your-own-issuer.conf' => 'rsa1',
    'single-sign-on.conf'  => 'rsa1',
    'encrypted-tokens.conf' => [
        'ec256',
        ['oct256', kid => 'content-2026', use => 'enc', alg => 'A256KW'],
    ],
);

my @files = glob 'conf-examples/*.conf';

ok(@files >= 17, 'the examples are there');

for my $file (@files) {
    my $name = basename($file);

    subtest $name => sub {
        my $s = Toucan::Example->new(file => $file,
                                    key => $keys{$name} // 'ec256');

        like($s->text, qr/\A# \Q$name\E: use this /,
             'the first comment says when to use it');

        my ($code, $said) = $s->check;

        is($code, 0, 'nginx -t') or diag($said);
        unlike($said, qr/\[(?:warn|error|crit|alert|emerg)\]/,
               'without a warning') or diag($said);

        my $suite = $suites{$name};

        ok($suite, 'there are requests for it') or return;
        ok($s->start, 'it starts') or return;

        $suite->($s);

        ok($s->stop, 'it ends');
        unlike($s->log('error.log'),
               qr/\[(?:crit|alert|emerg)\](?!.* key_in_browser )/,
               'without a complaint');
    };
}

done_testing();


sub quickstart {
    my $s = shift;

    my $host = 'Origin: http://app.localhost:8081';
    my $key = $s->made('api --id demo');

    my $t = sub {
        return minted($s, $key, 'ana', @_,
                      user => {attributes => {customerId => 42,
                                              region => ['north', 'west']}});
    };

    my $r = $s->let_in('a component', '/dashboards/sales', $host,
                       bearer($t->()), 'X-Toucan-Attr-customerId: 7');

    is($s->told($r, 'X-Toucan-Attr-customerId'), 42, 'the true customer');
    is($s->told($r, 'Authorization'), undef, 'no token for the backend');

    my $token = $t->();

    $r = $s->get("/dashboards/sales?a=1&token=$token", @frame,
                 'Referer: http://app.localhost:8081/page');
    is($r->{status}, 303, 'a frame with its token in the URL');
    like($r->{headers}{location}, qr{/dashboards/sales\?a=1\z},
         'is sent on without it');
    like($r->{headers}{'set-cookie'},
         qr/\Atoucan_demo=\Q$token\E;.*; Partitioned/, 'with a cookie');

    $r = $s->let_in('the frame then', '/dashboards/sales?a=1', @frame,
                    "Cookie: toucan_demo=$token");
    is($r->{told}{uri}, '/dashboards/sales?a=1', 'no token in its URL');
    is($s->told($r, 'Cookie'), undef, 'nor in a cookie for the backend');
    $s->refused('no_token', 401, 'the cookie of a component',
                '/dashboards/sales', $host, "Cookie: toucan_demo=$token");

    $s->refused('no_token', 401, 'no token', '/dashboards/sales', $host);
    $s->refused('origin_denied', 403, 'a foreign page', '/dashboards/sales',
                $acme, bearer($t->()));
    $s->refused('bad_signature', 401, 'a forged token', '/dashboards/sales',
                $host, bearer(tampered($t->())));
    $s->refused('permission_denied', 403, 'no permission',
                '/dashboards/sales', $host,
                bearer($t->(permissions => {ai => ['can_query']})));
    $s->refused('object_denied', 403, 'another dashboard',
                '/dashboards/costs', $host,
                bearer($t->(resources => [{type => 'dashboard', id => 'sales',
                                           actions => ['can_view']}])));
    declined($s, 'bad_request', 400, 'INVALID_REQUEST',
             '/user/attributes/region', 'no token without regions',
             ['/embed/generate-token',
              {user => {distinctId => 'ana', role => 'explorer',
                        attributes => {customerId => 42}}}],
             "x-api-key: $key");

    my $old = bearer($t->());

    $s->let_in('a session', '/dashboards/sales', $host, $old);
    is($s->get(['/embed/revoke', {distinctId => 'ana'}],
               "x-api-key: $key")->{status}, 204, 'a revocation');
    $s->refused('revoked', 401, 'that has ended', '/dashboards/sales', $host,
                $old);

    is($s->get('/elsewhere')->{status}, 404, 'nothing else is there');
    unlike($s->log('access.log') . $s->log('error.log'), qr/eyJ|tk_live/,
           'no token and no key in the logs');
}


sub components_and_cors {
    my $s = shift;

    my $r = $s->let_in('a component', '/api/x', $acme, bearer());

    is($r->{headers}{'access-control-allow-origin'},
       'https://app.acme.example', 'its origin may read the answer');
    is($r->{headers}{'access-control-expose-headers'},
       'etag, x-request-id', 'and these headers');
    like($r->{headers}{vary}, qr/\bOrigin\b/, 'Vary');

    $s->let_in("a subdomain", '/api/x', 'Origin: https://a.b.globex.example',
               bearer());
    $s->let_in('a pattern', '/api/x',
               'Origin: https://preview-12.initech.example', bearer());

    for (qw(https://globex.example https://evil-globex.example
            https://preview-12.initech.example.evil.example
            https://preview-x.initech.example http://app.acme.example))
    {
        $r = $s->refused('origin_denied', 403, $_, '/api/x', "Origin: $_",
                         bearer());
        is($r->{headers}{'access-control-allow-origin'}, undef,
           'which may not read the answer');
    }

    $r = $s->refused('no_token', 401, 'no token', '/api/x', $acme);

    is($r->{headers}{'access-control-allow-origin'},
       'https://app.acme.example', 'a listed page may read the refusal');
    like($r->{body}, qr/"code":"TOKEN_MISSING"/, 'which is JSON');

    my $before = $s->seen;

    $r = $s->request('OPTIONS', '/api/x', $acme,
                     'Access-Control-Request-Method: PATCH');

    is($r->{status}, 204, 'preflight');
    is($r->{headers}{'access-control-allow-methods'},
       'GET, HEAD, POST, PATCH, DELETE', 'its methods');
    is($r->{headers}{'access-control-allow-headers'},
       'authorization, content-type, if-none-match', 'its headers');
    is($r->{headers}{'access-control-max-age'}, 3600, 'its age');
    is($s->seen, $before, 'the backend does not see it');

    $s->refused('kind_not_allowed', 403, 'a frame', '/api/x', @frame,
                'Referer: https://app.acme.example/', bearer());

    my $t = token();

    $r = $s->let_in('a WebSocket', '/api/live/x', $acme, 'Upgrade: websocket',
                    "Sec-WebSocket-Protocol: toucan, $t, graphql-ws");
    is($s->told($r, 'Sec-WebSocket-Protocol'), 'graphql-ws',
       'the other protocols for the backend');

    $s->refused('no_token', 401, 'a WebSocket without a token',
                '/api/live/x', $acme, 'Upgrade: websocket',
                'Sec-WebSocket-Protocol: graphql-ws');
    $s->refused('bad_signature', 401, 'and with a forged one', '/api/live/x',
                $acme, 'Upgrade: websocket',
                'Sec-WebSocket-Protocol: toucan, ' . tampered($t));
}



sub iframes {
    my $s = shift;

    my $t = token();
    my $before = $s->seen;
    my $r = $s->get("/embed/sales?token=$t&theme=dark", @frame,
                    'Referer: https://app.acme.example/page');

    is($r->{status}, 303, 'a frame with a token in its URL is redirected');
    is($r->{headers}{location}, '/embed/sales?theme=dark', 'to one without');
    like($r->{headers}{'set-cookie'},
         qr/^__Host-toucan=\Q$t\E; Path=\/; Secure; HttpOnly; SameSite=None; Partitioned; Max-Age=\d+$/,
         'with a cookie');
    is($r->{headers}{'referrer-policy'}, 'strict-origin', 'Referrer-Policy');
    is($r->{headers}{'content-security-policy'},
       'frame-ancestors https://app.acme.example',
       'the embedder alone may frame it');
    is($s->seen, $before, 'the backend was not asked');

    my $cookie = 'Cookie: ' . $r->{headers}{'set-cookie'} =~ s/;.*//r;

    $r = $s->let_in('and it is let in', '/embed/sales?theme=dark', @frame,
                    $cookie);
    is($r->{told}{uri}, '/embed/sales?theme=dark', 'no token for the backend');
    is($s->told($r, 'Cookie'), undef, 'nor the cookie');
    is($r->{headers}{'content-security-policy'},
       'frame-ancestors https://app.acme.example https://*.globex.example',
       'the whole list may frame it');
    is($r->{headers}{'x-frame-options'}, undef,
       'the X-Frame-Options of the backend is gone');

    $r = $s->let_in("the page's own script", '/embed/data/sales', @own,
                    "$cookie; theme=dark");
    is($s->told($r, 'X-Toucan-Kind'), 'own', 'is own');
    is($s->told($r, 'Cookie'), 'theme=dark', 'with its other cookies');

    $s->refused('origin_denied', 403, 'a foreign embedder',
                "/embed/sales?token=$t", @frame,
                'Referer: https://evil.example/');
    $s->refused('kind_not_allowed', 403, 'a page of its own',
                "/embed/sales?token=$t", 'Sec-Fetch-Dest: document',
                'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Site: none');
    $s->refused('no_token', 401, "the embedder's script, with the cookie",
                '/embed/data/sales', $acme, $cookie);
    $r = $s->refused('no_token', 401, 'no cookie, no token', '/embed/sales',
                     @frame, 'Referer: https://app.acme.example/page');
    like($r->{body}, qr/Allow cookies for embedded pages/, 'says what to do');

    unlike($s->log('access.log') . $s->log('error.log'), qr/eyJ/,
           'no token in the logs');
}


sub object_permissions {
    my $s = shift;

    my $t = sub {
        my ($role, $permissions, @resources) = @_;

        return bearer(claims => {
            'user.role' => $role, permissions => $permissions,
            @resources ? (resources => [map { my ($type, $id, $action) = @$_;
                {type => $type, id => $id, actions => [$action]}
            } @resources]) : (),
        });
    };

    my $wide = $t->('explorer', {dashboard => 'can_view', chart => 'can_view',
                                 ai => 'can_query'});
    my $maker = $t->('maker', {dashboard => 'can_edit'});
    my $narrow = $t->('explorer', {dashboard => 'can_view',
                                   chart => 'can_view', ai => 'can_query'},
                      ['dashboard', 'sales', 'can_view'],
                      ['chart', 'c1', 'can_view'], ['ai', 'sales', 'can_query'],
                      ['ai', 'costs', 'can_query']);

    for (['/dashboards/sales', $wide], ['/dashboards/sales', $narrow],
         ['/dashboards/sales', $maker], ['/dashboards/costs', $wide],
         ['/dashboards/sales/layout', $maker], ['/charts?chart=c1', $narrow],
         ['/charts?chart=c2', $wide], ['/ai/sales', $narrow],
         ['/dashboards', $wide])
    {
        my $r = $s->let_in($_->[0], $_->[0], $acme, $_->[1]);
        is($r->{told}{uri}, $_->[0], 'the very object is forwarded');
    }

    $s->refused('object_denied', 403, $_, $_, $acme, $narrow)
        for '/dashboards/costs', '/charts?chart=c2', '/dashboards',
            '/charts?chart=c1&chart=c2', '/charts?chart=c1&Chart=c2',
            '//dashboards/sales', '/x/../dashboards/sales',
            '/dashboards/%2e/sales', '/ai/costs';

    $s->refused('object_denied', 403, 'an empty object', '/charts?chart=',
                $acme, $wide);
    $s->refused('role_denied', 403, 'an explorer who edits',
                '/dashboards/sales/layout', $acme, $wide);
    $s->refused('permission_denied', 403, 'a maker who may only view',
                '/dashboards/sales/layout', $acme,
                $t->('maker', {dashboard => 'can_view'}));
    $s->refused('permission_denied', 403, 'the second rule', '/ai/sales',
                $acme, $t->('explorer', {ai => 'can_query'}));
}


sub row_level_security {
    my $s = shift;

    my $t = sub {
        bearer(claims => {'user.attributes.seesMargin' => JSON::PP::false,
                          @_});
    };

    my $r = $s->let_in('typed attributes', '/dashboards/sales', $acme,
                       $t->('user.attributes.locale' => "fr, \x{e9}t\x{e9}",
                            'user.attributes.secret' => 'x'),
                       'X-Toucan-Attr-customerId: 7', 'X_Toucan_Rls: {}');

    is($s->told($r, 'X-Toucan-Rls'),
       '{"customer_id":42,"region":["north","west"],"sees_margin":false}',
       'X-Toucan-Rls');
    is($s->told($r, 'X-Toucan-Attr-customerId'), '42', 'an integer');
    is($s->told($r, 'X-Toucan-Attr-region'), 'north,west', 'a list');
    is($s->told($r, 'X-Toucan-Attr-seesMargin'), 'false', 'a boolean');
    is($s->told($r, 'X-Toucan-Attr-locale'), 'fr, %C3%A9t%C3%A9', 'a string');
    is($s->told($r, 'X-Toucan-Attr-secret'), undef,
       'one that is not declared stays here');

    $s->refused('attribute_missing', 403, 'no customer', '/dashboards/sales',
                $acme, $t->('user.attributes.customerId' => undef),
                'X-Toucan-Attr-customerId: 7');
    $s->refused('attribute_missing', 403, 'no regions', '/dashboards/sales',
                $acme, $t->('user.attributes.region' => []));
    $s->refused('attribute_type', 403, 'a customer that is a string',
                '/dashboards/sales', $acme,
                $t->('user.attributes.customerId' => '42'));
    $s->refused('bad_claim', 401, 'an attribute that is null',
                '/dashboards/sales', $acme,
                $t->('user.attributes.seesMargin' => null()));
}


# A token by toucan_mint for a user's id, with what else the request has.

sub minted {
    my ($s, $key, $id, %more) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $user = {distinctId => $id, role => 'explorer',
                %{delete $more{user} // {}}};
    my $r = $s->get(['/embed/generate-token', {user => $user, %more}],
                    "x-api-key: $key");

    is($r->{status}, 200, "a token for $id") or diag($r->{body});

    return $r->{json}{token} // 'none';
}

# A refusal by an endpoint, with its code, and the field.

sub declined {
    my ($s, $reason, $status, $code, $field, @request) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $r = $s->refused($reason, $status, @request);

    is($r->{json}{code}, $code, "$request[0]: $code");
    is($r->{json}{field}, $field, "$request[0]: the field");

    return $r;
}


sub token_service {
    my $s = shift;

    my $mint = '/embed/generate-token';
    my $key = 'x-api-key: ' . $s->made('api --id acme-1');
    my %ana = (distinctId => 'ana', role => 'explorer',
               attributes => {customerId => 42});

    my $r = $s->let_in('a token', [$mint, {user => \%ana}], $key);

    is_deeply({map { $_ => $r->{json}{$_} } qw(expiresIn expiresInSeconds
                                               tokenType env)},
              {expiresIn => '15m', expiresInSeconds => 900,
               tokenType => 'Bearer', env => 'live'}, 'the answer');
    is($r->{headers}{'cache-control'}, 'no-store', 'is kept nowhere');
    is($r->{headers}{'access-control-allow-origin'}, undef,
       'and is for no page');

    my $token = bearer($r->{json}{token});
    my $session = $r->{json}{sessionId};

    $r = $s->let_in('the gate takes it', '/dashboards/sales', $acme, $token);

    is($s->told($r, 'X-Toucan-Distinct-Id'), 'ana', 'the user');
    is($s->told($r, 'X-Toucan-Organization'), 'acme', "the key's organization");
    is($s->told($r, 'X-Toucan-Permissions'), 'dashboard:can_view',
       "the key's permissions");
    is($s->told($r, 'X-Toucan-Rls'), '{"customer_id":42}', 'the customer');

    # more than the key grants, and what the location does not know

    for (['/permissions/dashboard', permissions => {dashboard => 'can_edit'}],
         ['/origins/0', origins => ['https://globex.example']],
         ['/user/role', user => {%ana, role => 'maker'}])
    {
        my ($field, %more) = @$_;

        declined($s, 'scope_exceeds_key', 403, 'SCOPE_EXCEEDS_KEY', $field,
                 "more: $field", [$mint, {user => \%ana, %more}], $key);
    }

    for (['/expiresIn', expiresIn => 86400],
         ['/organization', organization => 'globex'],
         ['/user/attributes/customerId', user => {%ana, attributes => {}}],
         ['/user/attributes/custmerId',
          user => {%ana, attributes => {customerId => 42, custmerId => 7}}])
    {
        my ($field, %more) = @$_;

        declined($s, 'bad_request', 400, 'INVALID_REQUEST', $field,
                 "wrong: $field", [$mint, {user => \%ana, %more}], $key);
    }

    declined($s, 'api_key_missing', 401, 'API_KEY_MISSING', undef,
             'no API key', [$mint, {user => \%ana}]);
    declined($s, 'api_key_invalid', 401, 'API_KEY_INVALID', undef,
             'another secret', [$mint, {user => \%ana}],
             'x-api-key: tk_live_acme-1_' . 'x' x 43);

    # what a browser sends: the log names the key, and holds none

    unlike($s->log('error.log'), qr/\[alert\]/, 'no alert so far');
    declined($s, 'key_in_browser', 403, 'KEY_IN_BROWSER', undef,
             'a key in a page', [$mint, {user => \%ana}], $key, $acme);
    like($s->log('error.log'),
         qr/\[alert\] .* key_in_browser .* API key: acme-1,/,
         'is an alert, with its id');

    # a page renews its token

    $r = $s->let_in('a renewal', ['/embed/refresh', ''], $acme, $token);
    is($r->{json}{sessionId}, $session, 'the same session');
    is($r->{headers}{'access-control-allow-origin'},
       'https://app.acme.example', 'the page may read it');

    my $renewed = $r->{json}{token};

    $s->let_in('a renewed token', '/dashboards/sales', $acme,
               bearer($renewed));
    $s->refused('origin_denied', 403, 'a renewal by a foreign page',
                ['/embed/refresh', ''], 'Origin: https://evil.example',
                $token);
    $s->refused('bad_signature', 401, 'a renewal of a forged token',
                ['/embed/refresh', ''], $acme, bearer(tampered($renewed)));

    # whoever asks what a token says

    $r = $s->let_in('introspection', ['/embed/introspect',
                                      "token=$renewed"], $key);
    is($r->{json}{active}, JSON::PP::true, 'of a good token');
    is($r->{json}{sub}, 'ana', 'whose it is');

    $r = $s->let_in('introspection of a forged one',
                    ['/embed/introspect', 'token=' . tampered($renewed)],
                    $key);
    is_deeply($r->{json}, {active => JSON::PP::false}, 'says no more');
    declined($s, 'api_key_missing', 401, 'API_KEY_MISSING', undef,
             'introspection without an API key',
             ['/embed/introspect', "token=$renewed"]);

    # the public halves verify what was made

    $r = $s->let_in('the keys', '/embed/keys');
    is(@{$r->{json}{keys}}, 1, 'there is one');
    is($r->{json}{keys}[0]{d}, undef, 'without its private half');

    my $claims = Crypt::JWT::decode_jwt(token => $renewed,
                                        kid_keys => $r->{json});
    is($claims->{client_id}, 'acme-1', 'it verifies the token');

    $s->refused('no_token', 401, 'no token', '/dashboards/sales', $acme);
    unlike($s->log('access.log') . $s->log('error.log'), qr/eyJ|tk_live/,
           'no token and no key in the logs');
}


sub single_sign_on {
    my $s = shift;

    my $exchange = '/embed/sign-in';

    my $form = sub {
        my %change = @_;

        my $key = delete $change{key} // 'rsa1';
        my $now = time;

        return join '&',
            'grant_type=urn:ietf:params:oauth:grant-type:token-exchange',
            'subject_token_type=urn:ietf:params:oauth:token-type:id_token',
            'subject_token=' . token(key => $key, kid => 'rsa1', payload => {
                iss => 'https://login.acme.example/', sub => 'acme|4711',
                aud => 'acme-portal', iat => $now, exp => $now + 10 * 3600,
                org => {name => 'acme'}, email => 'ana@acme.example',
                analytics => {role => 'explorer',
                              attributes => {customerId => 42}},
                %change,
            });
    };

    my $r = $s->let_in('an ID token', [$exchange, $form->()]);

    is($r->{json}{expiresInSeconds}, 600, 'for a token of ten minutes');
    is($r->{json}{access_token}, $r->{json}{token}, 'as RFC 8693 names it');

    my $token = $r->{json}{token};

    $r = $s->let_in('the gate takes it', '/dashboards/sales', $acme,
                    bearer($token));

    is($s->told($r, 'X-Toucan-Distinct-Id'), 'acme|4711', 'the user');
    is($s->told($r, 'X-Toucan-Organization'), 'acme', 'the organization');
    is($s->told($r, 'X-Toucan-Permissions'), 'dashboard:can_view',
       'what every user is granted');
    is($s->told($r, 'X-Toucan-Rls'), '{"customer_id":42}', 'the customer');

    $r = $s->let_in('a renewal', ['/embed/refresh', ''], $acme,
                    bearer($token));
    $s->let_in('a renewed token', '/dashboards/sales', $acme,
               bearer($r->{json}{token}));

    my ($id_token) = $form->() =~ /subject_token=(.*)/;

    $s->refused('key_not_found', 401, 'an ID token at the gate',
                '/dashboards/sales', $acme, bearer($id_token));

    for (['bad_audience', 'TOKEN_INVALID', 'for another application',
          aud => 'other-app'],
         ['bad_issuer', 'TOKEN_INVALID', 'of another issuer',
          iss => 'https://login.globex.example/'],
         ['bad_signature', 'TOKEN_INVALID', 'by another key', key => 'rsa2'],
         ['expired', 'TOKEN_EXPIRED', 'of yesterday', iat => time - 90000,
          exp => time - 86400])
    {
        my ($reason, $code, $title, @change) = @$_;

        declined($s, $reason, 400, $code, undef, "an ID token $title",
                 [$exchange, $form->(@change)]);
    }

    my %user = (role => 'explorer', attributes => {customerId => 42});

    for (['role_denied', 'IDENTITY_DENIED', '/user/role',
          analytics => {%user, role => 'owner'}],
         ['attribute_missing', 'IDENTITY_DENIED',
          '/user/attributes/customerId', analytics => {%user,
                                                       attributes => {}}],
         ['permission_denied', 'PERMISSION_DENIED',
          '/permissions/dashboard',
          permissions => {dashboard => ['can_edit']}])
    {
        my ($reason, $code, $field, @change) = @$_;

        declined($s, $reason, 403, $code, $field, "an ID token: $reason",
                 [$exchange, $form->(@change)]);
    }

    unlike($s->log('access.log') . $s->log('error.log'), qr/eyJ/,
           'no token in the logs');
}


sub revocation {
    my $s = shift;

    my ($theirs, $ours) = map { $s->made("api --id $_") }
                          qw(acme-1 operators);
    my @sales = ('/dashboards/sales', $acme);

    my $session = sub {
        my $id = shift;

        my $r = $s->get(['/embed/generate-token',
                         {user => {distinctId => $id, role => 'explorer'}}],
                        "x-api-key: $theirs");

        is($r->{status}, 200, "a token for $id");

        return @{$r->{json}}{qw(token sessionId)};
    };

    my $revoke = sub {
        my ($key, %what) = @_;

        my $r = $s->get(['/embed/revoke', \%what], "x-api-key: $key");

        is($r->{status}, 204, "@{[%what]} is revoked");
    };

    my ($ana, $sid) = $session->('ana');
    my ($other) = $session->('ana');
    my ($gus) = $session->('gus');
    my ($eve) = $session->('eve');

    $s->let_in('a token', @sales, bearer($_)) for $ana, $other, $gus, $eve;

    $revoke->($theirs, sid => $sid);
    my $r = $s->refused('revoked', 401, 'a session that has ended', @sales,
                        bearer($ana));
    like($r->{body}, qr/"code":"TOKEN_REVOKED"/, 'says so');
    $s->let_in('another session of hers', @sales, bearer($other));

    $revoke->($theirs, distinctId => 'ana');
    $s->refused('revoked', 401, 'a user who is locked out', @sales,
                bearer($other));
    $s->let_in('another user', @sales, bearer($gus));

    # a token of a second that is not over belongs to those that were there

    Time::HiRes::sleep(1.1);

    my ($again) = $session->('ana');

    $s->let_in('a user who signs in anew', @sales, bearer($again));

    # a key of an organization is for its own users

    declined($s, 'scope_exceeds_key', 403, 'SCOPE_EXCEEDS_KEY',
             '/organization', 'somebody else',
             ['/embed/revoke', {organization => 'globex'}],
             "x-api-key: $theirs");
    declined($s, 'scope_exceeds_key', 403, 'SCOPE_EXCEEDS_KEY', undef,
             'a token for operators', ['/embed/generate-token',
             {user => {distinctId => 'x', role => 'explorer'}}],
             "x-api-key: $ours");
    declined($s, 'api_key_missing', 401, 'API_KEY_MISSING', undef,
             'nobody', ['/embed/revoke', {distinctId => 'gus'}]);
    $s->let_in('whom nobody revoked', @sales, bearer($gus));

    $revoke->($ours, distinctId => 'gus');
    $s->refused('revoked', 401, 'by an operator', @sales, bearer($gus));

    $revoke->($ours, organization => 'globex');
    $s->let_in('another organization', @sales, bearer($eve));
    $revoke->($ours, clientId => 'acme-1');
    $s->refused('revoked', 401, 'an API key that was lost', @sales,
                bearer($eve));

    # all of it is in the file

    ok($s->restart, 'it ends, and starts again');
    $s->refused('revoked', 401, 'after a restart', @sales, bearer($_))
        for $ana, $other, $gus, $eve, $again;

    Time::HiRes::sleep(1.1);

    ($again) = $session->('ana');
    $s->let_in('a new token', @sales, bearer($again));
}


sub encrypted_tokens {
    my $s = shift;

    my @sales = ('/dashboards/sales', $acme);
    my %user = (attributes => {customerId => 42});

    my %t = map { $_ => minted($s, $s->made("api --id $_"), 'ana',
                               user => \%user) } qw(acme-1 globex-1);

    for (sort keys %t) {
        my @parts = split /\./, $t{$_}, -1;
        my $header = JSON::PP::decode_json(unb64u($parts[0]));

        is(@parts, 5, 'it is encrypted');
        is($header->{kid}, "master-2026.$_", "under a key of $_");

        my $r = $s->let_in('an encrypted token', @sales, bearer($t{$_}));

        is($s->told($r, 'X-Toucan-Attr-customerId'), 42, 'the true customer');
        is($s->told($r, 'X-Toucan-Organization'), s/-1//r, 'of its key');
        is($s->told($r, 'Authorization'), undef, 'no token for the backend');
    }

    my ($acme1, $globex1) = map { [split /\./, $t{$_}, -1] } sort keys %t;

    $s->refused('bad_decrypt', 401, "another API key's name", @sales,
                bearer(join '.', $globex1->[0], @$acme1[1 .. 4]));
    $s->refused('bad_type', 401, 'not encrypted', @sales, bearer());

    # without its API key a token ends

    withdrawn($s, 'acme-1', 'keys/api-keys.json', @sales,
              bearer($t{'acme-1'}));
    $s->refused('key_not_found', 401, 'its API key is withdrawn', @sales,
                bearer($t{'acme-1'}));
    $s->let_in("another API key's", @sales, bearer($t{'globex-1'}));

    # what a partner makes

    my $sealed = sub {
        my ($payload, %more) = @_;

        return Crypt::JWT::encode_jwt(
            payload => $payload, alg => $more{alg} // 'A256KW',
            enc => $more{enc} // 'A256GCM',
            key => $more{key} // Toucan::Test::private('oct256'),
            extra_headers => {kid => 'content-2026', typ => 'JWT',
                              $more{cty} ? (cty => $more{cty}) : ()});
    };

    my @contract = ('/contracts/1', $acme);
    my $nested = $sealed->(token(), cty => 'JWT');

    my $r = $s->let_in('a nested token', @contract, bearer($nested),
                       'X-Toucan-Attr-customerId: 7');

    is($s->told($r, 'X-Toucan-Attr-customerId'), 42, 'the true customer');

    $s->refused('bad_type', 401, 'no signature inside', @contract,
                bearer($sealed->(to_json(claims()))));
    $s->refused('bad_type', 401, 'at the dashboards', @sales,
                bearer($nested));
    $s->refused('bad_decrypt', 401, 'another secret', @contract,
                bearer($sealed->(token(), cty => 'JWT', key => 'x' x 32)));
    $s->refused('bad_signature', 401, 'a broken signature inside', @contract,
                bearer($sealed->(tampered(token()), cty => 'JWT')));
    $s->refused('alg_not_allowed', 401, 'another algorithm', @contract,
                bearer($sealed->(token(), cty => 'JWT', enc => 'A128GCM')));
    unlike($s->log('access.log') . $s->log('error.log'), qr/eyJ/,
           'no token in the logs');
}

# Takes an API key away, until no worker knows it.

sub withdrawn {
    my ($s, $id, $file, @request) = @_;

    $s->toucan_key("withdraw --id $id --file $file");

    my $in_a_row = 0;

    ok(Toucan::Example::until_true(sub {
        my $r = $s->get(@request);
        $in_a_row = $r->{status} == 401 ? $in_a_row + 1 : 0;
        return $in_a_row >= 20;
    }), "$id is withdrawn");
}


sub your_own_issuer {
    my $s = shift;

    my $t = sub {
        my %change = @_;

        my $key = delete $change{key} // 'rsa1';
        my $alg = delete $change{alg};
        my $now = time;

        return bearer(token(
            key => $key, kid => 'rsa1', $alg ? (alg => $alg) : (),
            header => {typ => 'at+jwt'},
            payload => {
                iss => 'https://login.acme.example/', sub => 'acme|4711',
                aud => ['https://analytics.example.com/', 'userinfo'],
                iat => $now, exp => $now + 8 * 3600,
                org => {name => 'acme'},
                analytics => {role => 'explorer',
                              attributes => {customerId => 42}},
                'https://acme.example/grants' => {dashboard => ['can_view'],
                                                  ai => ['can_query']},
                %change,
            }));
    };

    my $r = $s->let_in("a provider's token", '/dashboards/sales', $acme,
                   $t->(), 'X-Analytics-Role: maker', 'X-Toucan-Role: maker');

    is($s->told($r, 'X-Analytics-Distinct-Id'), 'acme|4711', 'the user');
    is($s->told($r, 'X-Analytics-Role'), 'explorer', 'the role');
    is($s->told($r, 'X-Analytics-Organization'), 'acme', 'the organization');
    is($s->told($r, 'X-Analytics-Attr-customerId'), '42', 'the attribute');
    is($s->told($r, 'X-Analytics-Permissions'),
       'ai:can_query dashboard:can_view', 'the permissions');
    is($s->told($r, 'X-Toucan-Role'), undef, 'the usual prefix is ours, too');
    is($s->told($r, 'Authorization'), undef, 'no token for the backend');

    $s->let_in('a long token', '/dashboards/sales', $acme,
               $t->(groups => [map { "group-$_" x 10 } 1 .. 80]));

    $r = $s->let_in('a service', '/mcp/tools', $t->());
    like($s->told($r, 'Authorization'), qr/^Bearer eyJ/,
         'is forwarded with its token');

    $s->refused('bad_issuer', 401, 'another issuer', '/dashboards/sales',
                $acme, $t->(iss => 'https://login.acme.example'));
    $s->refused('bad_audience', 401, 'another audience', '/dashboards/sales',
                $acme, $t->(aud => 'userinfo'));
    $s->refused('bad_signature', 401, 'another key', '/dashboards/sales',
                $acme, $t->(key => 'rsa2'));
    $s->refused('alg_not_allowed', 401, 'another algorithm',
                '/dashboards/sales', $acme, $t->(alg => 'PS256'));
    $s->refused('lifetime_too_long', 401, 'a token for a day',
                '/dashboards/sales', $acme, $t->(exp => time + 86400));
    $s->refused('bad_claim', 401, 'no sub', '/dashboards/sales', $acme,
                $t->(sub => undef));
    $s->refused('kind_not_allowed', 403, 'a service at the dashboards',
                '/dashboards/sales', $t->());
    $s->refused('kind_not_allowed', 403, 'a browser at the services',
                '/mcp/tools', $acme, $t->());
}


sub behind_a_load_balancer {
    my $s = shift;

    my @via = ('Host: analytics.example.com', 'X-Forwarded-For: 192.0.2.7');

    $s->let_in('a component', '/dashboards/sales', @via, $acme, bearer());

    my $r = $s->let_in('our own page', '/dashboards/sales', @via, bearer(),
                       'Origin: https://analytics.example.com');

    is($s->told($r, 'X-Toucan-Kind'), 'own', 'is own');
    like($s->log('access.log'),
         qr/^192\.0\.2\.7 .* 200 PASSED - own$/m, 'the client is logged');

    $s->refused('origin_denied', 403, 'what nginx sees is not our own',
                '/dashboards/sales', @via, bearer(),
                'Origin: http://analytics.example.com');
    $s->refused('no_token', 401, 'no token', '/dashboards/sales', @via,
                $acme);

    is($s->get('/healthz', 'Host: analytics.example.com')->{status}, 200,
       'the health check needs no token');
    is($s->get('/dashboards/sales', 'Host: evil.example', $acme,
               bearer())->{status}, 0, 'an unknown name gets no answer');
    unlike($s->log('access.log'), qr/healthz/, 'health checks are not logged');
}


sub dry_run_rollout {
    my $s = shift;

    my $r = $s->let_in('a good request', '/dashboards/sales', $acme,
                       bearer());

    is($s->told($r, 'X-Toucan-Distinct-Id'), 'user-123', 'has its identity');
    is($r->{headers}{'content-security-policy'}, undef,
       'framing is not limited');
    like($r->{headers}{'content-security-policy-report-only'},
         qr/^frame-ancestors /, 'it is reported');

    $r = $s->let_in('a forged token', '/dashboards/sales', $acme,
                    bearer(tampered(token())), 'X-Toucan-Distinct-Id: root');
    is($s->told($r, 'X-Toucan-Distinct-Id'), undef, 'has no identity');
    like($s->log('error.log'),
         qr/\[notice\] .*toucan: would refuse: bad_signature /,
         'what would be is in the error log');

    $s->let_in('no token', '/dashboards/sales', $acme);

    $r = $s->let_in('outside of the gate', '/login',
                    'X-Toucan-Distinct-Id: root');
    is($s->told($r, 'X-Toucan-Distinct-Id'), undef, 'no identity, either');

    my @lines = map { [(split /\t/)[2 .. 4]] }
                split /\n/, $s->log('rollout.log');

    is_deeply(\@lines, [['PASSED', '-', 'component'],
                        ['REJECTED_DRY_RUN', 'bad_signature', 'component'],
                        ['REJECTED_DRY_RUN', 'no_token', 'component'],
                        ['BYPASSED', '-', '-']],
              'and in the access log');

    $s->let_in('enforced, good', '/exports/1', $acme, bearer());
    $s->refused('bad_signature', 401, 'enforced, forged', '/exports/1',
                $acme, bearer(tampered(token())));
    $s->refused('no_token', 401, 'enforced, none', '/exports/1', $acme);
}


sub audit_log {
    my $s = shift;

    my $t = token();

    $s->let_in('a component', '/dashboards/sales?x=1', $acme,
               bearer($t), 'User-Agent: "quoted"');
    $s->refused('bad_signature', 401, 'a forged token',
                '/dashboards/sales?token=' . tampered($t), $acme);
    $s->refused('no_token', 401, 'no token', '/dashboards/sales', $acme);
    $s->get('/elsewhere');

    my @lines = map { JSON::PP::decode_json($_) }
                split /\n/, $s->log('audit.log');

    is(@lines, 4, 'a line for each, of JSON');

    my %passed = (
        method => 'GET', uri => '/dashboards/sales?x=1', status => 200,
        gate => 'PASSED', reason => '', kind => 'component',
        origin => 'https://app.acme.example', organization => 'acme',
        env => 'live', user => 'user-123', role => 'explorer',
        session => 's_5c2e', client => 'k_7f3a', key => 'ec256',
        permissions => 'ai:can_query dashboard:can_view',
        rls => '{"customer_id":42}', customer => '42', agent => '"quoted"',
    );

    is_deeply({map { $_ => $lines[0]{$_} } keys %passed}, \%passed,
              'who saw what');
    like($lines[0]{token}, qr/^[0-9a-f]{16}$/, 'the token by its fingerprint');
    like($lines[0]{jti}, qr/^jti-/, 'and by its own id');
    cmp_ok($lines[0]{ttl}, '>', 0, 'and how long it was good');

    is_deeply([@{$lines[1]}{qw(status gate reason user uri)}],
              [401, 'REJECTED', 'bad_signature', '', '/dashboards/sales'],
              'who was turned away: nothing of a token that did not verify');
    is($lines[2]{reason}, 'no_token', 'and why');
    is($lines[3]{gate}, 'BYPASSED', 'and what is not gated');

    unlike($s->log('audit.log') . $s->log('error.log'), qr/eyJ/,
           'no token in the logs');
}


# The first backend tells what it was sent, another one has no end.

sub streams {
    my $s = shift;

    $s->let_in('the assistant', '/assistant/ask', $acme, bearer());
    $s->let_in('live figures', '/live/ws', $acme, bearer());
    $s->let_in('a download', '/exports/all', $acme, bearer());
    $s->refused('expired', 401, 'when it is over', '/assistant/ask', $acme,
                bearer(ttl => 60, age => 100));
    $s->refused('origin_denied', 403, 'from elsewhere', '/live/ws',
                'Origin: https://evil.example', bearer());

    my $up = upstream();
    my $live = Toucan::Example->new(
        name => 'streams.conf', key => 'ec256',
        text => $s->text =~ s/127\.0\.0\.1:8082/127.0.0.1:$up/r);

    $live->start;

    # two seconds, and the leeway

    my %o = (age => 60, ttl => 32, claims => {'user.distinctId' => 'ana'});
    my $ws = 'Upgrade: websocket';

    my %cut = map {
        my ($path, @more) = @$_;
        $path => stream($live->{port}, $path, join "\n", $acme, @more,
                        bearer(%o));
    } ['/assistant/sse'], ['/live/ws', $ws], ['/exports/sse'];

    my %stay = map {
        my ($path, @more) = @$_;
        $path => stream($live->{port}, $path, join "\n", $acme, @more,
                        bearer(claims => {'user.distinctId' => 'gus'}));
    } ['/assistant/sse'], ['/live/ws', $ws];

    my $download = delete $cut{'/exports/sse'};

    for my $path (sort keys %cut) {
        ok($cut{$path}->until(qr/\r\n\r\n/), "$path: it begins");
        is($cut{$path}->status, $path =~ /ws/ ? 101 : 200, "$path: as one");
        ok($cut{$path}->ends, "$path ends with its token");
    }

    ok($stay{$_}->goes_on, "$_ with a longer token goes on")
        for sort keys %stay;
    ok($download->goes_on, 'so does a download');

    is($live->get(['/embed/revoke', {distinctId => 'gus'}],
                  'x-api-key: ' . $live->made('api --id operators'))
       ->{status}, 204, 'a user is revoked');
    ok($stay{$_}->ends, "$_ ends with that") for sort keys %stay;

    $download->shut;

    ok(Toucan::Example::until_true(sub {
        my $log = $live->log('access.log');
        return 2 == (() = $log =~ / CUT expired ana /g)
               && 2 == (() = $log =~ / CUT revoked gus /g)
               && $log =~ /200 PASSED - ana .*exports/;
    }), 'all of it is logged') or diag($live->log('access.log'));

    $live->stop;
}


sub many_requests {
    my $s = shift;

    my $token = bearer(claims => {
        permissions => { dashboard => 'can_view' } });

    $s->let_in('a chart', "/charts/$_", $acme, $token) for 1 .. 3;
    $s->refused('permission_denied', 403, 'known, and yet not let in',
                '/ai/ask', $acme, $token);
    $s->refused('origin_denied', 403, 'nor from elsewhere', '/charts/1',
                'Origin: https://evil.example', $token);
    $s->refused('bad_signature', 401, 'a forged one', '/charts/1', $acme,
                tampered($token));

    ok(Toucan::Example::until_true(sub {
        my $log = $s->log('access.log');
        my @missed = $log =~ /cache=MISS/g;
        my @hit = $log =~ /cache=HIT/g;
        return @missed == 2 && @hit == 4;
    }), 'it was opened once');
}


sub rate_limit_per_user {
    my $s = shift;

    my $t = sub { bearer(claims => {'user.distinctId' => shift, @_}) };

    my ($ana, $gus) = ($t->('ana'), $t->('gus'));
    my ($sam, $eve) = ($t->('sam', env => 'sandbox'), tampered($ana));

    # Whoever forges her token does not use up her share.

    $s->get('/ai/ask', $acme, $eve) for 1 .. 60;
    is($s->reason, 'bad_signature', 'a forged token: bad_signature');

    $s->let_in('a user', '/ai/ask', $acme, $ana);

    my $n = until_limited($s, $ana);

    cmp_ok($n, '>=', 18, 'has a share') if defined $n;

    $s->let_in('another user', '/ai/ask', $acme, $gus);
    $s->let_in('the same id of another organization', '/ai/ask', $acme,
               $t->('ana', organization => 'globex'));

    my $r = $s->get('/ai/ask', $acme, $ana);
    is($r->{headers}{'access-control-allow-origin'},
       'https://app.acme.example', 'the page may read the answer')
        if $r->{status} == 429;

    my $m = until_limited($s, $sam);

    cmp_ok($m, '<', 15, 'a sandbox has less') if defined $m;

    $s->refused('permission_denied', 403, 'no permission', '/ai/ask', $acme,
                $t->('max', permissions => {dashboard => 'can_view'}));
}

# How many were let in; undef when the machine is too slow to reach a limit.

sub until_limited {
    my ($s, $who) = @_;

    for my $n (0 .. 300) {
        my $status = $s->get('/ai/ask', $acme, $who)->{status};

        if ($status == 429) {
            pass('the limit is reached');
            return $n;
        }

        is($status, 200, "request $n") if $status != 200;
    }

    fail('the limit is reached');

    return undef;
}


sub tenant_safe_cache {
    my $s = shift;

    my $ask = sub {
        my ($title, $cache, %claims) = @_;

        my $r = $s->let_in($title, '/dashboards/sales', $acme,
                           bearer(claims => {%claims}));
        is($r->{headers}{'x-cache'}, $cache, "$title: $cache");
        like($r->{headers}{'cache-control'} // '', qr/private/,
             "$title: private to the browser");

        return $r;
    };

    my %other = ('user.attributes.customerId' => 7);

    my $first = $ask->('one', 'MISS');
    my $second = $ask->('a colleague', 'HIT', 'user.distinctId' => 'user-2');

    is($second->{told}{n}, $first->{told}{n}, 'the same answer');
    is($s->told($second, 'X-Toucan-Distinct-Id'), undef,
       'made for nobody in particular');
    is($s->told($second, 'X-Toucan-Attr-customerId'), '42', 'but for 42');

    my $theirs = $ask->('another customer', 'MISS', %other);

    is($s->told($theirs, 'X-Toucan-Attr-customerId'), '7', 'the other rows');
    $ask->('another customer again', 'HIT', %other);
    $ask->('another role', 'MISS', 'user.role' => 'maker');
    $ask->('another organization', 'MISS', organization => 'globex');
    $ask->('more permissions', 'MISS',
           permissions => {dashboard => 'can_edit'});

    my $r = $s->refused('expired', 401, 'an expired token',
                        '/dashboards/sales', $acme, bearer(age => 900));
    unlike($r->{body}, qr/customer/, 'gets nothing out of the cache');

    $s->refused('origin_denied', 403, 'a foreign page', '/dashboards/sales',
                'Origin: https://evil.example', bearer());
    $s->refused('no_token', 401, 'no token', '/dashboards/sales', $acme);
}
