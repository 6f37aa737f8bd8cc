# toucan_type: what kinds of tokens a location accepts, by itself and by
# inheritance; and what nginx does not start with.

use lib 't/lib';
use Toucan::Test;
use Toucan::Cases;
use Toucan::Jwe;

repeat_each(1);         # what comes twice is not the same

my $names = 'it must be "signed", "encrypted", "nested" or "sealed"';

our @types = qw(signed encrypted nested sealed);

our %made = (
    signed => sub { bearer() },
    encrypted => sub { bearer(jwe()) },
    nested => sub { bearer(nested()) },
    sealed => sub { bearer(sealed()) },
);

# more than one token of a kind: the header alone says which it is

our @more = (
    ['encrypted', 'dir', sub { bearer(jwe(alg => 'dir')) }],
    ['encrypted', 'A256GCMKW', sub { bearer(jwe(alg => 'A256GCMKW')) }],
    ['nested', 'A256KW', sub { bearer(jwe(nested => token())) }],
    ['nested', 'dir', sub { bearer(jwe(alg => 'dir', nested => token())) }],
    ['nested', 'ECDH-ES', sub { bearer(jwe(key => 'ec384', alg => 'ECDH-ES',
                                           nested => token())) }],
    ['sealed', 'RSA-OAEP', sub { bearer(sealed(alg => 'RSA-OAEP')) }],
    ['sealed', 'ECDH-ES', sub { bearer(jwe(key => 'ec384',
                                           alg => 'ECDH-ES')) }],
    ['sealed', 'ECDH-ES+A256KW', sub { bearer(jwe(key => 'x25519')) }],
);


# Each kind of token at a place, of which these may go in.

sub at {
    my ($place, @in) = @_;

    my %in = map { $_ => 1 } @in;

    return map { ["$_->[1] at $place", $_->[2]->(),
                  $in{$_->[0]} ? 'ok' : 'bad_type', "GET /$place"] }
           (map { [$_, $_, $made{$_}] } @types), @more;
}

our $keys = 'toucan_key_file $TEST_NGINX_HTML_DIR/enc.jwks;
             toucan_key_file $TEST_NGINX_KEYS_DIR/ec256.jwks;';

run_with(wrong(
    ['toucan_type;', 'invalid number of arguments in "toucan_type"'],
    (map { ["toucan_type '$_';", $_, $names] }
     '', 'any', 'all', 'none', 'jws', 'jwe', 'Signed', 'SEALED', 'signed ',
     'signed,encrypted', 'on', 'off'),
    ['toucan_type signed jwe;', 'jwe', $names],
    ['toucan_type signed; toucan_type nested;',
     '"toucan_type" directive is duplicate'],
    ['toucan_type signed; toucan_type signed;',
     '"toucan_type" directive is duplicate'],
    ['toucan_algorithms A256KW A257KW;', 'A257KW',
     'it is no algorithm that is offered'],
    (map { ["toucan_algorithms $_;", $_,
            'it is no algorithm that is offered'] }
     qw(RSA1_5 PBES2-HS256+A128KW a256gcm A256CBC A128CBC-HS512 DIR
        ECDH-ES+A256GCMKW RSA-OAEP-512)),
));

__DATA__

=== TEST 1: each kind alone, and what stands as default
--- config eval
Toucan::Cases::config('')
. place('default', $keys)
. join('', map { place($_, "$keys toucan_type $_;") } @types)
. place('two', "$keys toucan_type encrypted sealed;")
. place('again', "$keys toucan_type nested nested;")
. place('all', "$keys toucan_type sealed nested encrypted signed;")
--- user_files eval
[['enc.jwks', jwks_private('rsa1', 'k256', 'ec384', 'x25519')]]
--- cases eval
[
    at('default', qw(signed encrypted nested)),
    (map { at($_, $_) } @types),
    at('two', qw(encrypted sealed)),
    at('again', 'nested'),
    at('all', @types),
]


