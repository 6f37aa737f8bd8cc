# Subrequests know no access phase: one that leads to a gated location is
# decided all the same, and what it is given is its own.

use lib 't/lib';
use Toucan::Test;
use Toucan::Shots;

repeat_each(1);         # what comes twice is not the same

# the head that the upstream was given for a path, up to its end
sub given {
    my ($path, @lines) = @_;

    my $head = qr/GET \Q$path\E HTTP(?:[^\n]*\n)(?:[\w-]+:[^\n]*\n)*?/;
    return map { qr/$head\Q$_\E/ } @lines;
}

our $identity = 'X-Toucan-Distinct-Id: ann';
our $other = bearer(key => 'ed25519', claims => {'user.distinctId' => 'ann'});

sub part { return "[<!--# include virtual=\"$_[0]\" -->]\n" }

our $pages = join '', map { ">>> p/$_->[0].html\n" . join '', map { part($_) }
                            @$_[1 .. $#$_] }
    ['one', '/part'], ['two', '/open/1', '/part', '/open/2'],
    ['both', '/part', '/ed'], ['role', '/role'],
    ['who', '/who'], ['turn', '/turn'], ['dry', '/dry'], ['off', '/part/off'];

our $upstream = 'proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;';

our $config = <<"END";
    ssi_types text/plain;
    location / {
        ssi on;
    }
    location /gated/ {
        toucan "t";
        ssi on;
        alias \$TEST_NGINX_HTML_DIR/;
    }
    location /part {
        toucan "t";
        $upstream

        location /part/off {
            toucan off;
            $upstream
        }
    }
    location /ed {
        toucan "t";
        toucan_key_file \$TEST_NGINX_KEYS_DIR/ed25519.jwks;
        $upstream
    }
    location /role {
        toucan "t";
        toucan_roles maker;
        $upstream
    }
    location /open {
        $upstream
    }
    location /dry {
        toucan "t";
        toucan_dry_run on;
        toucan_key_file \$TEST_NGINX_KEYS_DIR/ed25519.jwks;
        $upstream
    }
    location /turn {
        toucan "t";
        toucan_roles maker;
        error_page 403 = /open/turned;
        $upstream
    }
    location /who {
        toucan "t";
        toucan_key_file \$TEST_NGINX_KEYS_DIR/ed25519.jwks;
        set \$who "\$toucan_distinct_id:\$toucan_claim_sub";
        error_page 401 = \@who;
        $upstream
    }
    location \@who {
        return 200 "who=\$who";
    }
END

run_tests();

__DATA__

=== TEST 1: SSI from an ungated page
--- config eval
$::config
--- user_files eval
$::pages
--- shots eval
[
    ['without a token the part is refused', 'GET /p/one.html', '',
     '200 BYPASSED', qr/401 Authorization Required/, [qr{GET /part}]],
    ['with one it is let in', 'GET /p/one.html', user('ann'), '200 BYPASSED',
     given('/part', $identity), [qr/^Authorization/m]],
    ['a forged one', 'GET /p/one.html', tampered(user('ann')),
     '200 BYPASSED', qr/401 Authorization Required/, [qr{GET /part}]],
    ['an expired one', 'GET /p/one.html', bearer(age => 900, ttl => 600),
     '200 BYPASSED', qr/401 Authorization Required/, [qr{GET /part}]],
    ['forged identity headers', 'GET /p/one.html',
     "X-Toucan-Distinct-Id: ann\nX-Toucan-Role: maker", '200 BYPASSED',
     qr/401 Authorization Required/, [qr{GET /part}, qr/X-Toucan/]],
    ['forged ones beside a good token', 'GET /p/one.html', user('ann')
     . "\nX-Toucan-Distinct-Id: eve", '200 BYPASSED',
     given('/part', $identity), [qr/eve/]],
    ['the role is not accepted', 'GET /p/role.html', user('ann'),
     '200 BYPASSED', qr/403 Forbidden/, [qr{GET /role}]],
    ['another role', 'GET /p/role.html', user('ann', 'user.role' => 'maker'),
     '200 BYPASSED', given('/role', $identity)],
    ['the identity is the part\'s alone', 'GET /p/two.html', user('ann'),
     '200 BYPASSED', given('/part', $identity),
     given('/open/1', 'Authorization: Bearer'),
     given('/open/2', 'Authorization: Bearer'),
     [given('/open/1', $identity), given('/open/2', $identity),
      given('/part', 'Authorization')]],
    ['two parts, two sets of keys: the first', 'GET /p/both.html', user('ann'),
     '200 BYPASSED', given('/part', $identity),
     qr/401 Authorization Required/, [qr{GET /ed}]],
    ['two parts, two sets of keys: the second', 'GET /p/both.html', $other,
     '200 BYPASSED', given('/ed', $identity),
     qr/401 Authorization Required/, [qr{GET /part}]],
    ['a part that is turned away to an open place', 'GET /p/turn.html',
     user('ann'), '200 BYPASSED', qr{GET /open/turned HTTP},
     [qr/X-Toucan/, qr/^Authorization/m]],
    ['a page of another kind', 'GET /p/one.html', user('ann')
     . "\nOrigin: https://evil.example", '200 BYPASSED', qr/403 Forbidden/,
     [qr{GET /part}]],
    ['toucan off below it', 'GET /p/off.html', '', '200 BYPASSED',
     qr{GET /part/off HTTP}],
]
--- after eval
sub {
    my %reasons;
    $reasons{$_}++
        for map { /toucan: refused: (\w+)/ ? $1 : () } error_lines();
    Test::More::is_deeply(\%reasons, {
        no_token => 2, bad_signature => 1, expired => 1, role_denied => 2,
        key_not_found => 2, kind_not_allowed => 1,
    }, 'each part was refused for its reason, once');
}


=== TEST 2: SSI from a gated page
--- config eval
$::config
--- user_files eval
$::pages
--- shots eval
[
    ['no token, no page', 'GET /gated/p/one.html', '',
     '401 REJECTED no_token'],
    ['a part of another location', 'GET /gated/p/one.html', user('ann'),
     '200 PASSED', given('/part', $identity), [qr/^Authorization/m]],
    ['between open ones: these have the page\'s', 'GET /gated/p/two.html',
     user('ann'), '200 PASSED', given('/part', $identity),
     given('/open/1', $identity), given('/open/2', $identity),
     [qr/Distinct-Id: ann[^\]]*Distinct-Id:/s]],
    ['a part with a stricter policy', 'GET /gated/p/role.html', user('ann'),
     '200 PASSED', qr/403 Forbidden/, [qr{GET /role}]],
    ['a part with other keys', 'GET /gated/p/both.html', user('ann'),
     '200 PASSED', given('/part', $identity),
     qr/401 Authorization Required/, [qr{GET /ed}]],
    ['what the page verified is not the part\'s, in a dry run',
     'GET /gated/p/dry.html', user('ann'), '200 PASSED', qr{GET /dry HTTP},
     [given('/dry', 'X-Toucan')]],
    ['nor in its variables', 'GET /gated/p/who.html', user('ann'),
     '200 PASSED', qr/who=:/, [qr/who=ann/, qr/who=:ann/]],
    ['but those of its own keys are', 'GET /p/who.html', $other,
     '200 BYPASSED', given('/who', $identity)],
]


=== TEST 3: objects of subrequests into the same location
--- http
    map $uri $board {
        volatile;
        ~^/m/(?<m>[a-z]+) $m;
    }
--- config
    location / {
        root $TEST_NGINX_HTML_DIR;
    }
    location ~ ^/s/(?<dash>[a-z]+)$ {
        toucan "t";
        toucan_permission dashboard can_view $dash;
        ssi on;
        ssi_types *;
        try_files /$dash.part =404;
    }
    location ~ ^/m/ {
        toucan "t";
        toucan_permission dashboard can_view $board;
        ssi on;
        ssi_types *;
        try_files /m$board.part =404;
    }
    location /a {
        toucan "t";
        toucan_permission dashboard can_view $arg_id;
        ssi on;
        ssi_types *;
        try_files /a$arg_id.part =404;
    }
--- user_files eval
join '', map { ">>> $_->[0].part\n$_->[1]\n" }
    ['sales', 'the sales <!--# include virtual="/s/secret" --> of'],
    ['costs', 'the costs <!--# include virtual="/s/sales" --> of'],
    ['secret', 'the secret'],
    ['msales', 'the sales <!--# include virtual="/m/secret" --> of'],
    ['msecret', 'the secret'],
    ['asales', 'the sales <!--# include virtual="/a?id=secret" --> of'],
    ['asecret', 'the secret'],
    ['acosts', 'the costs <!--# include virtual="/a?id=sales&id=x" --> of'],
--- shots eval
do {
    my $list = sub {
        user('ann', resources => [map {
            { type => 'dashboard', id => $_, actions => ['can_view'] } } @_])
    };
    my @kinds = (['a capture', '/s/%s'], ['a map', '/m/%s'],
                 ['an argument', '/a?id=%s']);
    [
        map({
            my ($name, $path) = @$_;
            [$name, 'GET ' . sprintf($path, 'sales'),
             $list->(qw(sales secret)), '200 PASSED',
             qr/the sales the secret/],
            ["$name, another object", 'GET ' . sprintf($path, 'sales'),
             $list->('sales'), '200 PASSED', qr/the sales .*403 Forbidden/s,
             [qr/the secret/]],
            ["$name, the object itself", 'GET ' . sprintf($path, 'secret'),
             $list->('sales'), '403 REJECTED object_denied'],
        } @kinds),
        ['an argument that occurs twice in the part', 'GET /a?id=costs',
         $list->(qw(costs sales)), '200 PASSED', qr/the costs .*403/s],
    ];
}


=== TEST 4: auth_request
--- config eval
<<'END'
    location /main {
        toucan "t";
        auth_request /auth/main;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /main/role {
        toucan "t";
        auth_request /auth/role;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /gateless {
        auth_request /auth/main;
        auth_request_set $who $toucan_distinct_id;
        add_header X-Who $who always;
        add_header X-Why "$toucan_status $toucan_reason" always;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /try {
        auth_request /auth/try;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /static {
        auth_request /auth/static;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /open {
        toucan "t";
        auth_request /seen;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /auth/main {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /auth/role {
        toucan "t";
        toucan_roles maker;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /auth/try {
        toucan "t";
        try_files /nowhere =204;
    }
    location /auth/static {
        toucan "t";
        alias $TEST_NGINX_HTML_DIR/index.html;
    }
    location /seen {
        log_subrequest on;
        access_log logs/seen.log;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
END
--- shots eval
[
    ['both are gated', 'GET /main', user('ann'), '200 PASSED',
     given('/main', $identity)],
    ['no token', 'GET /main', '', '401 REJECTED no_token'],
    ['the second gate is stricter', 'GET /main/role', user('ann'),
     '403 PASSED', [qr{GET /main/role}]],
    ['and opens, too', 'GET /main/role', user('ann', 'user.role' => 'maker'),
     '200 PASSED', given('/main/role', 'X-Toucan-Role: maker')],
    ['only the question is gated', 'GET /gateless', user('ann'),
     '200 BYPASSED', given('/gateless', 'Authorization: Bearer'),
     [given('/gateless', 'X-Toucan')]],
    ['only the question is gated: none', 'GET /gateless', '',
     '401 BYPASSED', [qr{GET /gateless}]],
    ['only the question is gated: forged', 'GET /gateless',
     tampered(user('ann')), '401 BYPASSED', [qr{GET /gateless}]],
    ['try_files does not come first', 'GET /try', '', '401 BYPASSED',
     [qr{GET /try}]],
    ['try_files lets in', 'GET /try', user('ann'), '200 BYPASSED',
     qr{GET /try}],
    ['a file', 'GET /static', '', '401 BYPASSED', [qr{GET /static}]],
    ['a file lets in', 'GET /static', user('ann'), '200 BYPASSED',
     qr{GET /static}],
    ['an open question', 'GET /open', user('ann'), '200 PASSED',
     given('/open', $identity)],
]


=== TEST 5: mirror
--- http
    log_format seen '$uri $toucan_status $toucan_reason '
                    '$http_x_toucan_distinct_id/$http_authorization';
--- config
    log_subrequest on;
    location /gated {
        toucan "t";
        mirror /copy/gated;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /open {
        mirror /copy/open;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /plain {
        toucan "t";
        mirror /nogate;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /copy {
        internal;
        toucan "t";
        toucan_roles maker;
        access_log logs/seen.log seen;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /nogate {
        internal;
        access_log logs/seen.log seen;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- shots eval
[
    ['a maker', 'GET /gated', user('ann', 'user.role' => 'maker'),
     '200 PASSED', given('/gated', $identity)],
    ['an explorer', 'GET /gated', user('bob'), '200 PASSED'],
    ['an open one', 'GET /open', user('cay', 'user.role' => 'maker'),
     '200 BYPASSED', given('/open', 'Authorization'), [qr/X-Toucan/]],
    ['an open one without token', 'GET /open', '', '200 BYPASSED'],
    ['a copy without a gate', 'GET /plain', user('dan'), '200 PASSED'],
]
--- after eval
sub {
    my @lines;
    my $file = $Test::Nginx::Util::ServRoot . '/logs/seen.log';

    await('the copies were made', sub {
        @lines = sort(Toucan::Shots::lines($file));
        return @lines == 5;
    });

    Test::More::like($lines[0], qr{^/copy/gated PASSED - ann/-$},
                     'a copy that was let in');
    Test::More::like($lines[1], qr{^/copy/gated REJECTED role_denied -/-$},
                     'a copy that was refused');
    Test::More::like($lines[2], qr{^/copy/open PASSED - cay/-$},
                     'a copy of an open request');
    Test::More::like($lines[3], qr{^/copy/open REJECTED no_token -/-$},
                     'a copy without a token');
    Test::More::like($lines[4], qr{^/nogate \w+ - dan/-$},
                     'a copy without a gate has the identity');
}


=== TEST 6: bodies before and after
--- config
    location /page {
        add_before_body /part;
        add_after_body /open;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
        addition_types *;
    }
    location /part {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /open {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /refused {
        toucan "t";
        add_after_body /open;
        addition_types *;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- shots eval
[
    ['let in', 'GET /page', user('ann'), '200 BYPASSED',
     given('/part', $identity), qr{GET /page}, qr{GET /open},
     [given('/page', $identity), given('/open', $identity)]],
    ['not', 'GET /page', '', '200 BYPASSED', qr{GET /page}, [qr{GET /part}]],
    ['added to a refusal', 'GET /refused', '', '401 REJECTED no_token',
     [qr/X-Toucan/]],
]


=== TEST 7: slices and updates in the background
--- http
    proxy_cache_path cache keys_zone=c:1m;
    server {
        listen $TEST_NGINX_RAND_PORT_1;
        add_header X-Upstream file;
        location / { root $TEST_NGINX_HTML_DIR; }
    }
--- config
    location = /sliced.txt {
        toucan "t";
        slice 10;
        proxy_cache c;
        proxy_cache_key $toucan_scope_key$uri$slice_range;
        proxy_cache_valid 200 206 1h;
        proxy_set_header Range $slice_range;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /fresh {
        toucan "t";
        proxy_cache c;
        proxy_cache_key $toucan_scope_key$uri;
        proxy_cache_valid any 1s;
        proxy_cache_use_stale updating;
        proxy_cache_background_update on;
        add_header X-Cache $upstream_cache_status always;
        add_header X-Why "$toucan_status $toucan_reason" always;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- user_files eval
">>> sliced.txt\n" . join '', map { "line number $_\n" } 1 .. 9
--- shots eval
[
    ['no token', 'GET /sliced.txt', '', '401 REJECTED no_token',
     [qr/line number/]],
    ['all slices', 'GET /sliced.txt', user('ann'), '200 PASSED',
     qr/line number 1\n.*line number 5\n.*line number 9\n/s],
    ['again', 'GET /sliced.txt', user('ann'), '200 PASSED',
     qr/line number 1\n.*line number 5\n.*line number 9\n/s],
    ['no token, now that it is kept', 'GET /sliced.txt', '',
     '401 REJECTED no_token', [qr/line number/]],
    ['a control', 'GET /fresh', user('ann'), '200 PASSED',
     qr/X-Cache: MISS/, given('/fresh', $identity)],
]
--- after eval
sub {
    my $answer;

    await('it becomes stale', sub {
        $answer = shoot('GET /fresh', user('ann', jti => 'second'));
        return $answer->{text} =~ /X-Cache: STALE/;
    });

    await('it is updated in the background', sub {
        $answer = shoot('GET /fresh', user('ann', jti => 'third'));
        return $answer->{body} =~ /X-Toucan-Token-Id: (?:second|third)/;
    });

    Test::More::like($answer->{body}, (given('/fresh', $identity))[0],
                     'with the identity');
    Test::More::unlike($answer->{body}, qr/^Authorization/m,
                       'without the token');
}


=== TEST 8: after the end of a request
--- http
    log_format after '$uri $toucan_status $toucan_reason '
                     '$http_x_toucan_distinct_id';
--- config
    location /open {
        post_action /after/open;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /gated {
        toucan "t";
        post_action /after/gated;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /after {
        internal;
        toucan "t";
        toucan_roles maker;
        access_log logs/after.log after;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- shots eval
[
    ['without', 'GET /open', '', '200 BYPASSED'],
    ['with', 'GET /open', user('ann', 'user.role' => 'maker'),
     '200 BYPASSED', [qr/X-Toucan/]],
    ['another role', 'GET /gated', user('bob'), '200 PASSED'],
]
--- after eval
sub {
    my @lines;
    my $file = $Test::Nginx::Util::ServRoot . '/logs/after.log';

    await('it came after', sub {
        @lines = -e $file ? sort(Toucan::Shots::lines($file)) : ();
        return @lines == 3;
    });

    Test::More::is("@lines", "/after/gated REJECTED role_denied -\n "
                   . "/after/open PASSED - ann\n "
                   . "/after/open REJECTED no_token -\n",
                   'and was decided with its own policy');
}
