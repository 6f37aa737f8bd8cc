# Owns: the nginx that is asked for streams, its key and tokens, revocations,
# and what its logs, /proc and stub_status tell of it.

package Toucan::Soak::StreamSite;

use strict;
use warnings;

use Digest::SHA qw(hmac_sha256 sha256_hex);
use JSON::PP ();
use MIME::Base64 qw(encode_base64url);
use Time::HiRes qw(time);

use Toucan::Server ();

my $json = JSON::PP->new->canonical;


=head1 METHODS

=head2 new(OPTIONS)

    workers => N
    up => PORT          of the upstream; without it answers are files
    gate => LINES       of the gated location
    nginx => PATH       another one

Starts nginx with the module that TEST_NGINX_LOAD_MODULES names.  The gate is
at /; port(1) speaks HTTP/1.1, port(2) HTTP/2.

=cut

sub new {
    my ($class, %o) = @_;

    my $self = bless { log_at => 0, errors_at => 0, ids => 0 }, $class;

    open my $random, '<:raw', '/dev/urandom' or die "/dev/urandom: $!\n";
    sysread $random, $self->{secret}, 32;
    sysread $random, my $key, 20;

    $self->{key} = 'tk_live_soak_' . unpack 'H*', $key;
    $self->{server} = Toucan::Server->new(
        nginx => $o{nginx}, connections => 32768,
        main => "worker_processes $o{workers};",
        http => _http(%o),
        files => {
            'wait' => 'x' x 100,
            'conf/keys.jwks' => $self->jwks('soak'),
            'conf/apikeys.json' => $json->encode({keys => [
                { id => 'soak', sha256 => sha256_hex($self->{key}),
                  scopes => ['revoke'], env => 'live' }]}),
        },
    );

    return $self;
}

sub _http {
    my %o = @_;

    my $gate = $o{gate} // '';
    my $content = $o{up} ? "proxy_pass http://127.0.0.1:$o{up};"
                         : 'root .; try_files /wait =404;';

    return <<"END";
    log_format soak '\$uri \$status \$toucan_status \$toucan_reason';
    toucan_revocation_zone revoked:8m;
    map \$http_upgrade \$hop { default upgrade; '' ''; }
    send_timeout 1h;
    proxy_read_timeout 1h;
    keepalive_requests 1000000;
    http2_max_concurrent_streams 1000;
    open_file_cache max=16;
    server {
        listen 127.0.0.1:%port% reuseport;
        listen 127.0.0.1:%port2% http2 reuseport;
        toucan_key_file keys.jwks;
        toucan_algorithms HS256;
        toucan_roles any;
        toucan_embed server;
        toucan_leeway 0s;
        toucan_revocation revoked;
        location / {
            toucan "soak";
            $gate
            access_log logs/access.log soak;
            proxy_http_version 1.1;
            proxy_set_header Upgrade \$http_upgrade;
            proxy_set_header Connection \$hop;
            proxy_buffering off;
            $content
        }
        location = /pid { return 200 "\$pid\\n"; }
        location = /revoke {
            toucan_revoke;
            toucan_api_key_file apikeys.json;
        }
        location = /status { stub_status; }
    }
END
}


=head2 server(), jwks(KID)

The Toucan::Server; the file of keys, the one key with this name.

=head2 token(EXP, CLAIM => VALUE ...)

A token; C<id>, for C<user.distinctId>, is another one each time unless it is
given, and so are C<jti> and C<sid>.

=cut

sub server { return $_[0]{server} }

sub jwks {
    my ($self, $kid) = @_;

    return $json->encode({keys => [{
        kty => 'oct', alg => 'HS256', kid => $kid,
        k => encode_base64url($self->{secret}, '') }]});
}

sub token {
    my ($self, $exp, %claims) = @_;

    my $n = ++$self->{ids};
    my $now = int time;
    my $id = delete $claims{id} // "user-$n";

    my $input = join '.', map { encode_base64url($json->encode($_), '') }
        { alg => 'HS256', typ => 'JWT', kid => 'soak' },
        { iss => 'https://embed.example.com', sub => $id, iat => $now,
          exp => $exp, jti => "jti-$n", sid => "sid-$n", env => 'live',
          organization => 'acme',
          user => { distinctId => $id, role => 'explorer' }, %claims };

    return $input . '.'
           . encode_base64url(hmac_sha256($input, $self->{secret}), '');
}


=head2 revoke(HASH)

The number that it is answered with.

=cut

sub revoke {
    my ($self, $what) = @_;

    my $sock = Toucan::Server::connection($self->{server}->port) // return 0;
    my $body = $json->encode($what);

    print $sock "POST /revoke HTTP/1.1\r\nHost: localhost\r\n"
                . "Connection: close\r\nX-API-Key: $self->{key}\r\n"
                . "Content-Type: application/json\r\nContent-Length: "
                . length($body) . "\r\n\r\n$body";
    $sock->flush;

    my $answer = do { local $/; <$sock> } // '';

    return $answer =~ m{\AHTTP/1\.1 (\d+)} ? $1 : 0;
}


=head2 active()

How many connections there are, that of the question apart.

=cut

sub active {
    my $self = shift;

    my $body = $self->{server}->get('/status')->{body};
    return $body =~ /Active connections: (\d+)/ ? $1 - 1 : -1;
}


=head2 ended()

What the access log has got since the last time: [PATH, STATUS, REASON].

=head2 alarms()

The lines of the error log at C<alert>, C<crit> and C<emerg>, all of them.

=cut

sub ended {
    my $self = shift;

    open my $in, '<:raw', $self->{server}->dir . '/logs/access.log' or return;
    seek $in, $self->{log_at}, 0;
    my $text = do { local $/; <$in> } // '';

    $text =~ s/[^\n]*\z//;
    $self->{log_at} += length $text;

    return map { [(split / /)[0, 2, 3]] } split /\n/, $text;
}

sub alarms {
    my $self = shift;

    open my $in, '<:raw', $self->{server}->dir . '/logs/error.log' or return;

    my @lines = grep { /\[(?:alert|crit|emerg)\]/ } <$in>;
    chomp @lines;

    return @lines;
}


=head2 live(), memory()

The workers that have not been told to end; resident memory of each, in kB,
without what it shares with others.

=head2 leaving()

How many workers have been told to end, and have not.

=cut

sub memory {
    my $self = shift;

    return map { _text("/proc/$_/status") =~ /^RssAnon:\s*(\d+)/m ? $1 : () }
           $self->live;
}

sub live {
    return grep { !_leaves($_) } $_[0]{server}->workers;
}

sub leaving {
    return scalar grep { _leaves($_) } $_[0]{server}->workers;
}

sub _leaves { return _text("/proc/$_[0]/cmdline") =~ /shutting/ }

sub _text {
    open my $in, '<', $_[0] or return '';
    local $/;
    return scalar(<$in>) // '';
}


1;
