# The smallest configuration in README.md is whole, and safe; that of the token
# service does what the lines of curl beside it are there for.

use strict;
use warnings;

use lib 't/lib';

use Crypt::JWT ();
use JSON::PP ();
use Test::More;

use Toucan::Test;
use Toucan::Example;

my $acme = 'Origin: https://app.acme.example';

my $readme = do { local (@ARGV, $/) = 'README.md'; <> };

my ($text, $places, $service, $sign_in) =
    $readme =~ /^```nginx\n(.*?)^```$/gms;

ok($text, 'there is one') or die "no configuration in README.md\n";

my $s = Toucan::Example->new(name => 'README.md', text => $text,
                            key => 'ec256');

my ($code, $said) = $s->check;

is($code, 0, 'nginx -t') or diag($said);
unlike($said, qr/\[warn\]/, 'without a warning') or diag($said);
ok($s->start, 'it starts') or die "nginx does not start\n";

my $r = $s->let_in('a component', '/dashboards/sales', $acme, bearer(),
                   'X-Toucan-Role: admin');

is($s->told($r, 'X-Toucan-Role'), 'explorer', 'the true role');
is($s->told($r, 'Authorization'), undef, 'no token for the backend');

$s->refused('no_token', 401, 'no token', '/dashboards/sales', $acme);
$s->refused('bad_signature', 401, 'a forged token', '/dashboards/sales',
            $acme, bearer(tampered(token())));
$s->refused('alg_not_allowed', 401, 'a token without a signature',
            '/dashboards/sales', $acme,
            bearer(raw_token('{"alg":"none","kid":"ec256"}',
                             to_json(claims()), undef)));
$s->refused('expired', 401, 'an expired token', '/dashboards/sales',
            $acme, bearer(age => 900));
$s->refused('lifetime_too_long', 401, 'a token for a week',
            '/dashboards/sales', $acme, bearer(ttl => 7 * 86400));
$s->refused('bad_issuer', 401, 'another issuer', '/dashboards/sales',
            $acme, bearer(claims => {iss => 'https://evil.example'}));
$s->refused('bad_audience', 401, 'another audience', '/dashboards/sales',
            $acme, bearer(claims => {aud => 'another'}));
$s->refused('origin_denied', 403, 'a foreign page', '/dashboards/sales',
            'Origin: https://evil.example', bearer());
$s->refused('kind_not_allowed', 403, 'a script of nobody',
            '/dashboards/sales', bearer());
$s->refused('kind_not_allowed', 403, 'a frame', '/dashboards/sales',
            'Sec-Fetch-Dest: iframe', 'Sec-Fetch-Mode: navigate',
            'Sec-Fetch-Site: cross-site',
            'Referer: https://app.acme.example/', bearer());
$s->refused('kind_not_allowed', 403, "a framed page's own script",
            '/dashboards/sales', 'Sec-Fetch-Dest: empty',
            'Sec-Fetch-Mode: cors', 'Sec-Fetch-Site: same-origin', bearer());
$s->refused('env_denied', 403, 'a sandbox token', '/dashboards/sales',
            $acme, bearer(claims => {env => 'sandbox'}));
$s->refused('role_denied', 403, 'an unknown role', '/dashboards/sales',
            $acme, bearer(claims => {'user.role' => 'admin'}));
$s->refused('permission_denied', 403, 'no permission',
            '/dashboards/sales', $acme,
            bearer(claims => {permissions => undef}));
$s->refused('object_denied', 403, 'a token for one dashboard',
            '/dashboards/sales', $acme,
            bearer(claims => {resources => [{type => 'dashboard',
                                             id => 'sales',
                                             actions => ['can_view']}]}));

is($s->get('/elsewhere')->{status}, 404, 'nothing else is there');
ok($s->stop, 'it ends');


# the places for encrypted tokens

