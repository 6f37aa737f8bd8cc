# The directives of the token service: what nginx does not start with and why,
# what is inherited, and where an endpoint answers.

use strict;
use warnings;

use lib 't/lib';
use Toucan::Test;
use Toucan::Service;

use File::Path qw(make_path);

plan('no_plan');

my $key = api_key('a');
my $master = master_key('m1');
my $content = { kty => 'oct', kid => 'content', alg => 'A256GCM',
                k => b64u('k' x 32) };

my %files = (
    'conf/api.json' => api_keys($key),
    'conf/many.json' => api_keys(map { { id => "k$_", scopes => ['mint'],
                                         sha256 => $key->{entry}{sha256} } }
                                 1 .. 4096),
    'conf/mint.jwks' => mint_keys('ed25519'),
    'conf/ec.jwks' => mint_keys('ec256'),
    'conf/public.jwks' => jwks_public('ec256'),
    'conf/sig.jwks' => jwks_public(['ec256', use => 'sig']),
    'conf/content.jwks' => mint_keys($content, 'ed25519'),
    'conf/behind.jwks' => mint_keys(jwk_public(['ec256', use => 'sig']),
                                      'ed25519'),
    'conf/master.jwks' => mint_keys($master),
    'conf/masters.jwks' => mint_keys(map { master_key("m$_") } 1 .. 5),
    'conf/key.pem' => key_text('ec256.pem'),
    'conf/weak.jwks' => mint_keys('rsa1024'),
    'conf/nameless.jwks' => mint_keys(master_key('m', kid => undef)),
    'conf/not.jwks' => '{"keys":[',
);

my $server = Toucan::Server->new(
    files => \%files,
    http => 'server { listen 127.0.0.1:%port%; return 204; }',
);

my %lines = (
    api => 'toucan_api_key_file api.json;',
    mint => 'toucan_mint_key_file mint.jwks;',
    keys => 'toucan_key_file public.jwks;',
    issuer => 'toucan_issuer https://embed.example.com;',
    audience => 'toucan_audience toucan-embed;',
);

# everything but the lines of these names

sub all_but {
    my %without = map { $_ => 1 } @_;

    return join ' ', map { $lines{$_} } grep { !$without{$_} } sort keys %lines;
}

sub tested {
    my ($http, $in_server, $in_location) = @_;

    $server->conf('', <<"END");
    $http
    server {
        listen 127.0.0.1:%port%;
        $in_server
        location /here {
            $in_location
        }
    }
END

    return $server->test;
}

sub starts {
    my ($name, @lines) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my ($said, $ok) = tested(@lines);

    ok($ok, "starts: $name") or diag($said);

    return $said;
}

sub fails {
    my ($name, $why, @lines) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my ($said, $ok) = tested(@lines);
    my ($line) = $said =~ /^nginx: \[emerg\] (.*)$/m;

    ok(!$ok, "fails: $name");
    $line //= $said;
    $line =~ s/ in \S+nginx\.conf:\d+\z//;
    $line =~ s/\Q@{[$server->dir]}\E\/conf\///g;
    is($line, $why, "fails: $name: why");
}


# What an endpoint needs

my $signs = 'a key that signs, or a master key, as the first one of its '
            . '"toucan_mint_key_file"';
my $sane = 'a "toucan_mint_lifetime" of at least a second, and no longer than '
           . '"toucan_max_session" and "toucan_max_lifetime"';

my %needs = (
    toucan_mint => [
        ['api', 'a "toucan_api_key_file"'],
        ['mint', 'a "toucan_mint_key_file"'],
        ['issuer', 'a "toucan_issuer" and a "toucan_audience"'],
        ['audience', 'a "toucan_issuer" and a "toucan_audience"'],
    ],
    toucan_refresh => [
        ['mint', 'a "toucan_mint_key_file"'],
        ['issuer', 'a "toucan_issuer" and a "toucan_audience"'],
        ['audience', 'a "toucan_issuer" and a "toucan_audience"'],
    ],
    toucan_introspect => [
        ['api', 'a "toucan_api_key_file"'],
        ['keys', 'a "toucan_key_file"'],
    ],
    toucan_keys => [
        ['mint', 'a "toucan_mint_key_file"'],
    ],
);

