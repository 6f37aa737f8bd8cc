# Encrypted and nested tokens let their users in like any other: the backend is
# told who it is and never sees the token; no log holds token, claims or keys.

use lib 't/lib';
use Toucan::Test;
use Toucan::Upstream;
use Toucan::Shots;
use Toucan::Jwe;

our $config = <<'END';
    toucan_token bearer header=X-Token cookie=tc arg=token;
    toucan_key_file $TEST_NGINX_HTML_DIR/enc.jwks;
    location /t {
        toucan "t";
        toucan_key_file $TEST_NGINX_HTML_DIR/enc.jwks;
        toucan_key_file $TEST_NGINX_KEYS_DIR/ec256.jwks;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /sealed {
        toucan "t";
        toucan_type sealed;
        toucan_attribute region type=strings;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /forward {
        toucan "t";
        toucan_forward_token on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /said {
        toucan "t";
        toucan_key_file $TEST_NGINX_HTML_DIR/enc.jwks;
        toucan_key_file $TEST_NGINX_KEYS_DIR/ec256.jwks;
        add_header X-Said "$toucan_kid|$toucan_jti|$toucan_distinct_id";
        add_header X-Why "$toucan_status $toucan_reason";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
END

# The claims of a user, and the headers that are made of them.

our %ann = (claims => {'user.distinctId' => 'ann', jti => 'jti-ann',
                       exp => $exp});

our @told = map { qr/^\Q$_\E\r$/m } split /\n/, sees_all('ann');

our %made = (
    encrypted => sub { jwe(%ann) },
    dir => sub { jwe(%ann, alg => 'dir') },
    nested => sub { nested(inner => \%ann) },
    'nested, a secret' => sub { jwe(nested => token(%ann)) },
);

our %carried = (
    bearer => sub { ['GET /t', "Authorization: Bearer $_[0]"] },
    header => sub { ['GET /t', "X-Token: $_[0]"] },
    cookie => sub { ['GET /t', "Cookie: a=1; tc=$_[0]"] },
    query => sub { ["GET /t?a=1&token=$_[0]&b=2", ''] },
);

sub logs {
    return join '', map { Toucan::Shots::lines($_) }
           glob("$Test::Nginx::Util::ServRoot/logs/*.log");
}

run_tests();

__DATA__

=== TEST 1: who it is, and nothing of the token
--- config eval: $config
--- user_files eval
[['enc.jwks', jwks_private('k256', 'rsa1')]]
--- shots eval
[
    map {
        my $kind = $_;
        map {
            my $token = $made{$kind}->();
            my ($request, $header) = @{$carried{$_}->($token)};
            # each part by itself, since one alone would be too much
            my @parts = grep { length > 8 } split /\./, $token;
            ["$kind, $_", $request,
             "$header\nX-Toucan-Role: admin\nX-Toucan-Distinct-Id: bob",
             '200 PASSED', @told,
             [map({ qr/\Q$_\E/ } @parts), qr/authorization|x-token|tc=/i,
              qr/bob|admin/]]
        } sort keys %carried
    } sort keys %made
]


=== TEST 2: a sealed token where it is asked for, and attributes of it
--- config eval: $config
--- user_files eval
[['enc.jwks', jwks_private('k256', 'rsa1')]]
--- shots eval
[
    ['let in', 'GET /sealed', 'Authorization: Bearer ' . sealed(%ann),
     '200 PASSED', @told, qr/^X-Toucan-Attr-region: .*north/m],
    ['not asked for', 'GET /t', 'Authorization: Bearer ' . sealed(%ann),
     '401 REJECTED bad_type', [qr/x-toucan/i]],
]


=== TEST 3: forwarded where that is asked for, as it came
--- config eval: $config
--- user_files eval
[['enc.jwks', jwks_private('k256', 'rsa1')]]
--- shots eval
my $token = jwe(%ann);
[
    ['forwarded', 'GET /forward', "Authorization: Bearer $token",
     '200 PASSED', qr/^Authorization: Bearer \Q$token\E\r$/m, @told],
]


=== TEST 4: variables are of the inner token
--- config eval: $config
--- user_files eval
[['enc.jwks', jwks_private('k256', 'rsa1')]]
--- shots eval
[
    ['encrypted', 'GET /said', 'Authorization: Bearer ' . jwe(%ann),
     '200 PASSED', qr/^X-Said: k256\|jti-ann\|ann\r$/m],
    ['nested', 'GET /said', 'Authorization: Bearer ' . nested(inner => \%ann),
     '200 PASSED', qr/^X-Said: ec256\|jti-ann\|ann\r$/m],
    ['nested, no kid inside', 'GET /said',
     'Authorization: Bearer ' . nested(inner => {%ann, kid => undef}),
     '200 PASSED', qr/^X-Said: \|jti-ann\|ann\r$/m],
]


=== TEST 5: no log holds a token, what is in it, or a key
--- config eval: $config
--- http
log_format all '$request $status $toucan_status $toucan_reason $toucan_kid '
               '$toucan_distinct_id $http_referer';
access_log logs/all.log all;
--- user_files eval
[['enc.jwks', jwks_private('k256', 'rsa1')]]
--- after eval
sub {
    my %o = (claims => {%{$ann{claims}}, secret => 'deep-secret-' x 3,
                        'user.attributes' => {note => 'deep-secret'}});
    my $flip = sub { substr($_, 0, 1) ^= 'x' };
    my $inner = token(%o);

    my @cases = (
        ['PASSED', jwe(%o)], ['PASSED', nested(inner => \%o)],
        ['bad_decrypt', jwe(%o, tag => $flip)],
        ['bad_decrypt', jwe(%o, encrypted_key => $flip)],
        ['bad_decrypt', nested(inner => \%o, ciphertext => $flip)],
        ['bad_signature', jwe(nested => tampered($inner))],
        ['key_not_found', jwe(nested => token(%o, kid => 'nobody'))],
        ['expired', nested(inner => {%o, claims => {%{$o{claims}},
                                                    exp => 1}})],
        ['bad_claim', jwe(claims => {%{$o{claims}}, exp => 'never'})],
        ['bad_json', jwe(payload => 'deep-secret')],
        ['bad_format', jwe(nested => 'deep-secret')],
        ['bad_type', sealed(%o)],
        ['alg_not_allowed', jwe(%o, key => 'k128', kid => 'k256')],
    );

    my @secrets = ('deep-secret', $inner, jwk_private('k256')->{k},
                   @{jwk_private('rsa1')}{qw(n d p q)});
    my $log = '';

    for my $case (@cases) {
        my ($why, $token) = @$case;

        for my $how (sort keys %carried) {
            my $answer = shoot(@{$carried{$how}->($token)});
            Test::More::like($answer->{why}, qr/\Q$why\E\z/, "$why by $how");
            next if $why eq 'PASSED';
            Test::More::unlike($answer->{text}, qr/deep-secret|eyJ/,
                               "$why by $how: the answer says nothing");
        }

        push @secrets, grep { length > 12 } split /\./, $token;
        $log = logs();
    }

    my %seen;
    my @found = grep { !$seen{$_}++ && index($log, $_) >= 0 } @secrets;

    Test::More::is("@found", '', scalar(keys %seen)
                   . ' texts that are in no log');
    Test::More::ok($log =~ /bad_decrypt/ && $log =~ /REJECTED expired/,
                   'which were written');
}
