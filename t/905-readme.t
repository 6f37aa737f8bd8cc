# The smallest configuration in README.md is whole, and safe.

use strict;
use warnings;

use lib 't/lib';

use Crypt::JWT ();
use Test::More;

use Toucan::Test;
use Toucan::Example;

my $acme = 'Origin: https://app.acme.example';

my $readme = do { local (@ARGV, $/) = 'README.md'; <> };

my ($text, $places) = $readme =~ /^```nginx\n(.*?)^```$/gms;

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

done_testing();