for my $endpoint (sort keys %needs) {
    my $gate = $endpoint eq 'toucan_refresh' ? 'toucan "t";' : '';
    my @needed = map { $_->[0] } @{$needs{$endpoint}};
    my %needed = map { $_ => 1 } @needed;

    starts("$endpoint, with all of it", all_but(), '', "$gate $endpoint;");
    starts("$endpoint, of the server", '', all_but(), "$gate $endpoint;");
    starts("$endpoint, of the location", '', '',
           all_but() . "$gate $endpoint;");

    for my $need (@{$needs{$endpoint}}) {
        my ($less, $what) = @$need;
        my $why = qq("$endpoint" in the location "/here" needs $what);

        fails("$endpoint without \"$less\"", $why, all_but($less), '',
              "$gate $endpoint;");
    }

    starts("$endpoint with nothing else",
           join(' ', @lines{@needed}), '',
           $gate . ($gate ? $lines{keys} : '') . "$endpoint;");

    my $want = $gate ? '"toucan" with a realm' : '"toucan off"';
    my $other = $gate ? '' : 'toucan "t";';

    fails("$endpoint, gated the other way",
          qq("$endpoint" in the location "/here" needs $want),
          all_but(), '', "$other $endpoint;");
    fails("$endpoint, gated the other way by its server",
          qq("$endpoint" in the location "/here" needs $want),
          all_but(), $gate ? 'toucan off;' : 'toucan "t";', "$endpoint;");
    starts("$endpoint, in a server that is gated otherwise", all_but(),
           $gate ? '' : 'toucan "t";',
           ($gate || 'toucan off;') . "$endpoint;");

    fails("$endpoint with an argument",
          qq(invalid number of arguments in "$endpoint" directive), all_but(),
          '', "$gate $endpoint on;");
    fails("$endpoint of a server",
          qq("$endpoint" directive is not allowed here), all_but(),
          "$gate $endpoint;", '');
    fails("$endpoint in an if",
          qq("$endpoint" directive is not allowed here), all_but(), '',
          "$gate if (\$arg_x) { $endpoint; }");
    fails("$endpoint twice", qq("$endpoint" directive is duplicate),
          all_but(), '', "$gate $endpoint; $endpoint;");

    my $beside = qq("$endpoint" directive stands beside another handler of )
                 . 'its location';

    fails("$endpoint after proxy_pass", $beside, all_but(), '',
          "$gate proxy_pass http://127.0.0.1:1; $endpoint;");
    fails("$endpoint before proxy_pass",
          qq("$endpoint" in the location "/here" needs a location without )
          . 'another handler',
          all_but(), '', "$gate $endpoint; proxy_pass http://127.0.0.1:1;");
    fails("$endpoint before stub_status",
          qq("$endpoint" in the location "/here" needs a location without )
          . 'another handler',
          all_but(), '', "$gate $endpoint; stub_status;");

    my ($second) = grep { $_ ne $endpoint } sort keys %needs;

    fails("two endpoints",
          qq("$second" directive stands beside another handler of its )
          . 'location', all_but(), '', "$gate $endpoint; $second;");
}

fails('toucan_refresh where a claim is moved',
      '"toucan_refresh" in the location "/here" needs a location without '
      . '"toucan_claim"', all_but() . 'toucan_claim role other;', '',
      'toucan "t"; toucan_refresh;');


# Keys to mint with