=== TEST 2: inheritance: what a level sets replaces what stands above it
--- http_config
toucan_type nested;
--- config eval
"toucan_embed server;"
. place('http', $keys) . place('own', "$keys toucan_type sealed;")
. 'location /outer { toucan_type encrypted; ' . $keys
. place('outer/in', '') . place('outer/own', 'toucan_type signed;')
. '}'
--- user_files eval
[['enc.jwks', jwks_private('rsa1', 'k256', 'ec384', 'x25519')]]
--- cases eval
[
    at('http', 'nested'), at('own', 'sealed'), at('outer/in', 'encrypted'),
    at('outer/own', 'signed'),
]


=== TEST 3: the kind is said of tokens that no key here opens
--- config eval
Toucan::Cases::config('')
. place('default', 'toucan_key_file $TEST_NGINX_KEYS_DIR/rsa2.jwks;')
--- cases eval
[
    ['signed', bearer(), 'key_not_found', 'GET /default'],
    ['encrypted', bearer(jwe()), 'key_not_found', 'GET /default'],
    ['nested', bearer(nested()), 'key_not_found', 'GET /default'],
    ['sealed', bearer(sealed()), 'bad_type', 'GET /default'],
    ['sealed to a public half', bearer(sealed(kid => 'rsa2')), 'bad_type',
     'GET /default'],
    ['nested to a public half', bearer(nested(kid => 'rsa2')),
     'alg_not_allowed', 'GET /default'],
]


=== TEST 4: every name of an algorithm is taken
--- config eval
Toucan::Cases::config("$keys toucan_type encrypted signed; "
    . "toucan_algorithms "
    . join(' ', @encs, 'dir', map { $_->[0] } @wraps) . ' HS256 ES256K;')
--- user_files eval
[['enc.jwks', jwks_private('k256')]]
--- cases eval
[['let in', bearer(jwe()), 'ok'], ['not', bearer(), 'alg_not_allowed']]


=== TEST 5: what no token can pass is said, and nginx starts
--- config eval
my $enc = 'toucan_key_file $TEST_NGINX_HTML_DIR/enc.jwks;';
my $gate = 'toucan_key_file $TEST_NGINX_HTML_DIR/gate.jwks;';
my $sig = 'toucan_key_file $TEST_NGINX_KEYS_DIR/ec256.jwks;';

Toucan::Cases::config('')
. join '', map { "location = /$_->[0] { toucan $_->[0]; $_->[1] }\n" }
    ['no-1', "$sig toucan_type nested;"],
    ['no-2', "$enc toucan_type nested;"],
    ['no-3', "$sig $gate toucan_type encrypted;"],
    ['no-4', "$sig $enc toucan_type encrypted; toucan_algorithms ES256;"],
    ['no-5', "$sig $enc toucan_algorithms A256GCM;"],
    ['no-6', "$enc toucan_algorithms dir A128GCM;"],
    ['no-7', "$sig $enc toucan_type nested; toucan_algorithms A256KW;"],
    ['no-8', $gate],
    ['no-9', "$sig $enc toucan_type sealed;"],
    ['yes-1', "$sig $enc toucan_type nested;"],
    ['yes-2', "$gate toucan_type sealed;"],
    ['yes-3', "$sig $gate toucan_type nested;"],
    ['yes-4', "$enc toucan_algorithms dir A256GCM;"],
    ['yes-5', "$sig toucan_type encrypted signed;"]
--- user_files eval
[['enc.jwks', jwks_private(['k256', use => 'enc'])],
 ['gate.jwks', jwks_private(['rsa1', use => 'enc'])]]
--- cases eval
[['let in', bearer(), 'ok']]
--- error_log eval
[map { qq(no token can pass with the realm "no-$_": no key in its )
       . '"toucan_key_file" opens a token of its "toucan_type"' } 1 .. 9]
--- no_error_log
realm "yes
realm "embed