$s = Toucan::Example->new(
    name => 'README.md, places',
    text => $text =~ s/^ +location \/ \{/$places toucan_embed server;\n$&/mr,
    key => ['ec256', ['oct256', kid => 'gate-2026', use => 'enc']]);

($code, $said) = $s->check;
is($code, 0, 'nginx -t of the places') or diag($said);
unlike($said, qr/\[warn\].*realm "prices"/, 'dir is possible') or diag($said);
like($said, qr/\[warn\] .*no token can pass with the realm "contracts"/,
     'without its RSA key the other place is not');
ok($s->start, 'it starts') or die "nginx does not start\n";

my $encrypted = sub {
    return Crypt::JWT::encode_jwt(
        payload => to_json(claims()), alg => 'dir', enc => $_[0],
        key => Toucan::Test::private('oct256'),
        extra_headers => {kid => 'gate-2026'});
};

is($s->get('/prices/', bearer($encrypted->('A256GCM')))->{status}, 404,
   'under the secret: in, where nothing is');
$s->refused('alg_not_allowed', 401, 'with another content encryption',
            '/prices/', bearer($encrypted->('A128CBC-HS256')));
$s->refused('bad_type', 401, 'a signed token', '/contracts/', bearer());
ok($s->stop, 'it ends');


# The token service: its keys and its requests, as they stand

ok($sign_in, 'the token service is there') or die "no token service\n";

my ($chapter) = $readme =~ /^## The token service\n(.*?)^## /ms;
my @shell = $chapter =~ /^```sh\n(.*?)^```$/gms;
my ($keys) = grep { m{^util/toucan-key}m } @shell;

$service =~ s/^ +location .*\n\K(?=\n +location = .embed.refresh)/$sign_in/m;

$s = Toucan::Example->new(
    name => 'README.md, the token service', key => 'ec256',
    text => ($keys =~ s/^/#     /gmr)
            . "events {}\n\nhttp {\n$service}\n");

($code, $said) = $s->check;
is($code, 0, 'nginx -t of the token service') or diag($said);
unlike($said, qr/\[warn\]/, 'without a warning') or diag($said);
ok($s->start, 'it starts') or die "nginx does not start\n";

my %put = ('https://analytics.example.com' => "http://127.0.0.1:$s->{port}",
           "tk_live_7f3a_\x{e2}\x{80}\x{a6}" => $s->made('api --id 7f3a'));

# what is asked of a path: the status, the body as it is and as JSON

sub curl {
    my ($path, %more) = @_;

    my ($assign, $command);

    for (@shell) {
        $assign .= "$1\n" while /^([A-Z]+=.*)$/mg;
        $command = $1
            if /^(curl [^\n]*\$SITE\Q$path\E .*?)(?=\ncurl|\s*\z)/ms;
    }

    my $lines = $assign . join '', map { "$_=$more{$_}\n" } keys %more;

    for my $old (sort keys %put) {
        $lines =~ s/\Q$old\E/$put{$old}/g;
    }

    $command =~ s/^curl/curl -s -w '\n%{http_code}'/;

    open my $out, '-|', 'sh', '-c', $lines . $command or die "sh: $!\n";
    my $answer = do { local $/; <$out> };
    close $out;

    my ($body, $status) = $answer =~ /^(.*)\n(\d+)\z/s;
    my $json = eval { JSON::PP::decode_json($body) } // {};

    return ($status, $json, $body);
}

my ($shown) = $chapter =~ /^```json\n(\{"token".*?)^```$/ms;
my ($status, $got) = curl('/embed/generate-token', KEY => 'tk_live_7f3a_x');
is("$status $got->{code}", '401 API_KEY_INVALID', 'not with another key');

($status, $got) = curl('/embed/generate-token');
is($status, 200, 'a token');
is_deeply([sort keys %$got], [sort keys %{JSON::PP::decode_json($shown)}],
          'the answer is as it is shown');

my @token = (TOKEN => $got->{token});

($status, $got) = curl('/dashboards/sales', @token);
is($status, 200, 'it opens a dashboard');
is($s->told({told => $got}, 'X-Toucan-Rls'), '{"customer_id":42}',
   'with the rows of the user');

($status, $got) = curl('/embed/introspect', @token);
is("$got->{active} $got->{client_id}", '1 7f3a', 'it is active');

($status, $got) = curl('/embed/refresh', @token);
is($status, 200, 'it is renewed');
isnt($got->{token}, $token[1], 'by another one');

my $now = time;
my %id = (iss => 'https://login.acme.example/', aud => 'acme-portal',
          sub => 'gus', iat => $now, exp => $now + 60,
          analytics => {role => 'explorer'},
          user => {attributes => {customerId => 7}});

($status, $got) = curl('/embed/sign-in', ID_TOKEN => token(payload => \%id));
is("$status $got->{token_type}", '200 Bearer', 'an ID token is exchanged')
    or diag(explain($got));

my @other = (TOKEN => $got->{token});

delete $id{analytics};
($status, $got) = curl('/embed/sign-in', ID_TOKEN => token(payload => \%id));
is("$status $got->{code} $got->{field}", '403 IDENTITY_DENIED /user/role',
   'one without the role is not');

($status) = curl('/embed/revoke');
is($status, 204, 'the user is revoked');
($status, $got) = curl('/dashboards/sales', @token);
is("$status $got->{code}", '401 TOKEN_REVOKED', 'and so is the token');
($status, $got) = curl('/embed/introspect', @token);
is($got->{active}, JSON::PP::false(), 'which is not active');
($status, $got) = curl('/dashboards/sales', @other);
is($status, 200, 'another user is not');
ok($s->stop, 'it ends');
unlike($s->log('error.log'), qr/cannot be read/, 'its workers read the keys');

SKIP: {
    skip 'the workers are who the master is', 3 if $> != 0;

    chmod 0600, "$s->{prefix}/keys/api-keys.json";
    ok($s->run, 'it starts with a file that they cannot read');
    ok(Toucan::Example::until_true(sub {
           $s->log('error.log') =~
               /api-keys.json" cannot be read by the workers.*Permission/ }),
       'and says so');
    ok($s->quit, 'it ends');
}

my ($file) = $chapter =~ /^```json\n(\{"keys".*?)^```$/ms;

Toucan::Test::spew("$s->{prefix}/keys/api-keys.json", $file);
($code, $said) = $s->check;
like($said, qr/"sha256"/, 'the API key file lacks its digest');

Toucan::Test::spew("$s->{prefix}/keys/api-keys.json",
                   $file =~ s/<[^>]*>/'0123456789abcdef' x 4/er);
($code, $said) = $s->check;
is($code, 0, 'with one it is right') or diag($said);

done_testing();