for my $case (
    ['public halves alone', 'sig.jwks',
     'toucan: mint key file "sig.jwks": no key that can be used: key '
     . '"ec256" passed over: without a private half it is of no use here'],
    ['one in PEM', 'key.pem',
     'toucan: mint key file "key.pem": not a JSON object'],
    ['a weak one', 'weak.jwks',
     'toucan: mint key file "weak.jwks": key "rsa1024": an RSA modulus of 1024 '
     . 'bits, not of 2048 to 16384'],
    ['a master key without a kid', 'nameless.jwks',
     'toucan: mint key file "nameless.jwks": key 1: a master key without a '
     . 'kid'],
    ['none there', 'none.jwks',
     'toucan: open() "none.jwks" failed (2: No such file or directory)'],
    ['a public half, which may encrypt', 'public.jwks',
     '"toucan_mint" in the location "/here" needs ' . $signs],
    ['a content key first', 'content.jwks',
     '"toucan_mint" in the location "/here" needs ' . $signs],
    ['a folder', '.', 'toucan: mint key file "." is no regular file'],
)
{
    my ($name, $file, $why) = @$case;
    my ($said, $ok) = tested(all_but('mint'), '',
                             "toucan_mint_key_file $file; toucan_mint;");
    my ($line) = $said =~ /^nginx: \[emerg\] (.*)$/m;

    ok(!$ok, "mint keys: $name");
    $line =~ s/ in \S+nginx\.conf:\d+\z//;
    $line =~ s/\Q@{[$server->dir]}\E\/conf\///g;
    is($line, $why, "mint keys: $name: why");
}

starts("mint keys: $_", all_but('mint'), '',
       "toucan_mint_key_file $_.jwks; toucan_mint;") for qw(mint ec master);

like(starts('mint keys: a public half, then one that signs', all_but('mint'),
            '', 'toucan_mint_key_file behind.jwks; toucan_mint;'),
     qr/\[warn\].*key "ec256" passed over/, 'of which is warned');

fails('a key file that is broken, in two',
      'toucan: mint key file "not.jwks": not strict JSON: an unexpected end, '
      . 'at line 1, column 10',
      all_but(), 'toucan_mint_key_file not.jwks;', '');
fails('too many content keys',
      'toucan: no content keys for the API keys in "many.json": 5 master '
      . 'keys for 4096 content keys each: more than 16384',
      all_but('api', 'mint'), 'toucan_api_key_file many.json;',
      'toucan_mint_key_file masters.jwks; toucan_mint;');
fails('too many content keys, of a gate',
      'toucan: no content keys for the API keys in "many.json": 5 master '
      . 'keys for 4096 content keys each: more than 16384',
      all_but('api', 'keys'), 'toucan_api_key_file many.json;',
      'toucan "t"; toucan_key_file masters.jwks;');
starts('not too many', all_but('api', 'mint'),
       'toucan_api_key_file many.json;',
       'toucan_mint_key_file master.jwks; toucan_mint;');

like(starts('a gate whose master key has no API keys',
            all_but('api', 'keys'), '',
            'toucan "t"; toucan_key_file master.jwks;'),
     qr/\[warn\].*no token can pass with the realm "t".*: a master key needs/,
     'of which is warned');
lacks(starts('a gate whose master key has API keys', all_but('keys'), '',
             'toucan "t"; toucan_key_file master.jwks;'),
      'no token can pass', 'of which is not');


# Values

my $time = 'it must be a time, such as "30s"';

for my $directive ('toucan_mint_lifetime', 'toucan_max_session') {
    fails("$directive $_", qq(invalid value "$_" in the "$directive" )
          . "directive: $time", all_but(), '', "$directive $_; toucan_mint;")
        for 'x', '-1s', '1.5h', '15min', '99999999999999999999';
    fails("$directive twice", qq("$directive" directive is duplicate),
          all_but(), '', "$directive 15m; $directive 15m; toucan_mint;");
    fails("$directive with two values",
          qq(invalid number of arguments in "$directive" directive),
          all_but(), '', "$directive 15m 15m;");
    starts("$directive in a place that mints nothing", '', '',
           "$directive 15m;");
}

for my $directive ('toucan_api_key_file', 'toucan_mint_key_file') {
    my $file = $directive =~ /api/ ? 'api.json' : 'mint.jwks';

    fails("$directive twice", qq("$directive" directive is duplicate), '', '',
          "$directive $file; $directive $file;");
    fails("$directive of two", qq(invalid number of arguments in )
          . qq("$directive" directive), '', '', "$directive $file $file;");
    fails("$directive \"\"", qq(invalid value "" in the "$directive" )
          . 'directive: it must be a path', '', '', "$directive \"\";");
    fails("$directive of what is not there",
          'toucan: open() "none" failed (2: No such file or directory)',
          "$directive none;", '', '');
    starts("$directive where nothing needs it", "$directive $file;",
           "$directive $file;", "$directive $file;");
}

