# What a token permits: models and actions, rules that must all hold, single
# objects; and that the object which a rule names is the one that is forwarded.

use lib 't/lib';
use Toucan::Test;
use Toucan::Shots;

# a token that grants permissions on single objects
sub objects {
    my @list = @_;

    return user('ann', resources => [map {
        ref ? $_ : { type => 'dashboard', id => $_, actions => ['can_view'] }
    } @list]);
}

sub may { return user('ann', permissions => $_[0]) }

our $denied = '403 REJECTED permission_denied';
our $object = '403 REJECTED object_denied';

# the head of the request that the upstream was given
sub got { my $line = shift; return qr/\r\n\r\n\Q$line\E HTTP/ }

our $by_name = <<'END';
    merge_slashes off;
    location ~ ^/d/(?<dash>.+)$ {
        toucan "t";
        toucan_permission dashboard can_view $dash;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location / {
        toucan "t";
        toucan_permission dashboard can_view $uri;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
END

our $by_arg = <<'END';
    location /d {
        toucan "t";
        toucan_permission dashboard can_view $arg_id;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
END

run_tests();

__DATA__

=== TEST 1: models and actions
--- config
    location /view {
        toucan "t";
        toucan_permission dashboard can_view;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /edit {
        toucan "t";
        toucan_permission dashboard can_edit;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /query {
        toucan "t";
        toucan_permission ai can_query;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /two {
        toucan "t";
        toucan_permission dashboard can_edit;
        toucan_permission ai can_query;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /none {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- shots eval
[
    ['view for view', 'GET /view', may({dashboard => ['can_view']}),
     '200 PASSED', qr/^X-Toucan-Permissions: dashboard:can_view\r/m],
    ['an action that is no array', 'GET /view',
     may({dashboard => 'can_view'}), '200 PASSED'],
    ['edit implies view', 'GET /view', may({dashboard => ['can_edit']}),
     '200 PASSED', qr/^X-Toucan-Permissions: dashboard:can_edit\r/m],
    ['view does not imply edit', 'GET /edit',
     may({dashboard => ['can_view']}), $denied, qr/"PERMISSION_DENIED"/,
     [qr/dashboard|can_view/]],
    ['query does not imply view', 'GET /view',
     may({dashboard => ['can_query']}), $denied],
    ['edit does not imply query', 'GET /query', may({ai => ['can_edit']}),
     $denied],
    ['edit for edit', 'GET /edit', may({dashboard => ['can_edit']}),
     '200 PASSED'],
    ['another model', 'GET /view', may({chart => ['can_view']}), $denied],
    ['a model in another case', 'GET /view',
     may({Dashboard => ['can_view']}), $denied],
    ['a model that begins so', 'GET /view',
     may({dashboards => ['can_view']}), $denied],
    ['no permissions', 'GET /view', may(undef), $denied],
    ['empty permissions', 'GET /view', may({}), $denied],
    ['a model without actions', 'GET /view', may({dashboard => []}), $denied],
    ['no rule, no permission', 'GET /none', may(undef), '200 PASSED',
     [qr/^X-Toucan-Permissions: ./m]],
    ['both of two rules', 'GET /two',
     may({dashboard => ['can_edit'], ai => ['can_query']}), '200 PASSED'],
    ['the first of two', 'GET /two', may({dashboard => ['can_edit']}),
     $denied],
    ['the second of two', 'GET /two', may({ai => ['can_query']}), $denied],
    ['permissions of another form', 'GET /view',
     may(['dashboard:can_view']), '401 REJECTED bad_claim'],
    ['an action that is none', 'GET /view',
     may({dashboard => ['can_view', 'can_fly']}), '401 REJECTED bad_claim'],
    ['an action in upper case', 'GET /view',
     may({dashboard => ['CAN_VIEW']}), '401 REJECTED bad_claim'],
    ['null as permissions', 'GET /view', may(null()),
     '401 REJECTED bad_claim'],
]


=== TEST 2: resources name the objects that are left
--- config eval
$::by_name
--- shots eval
[
    ['no resources: any object', 'GET /d/any', may({dashboard => 'can_view'}),
     '200 PASSED', got('GET /d/any')],
    ['the object', 'GET /d/sales', objects('sales'), '200 PASSED',
     got('GET /d/sales')],
    ['one of several', 'GET /d/costs', objects('sales', 'costs'),
     '200 PASSED'],
    ['another', 'GET /d/secret', objects('sales'), $object,
     qr/"PERMISSION_DENIED"/, [qr/sales|secret/]],
    ['a beginning of it', 'GET /d/sale', objects('sales'), $object],
    ['more than it', 'GET /d/sales2', objects('sales'), $object],
    ['in another case', 'GET /d/SALES', objects('sales'), $object],
    ['a slash behind it', 'GET /d/sales/', objects('sales'), $object],
    ['below it', 'GET /d/sales/x', objects('sales'), $object],
    ['no object at all', 'GET /d/sales', objects(), $object],
    ['another action', 'GET /d/sales',
     objects({type => 'dashboard', id => 'sales', actions => ['can_query']}),
     $object],
    ['edit implies view here, too', 'GET /d/sales',
     objects({type => 'dashboard', id => 'sales', actions => ['can_edit']}),
     '200 PASSED'],
    ['another type', 'GET /d/sales',
     objects({type => 'chart', id => 'sales', actions => ['can_view']}),
     $object],
    ['no actions', 'GET /d/sales',
     objects({type => 'dashboard', id => 'sales', actions => []}), $object],
    ['listed twice, the second grants', 'GET /d/sales',
     objects({type => 'dashboard', id => 'sales', actions => ['can_query']},
             'sales'), '200 PASSED'],
    ['the model is not granted', 'GET /d/sales',
     user('ann', permissions => {ai => ['can_query']}, resources =>
          [{type => 'dashboard', id => 'sales', actions => ['can_view']}]),
     $denied],
    ['a resource without id', 'GET /d/sales',
     objects({type => 'dashboard', actions => ['can_view']}),
     '401 REJECTED bad_claim'],
    ['an id that is a number', 'GET /d/1',
     objects({type => 'dashboard', id => 1, actions => ['can_view']}),
     '401 REJECTED bad_claim'],
    ['no array', 'GET /d/sales', user('ann', resources => {}),
     '401 REJECTED bad_claim'],
    ['null', 'GET /d/sales', user('ann', resources => null()),
     '401 REJECTED bad_claim'],
    ['HEAD', 'HEAD /d/secret', objects('sales'), $object],
    ['POST', 'POST /d/secret', objects('sales') . "\nContent-Length: 0",
     $object],
    ['a method of WebDAV', 'PROPFIND /d/secret', objects('sales'), $object],
]


=== TEST 3: paths that two readers may take for different objects
--- config eval
$::by_name
--- shots eval
[
    ['a control', 'GET /d/sales?x=//..', objects('sales'), '200 PASSED',
     got('GET /d/sales?x=//..')],
    ['an escaped letter is one object', 'GET /d/s%61les', objects('sales'),
     '200 PASSED', qr{\r\n\r\nGET /d/s(?:%61|a)les HTTP}],
    map({
        my ($name, $path) = @$_;
        [$name, "GET $path", objects(qw(sales / /d/sales d/sales sales/x),
                                     @$_[2 .. $#$_]), $object]
    }
    ['a double slash', '/d//sales', '/sales'],
    ['at the start', '//d/sales', '//d/sales'],
    ['an escaped slash', '/d/sales%2fx', 'sales%2fx'],
    ['in upper case', '/d/sales%2Fx'],
    ['doubly escaped', '/d/sales%252fx', 'sales%2fx'],
    ['a backslash', '/d/sales\\x', 'sales\\x'],
    ['an escaped backslash', '/d/sales%5cx', 'sales\\x'],
    ['dots', '/d/secret/../sales'],
    ['one dot', '/d/./sales'],
    ['escaped dots', '/d/secret/%2e%2e/sales'],
    ['half escaped dots', '/d/secret/.%2e/sales'],
    ['an escaped dot', '/d/sales%2ex', 'sales.x'],
    ['dots at the end', '/d/secret/x/..', 'secret/'],
    ['dots above', '/x/../d/sales'],
    ['a path parameter', '/d/sales;x=1', 'sales;x=1'],
    ['an escaped one', '/d/sales%3bx', 'sales;x'],
    ['a parameter before', '/d;x/sales', '/d;x/sales'],
    ['an escaped question mark', '/d/sales%3fx', 'sales?x'],
    ['an escaped hash', '/d/sales%23x', 'sales#x'],
    ['an overlong slash', '/d/sales%c0%afx', "sales\xc0\xafx"],
    ['a byte that is no UTF-8', '/d/sales%ff', "sales\xff"],
    ['an escaped newline', '/d/sales%0a', "sales\n"],
    ['a tab', '/d/sales%09', "sales\t"],
    ['DEL', '/d/sales%7f', "sales\x7f"],
    ['an escaped percent', '/d/sales%25', 'sales%'],
    ),
    ['an escaped NUL', 'GET /d/sales%00', objects('sales'), '400 BYPASSED'],
    ['a broken escape', 'GET /d/sales%2', objects('sales'), '400 BYPASSED'],
    ['dots out of the root', 'GET /d/../../sales', objects('sales'),
     '400 BYPASSED'],
]


=== TEST 4: with slashes merged
--- config
    location /d/ {
        toucan "t";
        toucan_permission dashboard can_view $uri;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /n/ {
        toucan "t";
        toucan_permission dashboard can_view $uri;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT/x/;
    }
--- shots eval
[
    ['a control', 'GET /d/sales', objects('/d/sales'), '200 PASSED',
     got('GET /d/sales')],
    ['a control, another path', 'GET /n/sales', objects('/n/sales'),
     '200 PASSED', got('GET /x/sales')],
    ['two slashes', 'GET /d//sales', objects('/d/sales'), $object],
    ['two slashes, another path', 'GET /n//sales', objects('/n/sales'),
     $object],
    ['dots', 'GET /n/x/../sales', objects('/n/sales'), $object],
    ['without resources all of them are let in', 'GET /n//x/../sales',
     may({dashboard => 'can_view'}), '200 PASSED', got('GET /x/sales')],
]


=== TEST 5: the object is an argument
--- config eval
$::by_arg
--- shots eval
[
    ['a control', 'GET /d?id=sales', objects('sales'), '200 PASSED',
     got('GET /d?id=sales')],
    ['between others', 'GET /d?a=1&id=sales&b=id', objects('sales'),
     '200 PASSED'],
    ['a name that ends so', 'GET /d?paid=x&id=sales', objects('sales'),
     '200 PASSED'],
    ['another object', 'GET /d?id=secret', objects('sales'), $object],
    ['without it', 'GET /d', objects('sales'), $object],
    ['empty', 'GET /d?id=', objects('sales'), $object],
    ['empty, and no resources', 'GET /d?id=', may({dashboard => 'can_view'}),
     $object],
    ['no value', 'GET /d?id', objects('sales'), $object],
    ['an escaped letter: nginx does not undo it', 'GET /d?id=s%61les',
     objects('sales'), $object],
    ['listed as escaped', 'GET /d?id=s%61les', objects('s%61les'), $object],
    ['a plus', 'GET /d?id=sales+x', objects('sales+x'), $object],
    map { ["spelled $_", "GET /d?$_", objects('sales'), $object] } qw(
        id=sales&id=secret id=secret&id=sales id=sales&id=sales
        id=sales&ID=secret ID=secret&id=sales Id=sales
        id=sales&i%64=secret i%64=secret&id=sales i%64=sales
        id=sales&id[]=secret id[]=sales id=sales&id%5b%5d=secret
        id=sales&id[0]=secret id=sales;id=secret id=secret;id=sales
        id=sales&a=1;id=secret id=sales&+id=secret id=sales&%20id=secret
        id=sales&id+=secret id=sales&id id=sales&id%00=secret
        id=sales%00 id=sales%26id=secret
    )
]


=== TEST 6: an argument that is rewritten
The query of the object is the one that is forwarded, also where something
was asked for before it was rewritten.

--- config
    location /before/ {
        set $who $toucan_distinct_id;
        rewrite ^/before/(.*)$ /after?id=$1 last;
    }
    location /early {
        toucan "t";
        set $who $toucan_distinct_id;
        rewrite ^ /early?id=sales break;
        toucan_permission dashboard can_view $arg_id;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /after {
        toucan "t";
        toucan_permission dashboard can_view $arg_id;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- shots eval
[
    ['a control', 'GET /before/sales', objects('sales'), '200 PASSED',
     got('GET /after?id=sales')],
    ['another', 'GET /before/secret', objects('sales'), $object],
    ['one more comes from the client', 'GET /before/sales?id=secret',
     objects('sales'), $object],
    ['a control of the early one', 'GET /early', objects('sales'),
     '200 PASSED', got('GET /early?id=sales')],
    ['with a query of its own', 'GET /early?x=1', objects('sales'),
     '200 PASSED', got('GET /early?id=sales&x=1')],
    ['two, of which one is the client\'s', 'GET /early?id=secret',
     objects('sales'), $object],
    ['the client\'s is the good one', 'GET /early?id=sales',
     objects('sales'), $object],
]


=== TEST 7: objects by a map, from the path, from several variables
--- http
    map $uri $board {
        default "";
        ~^/m/(?<m>[a-z]+)(?:/.*)?$ $m;
    }
--- config
    location /m/ {
        toucan "t";
        toucan_permission dashboard can_view $board;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location ~ ^/(?<space>[a-z]+)/board/(?<dash>[^/]+) {
        toucan "t";
        toucan_permission dashboard can_view $space:$dash;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /fixed {
        toucan "t";
        toucan_permission dashboard can_view sales;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /chart {
        toucan "t";
        toucan_permission dashboard can_view $arg_d;
        toucan_permission chart can_view $arg_c;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /mixed {
        toucan "t";
        toucan_permission dashboard can_view sales;
        toucan_permission ai can_query;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /plain {
        toucan "t";
        toucan_permission dashboard can_view;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /norule {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- shots eval
[
    ['by a map', 'GET /m/sales/tiles', objects('sales'), '200 PASSED',
     got('GET /m/sales/tiles')],
    ['another', 'GET /m/secret/sales', objects('sales'), $object],
    ['none of the map', 'GET /m/5', objects('sales', '5'), $object],
    ['none of the map, no resources', 'GET /m/5',
     may({dashboard => 'can_view'}), $object],
    ['two parts', 'GET /acme/board/sales', objects('acme:sales'),
     '200 PASSED'],
    ['of another space', 'GET /other/board/sales', objects('acme:sales'),
     $object],
    ['a fixed one', 'GET /fixed?id=secret', objects('sales'), '200 PASSED'],
    ['a fixed one, not listed', 'GET /fixed', objects('costs'), $object],
    ['two rules with objects', 'GET /chart?d=sales&c=pie',
     user('ann', permissions => {dashboard => 'can_view',
                                 chart => 'can_view'},
          resources => [
              {type => 'dashboard', id => 'sales', actions => ['can_view']},
              {type => 'chart', id => 'pie', actions => ['can_view']}]),
     '200 PASSED'],
    ['the second is not listed', 'GET /chart?d=sales&c=bar',
     user('ann', permissions => {dashboard => 'can_view',
                                 chart => 'can_view'},
          resources => [
              {type => 'dashboard', id => 'sales', actions => ['can_view']},
              {type => 'chart', id => 'pie', actions => ['can_view']}]),
     $object],
    ['they are not exchanged', 'GET /chart?d=pie&c=sales',
     user('ann', permissions => {dashboard => 'can_view',
                                 chart => 'can_view'},
          resources => [
              {type => 'dashboard', id => 'sales', actions => ['can_view']},
              {type => 'chart', id => 'pie', actions => ['can_view']}]),
     $object],
    ['a rule that names no object', 'GET /mixed', objects('sales'), $object],
    ['the same without resources', 'GET /mixed', user('ann'), '200 PASSED'],
    ['the only rule names none', 'GET /plain', objects('sales'), $object],
    ['no rule at all asks for no object', 'GET /norule', objects('sales'),
     '200 PASSED'],
]


=== TEST 8: after a rewrite the object is that of the new path
--- config
    location /old/ {
        rewrite ^/old/(.*)$ /d/$1 last;
    }
    location ~ ^/d/+(?<dash>[^/]+)$ {
        toucan "t";
        toucan_permission dashboard can_view $dash;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location ~ ^/broken/(?<dash>[^/]+)$ {
        toucan "t";
        toucan_permission dashboard can_view $uri;
        rewrite ^/broken/(.*)$ /d/$1 break;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- shots eval
[
    ['a control', 'GET /old/sales', objects('sales'), '200 PASSED',
     got('GET /d/sales')],
    ['another', 'GET /old/secret', objects('sales'), $object],
    ['an escaped slash', 'GET /old/%2fsales', objects('sales', '/sales'),
     $object],
    ['a path parameter', 'GET /old/sales%3bx', objects('sales;x'), $object],
    ['dots', 'GET /old/x/../sales', objects('sales'), $object],
    ['rewritten in the location itself', 'GET /broken/sales',
     objects('/d/sales'), '200 PASSED', got('GET /d/sales')],
    ['the path before it is none', 'GET /broken/sales',
     objects('/broken/sales'), $object],
]


=== TEST 9: an object of bytes beyond ASCII
--- config eval
$::by_name
--- shots eval
[
    ['UTF-8, escaped', 'GET /d/%C3%BCber', objects("\x{fc}ber"),
     '200 PASSED', got('GET /d/%C3%BCber')],
    ['UTF-8, as it is', "GET /d/\xc3\xbcber", objects("\x{fc}ber"),
     '200 PASSED'],
    ['a space', 'GET /d/q%201', objects('q 1'), '200 PASSED'],
    ['composed otherwise', 'GET /d/u%CC%88ber', objects("\x{fc}ber"),
     $object],
    ['Latin-1', 'GET /d/%FCber', objects("\x{fc}ber"), $object],
]


=== TEST 10: rules of a level replace those above
--- http
    toucan_permission ai can_query;
--- config
    location /above {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /own {
        toucan "t";
        toucan_permission dashboard can_view $arg_id;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;

        location /own/deeper {
            proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
        }
    }
--- shots eval
[
    ['inherited', 'GET /above', may({ai => 'can_query'}), '200 PASSED'],
    ['inherited, denied', 'GET /above', may({dashboard => 'can_view'}),
     $denied],
    ['replaced', 'GET /own?id=1', may({dashboard => 'can_view'}),
     '200 PASSED'],
    ['replaced, denied', 'GET /own?id=1', may({ai => 'can_query'}), $denied],
    ['a level deeper', 'GET /own/deeper?id=sales', objects('sales'),
     '200 PASSED'],
    ['a level deeper, denied', 'GET /own/deeper?id=secret',
     objects('sales'), $object],
]


=== TEST 11: forms of a request line
--- config eval
$::by_name
--- shots eval
[
    ['absolute', "GET http://localhost/d/sales HTTP/1.1\r\nHost: localhost"
     . "\r\nConnection: close\r\n" . objects('sales') . "\r\n\r\n", '',
     '200 PASSED', got('GET /d/sales')],
    ['absolute, another', "GET http://localhost/d/secret HTTP/1.1\r\n"
     . "Host: localhost\r\nConnection: close\r\n" . objects('sales')
     . "\r\n\r\n", '', $object],
    ['absolute, of another host', "GET http://d/sales/d/secret HTTP/1.1\r\n"
     . "Host: localhost\r\nConnection: close\r\n" . objects('sales')
     . "\r\n\r\n", '', $object],
    ['absolute, without a path', "GET http://localhost?/d/sales HTTP/1.1\r\n"
     . "Host: localhost\r\nConnection: close\r\n" . objects('sales')
     . "\r\n\r\n", '', $object],
    ['HTTP/1.0', "GET /d/secret HTTP/1.0\r\n" . objects('sales')
     . "\r\n\r\n", '', $object],
    ['HTTP/1.0, a control', "GET /d/sales HTTP/1.0\r\n" . objects('sales')
     . "\r\n\r\n", '', '200 PASSED'],
    ['a fragment', 'GET /d/sales#/d/secret', objects('sales'), $object],
    ['a fragment, not listed', 'GET /d/secret#/d/sales', objects('sales'),
     $object],
    ['another path in a header', 'GET /d/secret', objects('sales')
     . "\nX-Original-URL: /d/sales\nX-Rewrite-URL: /d/sales", $object],
]
