# Owns: the peers of `make bench': what else verifies tokens in front of
# nginx's locations, from Debian and npm.

package Toucan::Bench::Peers;

use strict;
use warnings;

use MIME::Base64 ();

use Toucan::Bench qw(root slurp run server nginx free_port
                     nginx_version openssl_version);
use Toucan::Bench::Gate qw(@algs key_files backend plain gated to_backend
                           open_row token_row gate_rows);


=head1 FUNCTIONS

Each gives rows, as of Toucan::Bench::Gate, and before them one sentence of what
the peer is; or dies, and says why it cannot be measured here.

=head2 njs(), jose()

Rows to be compared with an nginx of this machine.

=cut

sub njs {
    my $so = '/usr/lib/nginx/modules/ngx_http_js_module.so';
    die "no libnginx-mod-http-js here\n" if !-e $so;

    my $files = key_files();
    my @spoken = qw(HS256 RS256 ES256);

    my $locations = join '', map { <<"END" } @spoken;
        location = /$_ { auth_request /check-$_; empty_gif; }
        location = /check-$_ {
            internal;
            set \$jwt_alg $_;
            set \$jwt_key "@{[base64($files, $_)]}";
            js_content jwt.check;
        }
END

    my $server = nginx(
        main => "load_module $so;",
        files => { 'jwt.js' => slurp(root() . '/bench/peers/njs.js') },
        http => <<"END");
    js_path conf;
    js_import jwt from jwt.js;
    server {
        listen 127.0.0.1:%port% backlog=1024;
$locations
    }
END

    return "njs: Debian's libnginx-mod-http-js "
           . package_version('libnginx-mod-http-js') . ', WebCrypto, asked by '
           . '`auth_request`. It has no EdDSA and no JWE, and keeps no key '
           . 'over requests.',
           map { token_row($server, 'njs', "/$_", $_) } @spoken;
}

# Of a secret, or of a public key's SPKI.

sub base64 {
    my ($files, $alg) = @_;

    return MIME::Base64::encode_base64(pack('H*', $files->{"$alg.hex"}), '')
        if $files->{"$alg.hex"};

    (my $pem = $files->{"$alg.pem"}) =~ s/-----[^-]+-----|\s//g;

    return $pem;
}

sub jose {
    my ($log, $ok) = run('sh', '-c', 'cd "$1" && npm ci --silent', 'sh',
                         root() . '/bench/peers');
    die "npm ci: $log\n" if !$ok;

    my $port = free_port();
    my $keys = root() . '/build/bench/tokens.d/keys.jwks';
    my $node = server(
        command => ['node', root() . '/bench/peers/jose.mjs', $port, $keys],
        port => $port, log => root() . '/build/bench/node.log');

    my $locations = join '', map { <<"END" } @algs;
        location = /$_ { auth_request /check-$_; empty_gif; }
        location = /check-$_ {
            internal;
            proxy_pass http://backend/$_;
            proxy_pass_request_body off;
        }
END

    my $server = nginx(http => to_backend($port) . <<"END");
    server {
        listen 127.0.0.1:%port% backlog=1024;
$locations
    }
END

    my ($version) = slurp(root() . '/bench/peers/package-lock.json')
        =~ m{"node_modules/jose": \{\s*"version": "([^"]+)"};
    my ($node_version) = run('node', '--version');
    chomp $node_version;

    return "jose: npm's jose $version in Node $node_version, each key imported "
           . 'once, asked by `auth_request` over kept connections, on the '
           . "worker's core; its CPU time is counted with the worker's.",
           map { token_row($server, 'jose', "/$_", $_,
                           beside => [$node->{pid}]) } @algs;
}


=head2 sid()

Debian's packaged module for JWTs, and ours, in the nginx of Debian's sid; the
first row is that nginx without either.

=cut

sub sid {
    my ($log, $ok) = run(root() . '/util/suite', 'sid', '/bin/sh', '-c',
        '/src/util/install-deps build bench-sid && cd /src && make build');
    die substr($log, -600), "\n" if !$ok;

    my @through = (root() . '/util/suite', '--as-is', 'sid');
    my %in = (inside => root() . '/build/matrix/sid', through => \@through);

    my $backend = backend();
    my $plain = plain($backend, %in);
    my $ours = gated($backend, %in,
                     module => '/src/build/ngx_toucan_module.so');

    my $files = key_files();
    my @spoken = qw(HS256 RS256 ES256);
    my $locations = join '', map {
        my $key = $files->{"$_.hex"}
            ? qq(auth_jwt_key $files->{"$_.hex"};)
            : 'auth_jwt_use_keyfile on; '
              . "auth_jwt_keyfile_path %prefix%/conf/$_.pem;";

        <<"END";
        location = /$_ {
            auth_jwt_enabled on;
            auth_jwt_algorithm $_;
            auth_jwt_location HEADER=Authorization;
            $key
            empty_gif;
        }
END
    } @spoken;

    my $so = '/usr/lib/nginx/modules/ngx_http_auth_jwt_module.so';
    my $peer = nginx(%in, files => $files, main => "load_module $so;",
                     http => <<"END");
    server {
        listen 127.0.0.1:%port% backlog=1024;
$locations
    }
END

    return 'sid: nginx ' . nginx_version(@through) . ', OpenSSL '
           . openssl_version(@through) . ', libnginx-mod-http-auth-jwt '
           . package_version('libnginx-mod-http-auth-jwt', @through)
           . ' (`auth_jwt`, over libjwt), in a chroot on the same kernel.',
           open_row($plain, "ungated: sid's nginx without a module", '/open'),
           open_row($plain, 'ungated, tokens as long as those of RS256',
                    '/open', 'RS256'),
           (map { token_row($peer, '`auth_jwt`', "/$_", $_) } @spoken),
           (grep { ($_->{known} // 'HS256') eq 'HS256' }
                 gate_rows($ours, '', @algs)),
           map { token_row($ours, 'new token and little else', '/least', $_) }
               @spoken;
}

sub package_version {
    my ($name, @through) = @_;

    my ($text) = run(@through, 'dpkg-query', '-W', '-f', '${Version}', $name);

    return $text;
}


1;