for my $case (
    ['no time', 'toucan_mint_lifetime 0;'],
    ['longer than a session', 'toucan_mint_lifetime 10m; '
     . 'toucan_max_session 9m;'],
    ['the usual, longer than a session', 'toucan_max_session 899s;'],
    ['longer than a token may last', 'toucan_mint_lifetime 3601;'],
    ['the usual, longer than a token may', 'toucan_max_lifetime 899s;'],
    ['longer than the usual session', 'toucan_max_lifetime 0; '
     . 'toucan_mint_lifetime 43201s;'],
)
{
    my ($name, $lines) = @$case;

    for my $where (0 .. 2) {
        my @lines = (all_but(), '', 'toucan_mint;');
        $lines[$where] .= $lines;

        fails("lifetime: $name, at level $where",
              qq("toucan_mint" in the location "/here" needs $sane), @lines);
    }
}

starts("lifetime: $_", all_but(), '', "$_ toucan_mint;")
    for 'toucan_mint_lifetime 1;',
        'toucan_mint_lifetime 10m; toucan_max_session 10m;',
        'toucan_mint_lifetime 1h;', 'toucan_max_lifetime 900;',
        'toucan_max_lifetime 0; toucan_mint_lifetime 12h;';


# What is inherited, and where an endpoint answers

my $other = api_key('other');
my $running = service(
    api_keys => [$key],
    http => 'toucan_mint_lifetime 10m; toucan_max_session 20m;'
            . 'log_subrequest on;',
    files => {
        'conf/ec.jwks' => mint_keys('ec256'),
        'conf/other.json' => api_keys($other),
    },
    server => <<'END',
        toucan_mint_key_file mint.jwks;
        root files;

        location /plain {
            toucan_mint;

            location /plain/inner {
                try_files /here.html =404;
            }
            location /plain/mints {
                toucan_mint;
                toucan_mint_lifetime 7m;
            }
        }
        location /own {
            toucan_issuer https://own.example https://two.example;
            toucan_audience own two;
            toucan_api_key_file other.json;
            toucan_mint_key_file ec.jwks;
            toucan_mint_lifetime 5m;
            toucan_max_session 6m;
            toucan_roles boss;
            toucan_attribute own;

            location /own/inner {
                toucan_mint;
            }
        }
        location /if {
            toucan_mint;
            if ($arg_x) {
                set $y 1;
            }
        }
        location /except {
            toucan_mint;
            limit_except POST {
                deny all;
            }
        }
        location /allow {
            toucan_mint;
            limit_except GET {
                allow all;
            }
        }
        location /denied {
            toucan_mint;
            deny all;
        }
        location /rewritten {
            rewrite ^ /mint last;
        }
        location /tried {
            try_files /none /mint;
        }
        location /gated {
            toucan "t";
            toucan_key_file gate.jwks;
            error_page 401 403 404 = /mint;
            try_files /none =404;
        }
        location /gated-try {
            toucan "t";
            toucan_key_file gate.jwks;
            try_files /none /mint;
        }
        location /auth {
            auth_request /mint;
            try_files /here.html =404;
        }
        location /mirror {
            mirror /mint;
            proxy_pass http://%upstream%;
        }
        location /ssi {
            ssi on;
            try_files /ssi.html =404;
        }
END
);

make_path($running->dir . '/files');
$running->write('files/here.html', "a file\n");
$running->write('files/ssi.html', "<!--#include virtual=\"/mint\" -->\n");

sub lasts {
    my ($path, $name, $iss, $lifetime, $by, %o) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $answer = mint($running, $by, $o{body}, path => $path);
    my $claims = opened($answer->{json}{token} // '', $name) // {};

    is(join(' ', map { $_ // '-' } $answer->{status}, @$claims{qw(iss aud)},
            ($claims->{exp} // 0) - ($claims->{iat} // 0)),
       "200 $iss $lifetime", "$path mints")
        or diag($answer->{body});
}

my $embed = 'https://embed.example.com toucan-embed';
my %boss = (user => { distinctId => 'u', role => 'boss',
                      attributes => { own => 'x' } });

lasts('/mint', 'ed25519', $embed, 600, $key);
lasts('/plain', 'ed25519', $embed, 600, $key);
lasts('/plain/mints', 'ed25519', $embed, 420, $key);
lasts('/own/inner', 'ec256', 'https://own.example own', 300, $other,
      body => \%boss);
lasts('/rewritten', 'ed25519', $embed, 600, $key);
lasts('/tried', 'ed25519', $embed, 600, $key);
lasts("/if$_", 'ed25519', $embed, 600, $key) for '', '?x=1', '?x=0';
lasts("/$_", 'ed25519', $embed, 600, $key) for qw(except allow);

is(mint($running, $key, undef, path => '/own/inner')->{reason},
   'api_key_invalid', 'another API key file replaces the one above');
is(mint($running, $other)->{reason}, 'api_key_invalid', 'there alone');
is(mint($running, $other, undef, path => '/own/inner')->{field}, '/user/role',
   'as other roles do');
is(mint($running, $other, { user => { %{$boss{user}}, attributes =>
                                      { name => 'x' } } },
        path => '/own/inner')->{field}, '/user/attributes/name',
   'and other attributes');

# a session bounds a lifetime that is asked for

my %usual = (user => { distinctId => 'u', role => 'explorer' });

is(mint($running, $key, { %usual, expiresIn => 1200 })->{status}, 200,
   'as long as a session');
is(mint($running, $key, { %usual, expiresIn => 1201 })->{field},
   '/expiresIn', 'longer than a session');

# where it does not answer

sub mints_not {
    my ($name, $answer, $status) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    is($answer->{status}, $status, "$name: the status");
    lacks($answer->{body}, 'token"', "$name: no token");
}

my $asked = "X-API-Key: $key->{text}\nContent-Type: application/json";
my $text = to_json(\%usual);
my $issued = () = $running->read('logs/error.log') =~ /issued a token/g;

mints_not('a location inside', ask($running, 'GET /plain/inner', $asked),
          200);
mints_not('a location that is denied',
          mint($running, $key, undef, path => '/denied'), 403);
mints_not('but POST is denied',
          ask($running, 'GET /except', $asked), 403);
mints_not('another method than the one excepted',
          ask($running, 'PUT /allow', $asked, $text), 405);
mints_not('where a gate has refused', mint($running, $key, undef,
                                           path => '/gated'), 404);
mints_not('where a gate has let in',
          ask($running, 'POST /gated-try', 'Authorization: Bearer ' . token()
              . "\nX-API-Key: $key->{text}\nContent-Type: application/json",
              $text), 404);
mints_not('as an auth_request', mint($running, $key, undef, path => '/auth'),
          500);
mints_not('as a mirror', mint($running, $key, undef, path => '/mirror'), 200);
mints_not('as an SSI', ask($running, 'GET /ssi', $asked), 200);

is(scalar(() = $running->read('logs/error.log') =~ /issued a token/g),
   $issued, 'and the log knows of none');
lasts('/mint', 'ed25519', $embed, 600, $key);
is(scalar(() = $running->read('logs/error.log') =~ /issued a token/g),
   $issued + 1, 'a control: as it does of this one');


# A file of keys that changes to one that mints nothing

$running->write('conf/mint.jwks', mint_keys($content, 'ed25519'));
eventually('there is no key to mint with', sub {
    my $answer = mint($running, $key);
    return "$answer->{status} $answer->{code} $answer->{reason}"
           eq '503 UNAVAILABLE not_ready';
});
like($running->read('logs/error.log'),
     qr/\[error\].*toucan_mint refused: not_ready \(/, 'which is an error');
lasts('/own/inner', 'ec256', 'https://own.example own', 300, $other,
      body => \%boss);
$running->write('conf/mint.jwks', mint_keys('ed25519', $content));
eventually('and there is one again', sub {
    return mint($running, $key)->{status} == 200;
});
