# Owns: upstreams that answer with what they were given, byte for byte, for
# each protocol that nginx speaks: HTTP, gRPC, FastCGI, uwsgi, SCGI.

package Toucan::Upstream;

use strict;
use warnings;

use Exporter qw(import);
use Fcntl qw(F_SETFD);
use File::Path qw(remove_tree);
use File::Temp qw(tempdir);
use IO::Select ();
use IO::Socket::INET ();
use POSIX ();

use Toucan::Test ();
use Test::Nginx::Socket;

our @EXPORT = qw($exp user sees_all);


=head1 WHAT A SUITE GETS

Ports on 127.0.0.1, for configurations: C<$TEST_NGINX_HTTP_PORT>,
C<$TEST_NGINX_GRPC_PORT>, C<$TEST_NGINX_FASTCGI_PORT>,
C<$TEST_NGINX_UWSGI_PORT>, C<$TEST_NGINX_SCGI_PORT>.  What listens there
answers with the request: HTTP (and gRPC, which an nginx without the module
turns into it) as the bytes of its head, the others as lines C<NAME=value> in
the order they came.

A block that says no C<http_config> gets one with keys, places and roles, so
that C<toucan "t";> is all that a location needs for user().

    --- more_http       what http{} holds beside these

    --- sees            what the upstream got: of the answer's body, the lines
                        that speak of toucan or are forged
    --- sees_only       another regex for these lines
    --- sees_sorted     the lines are sorted first

With several requests C<sees> is an array (C<--- sees eval>).

=head1 FUNCTIONS

=head2 user(NAME, CLAIM => VALUE ...)

The header line of a good token with fixed claims; C<$exp> is its exp.

=cut

our $exp = time + 3000;

sub user {
    my ($name, %claims) = @_;

    return Toucan::Test::bearer(claims => {
        'user.distinctId' => $name, jti => "jti-$name", exp => $exp, %claims,
    });
}


=head2 sees_all(NAME, LINE ...)

The identity headers of user(NAME) as an HTTP upstream sees them, LINEs last.

=cut

sub sees_all {
    my ($name, @more) = @_;

    return join '', map { "$_\n" } (
        "X-Toucan-Distinct-Id: $name",
        'X-Toucan-Role: explorer',
        'X-Toucan-Organization: acme',
        'X-Toucan-Env: live',
        "X-Toucan-Token-Id: jti-$name",
        "X-Toucan-Expires: $exp",
        'X-Toucan-Kind: server',
        'X-Toucan-Permissions: ai:can_query dashboard:can_view',
        @more,
    );
}


my $http_config = <<'END';
    toucan_key_file $TEST_NGINX_KEYS_DIR/ec256.jwks;
    toucan_embed server component frame;
    toucan_origin https://app.example.com;
END

add_block_preprocessor(sub {
    my $block = shift;

    if (!defined $block->http_config) {
        $block->set_value('http_config', $http_config);

    } elsif (defined $block->more_http) {
        die "http_config and more_http\n";
    }

    if (defined $block->more_http) {
        $block->set_value('http_config', $http_config . $block->more_http);
    }

    my $sees = $block->sees;
    return if !defined $sees;

    my $only = $block->sees_only // 'toucan|forged';
    chomp $only;

    $block->set_value('response_body', $sees);
    $block->set_value('response_body_filters', sub {
        my ($head, @lines) = split /\r?\n/, $_[0];

        # the params of CGI-like protocols have no request line
        unshift @lines, $head if defined $head && $head !~ m{ HTTP/1\.\d$};

        @lines = grep { /$only/i } @lines;
        @lines = sort @lines if defined $block->sees_sorted;

        return join '', map { "$_\n" } @lines;
    });
});


my %serve = (
    http => \&http, fastcgi => \&fastcgi, uwsgi => \&uwsgi, scgi => \&scgi,
);

my %listen = map { $_ => listener() } sort keys %serve;

$ENV{'TEST_NGINX_' . uc . '_PORT'} = $listen{$_}->sockport
    for keys %listen;

start() if !$^C;             # perl -c starts nothing


sub listener {
    return IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0,
                                 Proto => 'tcp', Listen => 64)
        // die "listen: $!\n";
}


# A process that has just been started may not listen to TERM yet.

sub end {
    my $pid = shift;

    for my $try (1 .. 50) {
        kill $try < 50 ? 'TERM' : 'KILL', $pid;
        return if waitpid($pid, POSIX::WNOHANG()) == $pid;
        select undef, undef, undef, 0.1;
    }

    waitpid $pid, 0;
}


# One process serves all; it ends when the suite does, since then nobody
# holds the other end of the pipe.

sub start {
    pipe my $alive, my $held or die "pipe: $!\n";

    my $grpc = listener();
    $ENV{TEST_NGINX_GRPC_PORT} = $grpc->sockport;

    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        close $held;

        # whoever ends the suite lets this one put things away
        $SIG{$_} = 'IGNORE' for qw(HUP INT PIPE TERM);

        my $dir = tempdir('toucan-upstream-XXXXXX', TMPDIR => 1);
        my $nginx = plain_nginx($dir, $grpc);
        close $grpc;

        eval { serve($alive) };
        print STDERR $@ if $@;

        end($nginx);
        eval { remove_tree($dir) };
        POSIX::_exit(0);
    }

    close $alive;
    close $grpc;
    close $_ for values %listen;

    # kept open as long as the suite lives
    our $keep = $held;
}


# An nginx without the module, which would strip what it shall show.  It
# inherits its socket, so that nobody else can take the port.

sub plain_nginx {
    my ($dir, $grpc) = @_;

    # one that has the module built in would strip what is to be seen
    my $nginx = $ENV{TOUCAN_PLAIN_NGINX} || $ENV{TEST_NGINX_BINARY} || 'nginx';

    open my $conf, '>', "$dir/nginx.conf" or die "$dir: $!\n";
    my $user = $> == 0 ? 'user root;' : '';

    # a single process cannot take over a socket
    print $conf <<"END";
daemon off;
$user
pid $dir/pid;
events { worker_connections 64; }
http {
    access_log off;
    client_body_temp_path $dir/body;
    proxy_temp_path $dir/proxy;
    fastcgi_temp_path $dir/fastcgi;
    uwsgi_temp_path $dir/uwsgi;
    scgi_temp_path $dir/scgi;
    underscores_in_headers on;
    ignore_invalid_headers off;
    large_client_header_buffers 8 64k;
    server {
        listen 127.0.0.1:$ENV{TEST_NGINX_GRPC_PORT} http2;
        location / {
            proxy_pass http://127.0.0.1:$ENV{TEST_NGINX_HTTP_PORT};
        }
    }
}
END
    close $conf or die "$dir: $!\n";

    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        fcntl $grpc, F_SETFD, 0 or POSIX::_exit(127);
        $ENV{NGINX} = fileno($grpc) . ';';

        open STDERR, '>>', "$dir/stderr";
        exec $nginx, '-p', $dir, '-e', "$dir/error.log",
             '-c', "$dir/nginx.conf"
            or POSIX::_exit(127);
    }

    return $pid;
}


sub serve {
    my $alive = shift;

    my $select = IO::Select->new($alive, values %listen);
    my %kind = map { $listen{$_} => $_ } keys %listen;
    my %buf;

    for (;;) {
        for my $fh ($select->can_read) {

            return if $fh == $alive;

            if (exists $kind{$fh} && $fh == $listen{$kind{$fh}}) {
                my $c = $fh->accept or next;
                $select->add($c);
                $kind{$c} = $kind{$fh};
                $buf{$c} = '';
                next;
            }

            my $n = sysread $fh, $buf{$fh}, 65536, length $buf{$fh};

            if ($n) {
                my ($out, $end) = $serve{$kind{$fh}}->(\$buf{$fh});
                send_all($fh, $out) if length $out;
                next if !$end;
            }

            delete $kind{$fh};
            delete $buf{$fh};
            $select->remove($fh);
            close $fh;
        }
    }
}


sub send_all {
    my ($fh, $out) = @_;

    while (length $out) {
        my $n = syswrite $fh, $out or return;
        substr $out, 0, $n, '';
    }
}


# Each takes a buffer, removes whole requests from it, and returns the
# answers and whether the connection ends.

sub http {
    my $buf = shift;
    my ($out, $end) = ('', 0);

    while ($$buf =~ /\A(.*?\r\n)\r\n/s) {
        my $head = $1;
        my ($length) = $head =~ /^Content-Length:\s*(\d+)/im;
        my $all = length($head) + 2 + ($length // 0);

        last if length $$buf < $all;

        substr $$buf, 0, $all, '';

        $end = $head !~ m{\A\S+ \S+ HTTP/1\.1\r}
               || $head =~ /^Connection:\s*close/im;

        $out .= "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                . 'Content-Length: ' . length($head) . "\r\n"
                . ($end ? "Connection: close\r\n" : '')
                . "\r\n$head";
    }

    return ($out, $end);
}

sub fastcgi {
    my $buf = shift;
    my ($params, $at) = ('', 0);

    while (length $$buf >= $at + 8) {
        my (undef, $type, $id, $length, $pad) =
            unpack 'CCnnC', substr $$buf, $at, 8;

        return ('', 0) if length $$buf < $at + 8 + $length + $pad;

        my $content = substr $$buf, $at + 8, $length;
        $at += 8 + $length + $pad;

        $params .= $content if $type == 4;
        next if $type != 5 || $length != 0;

        my $text = "Content-Type: text/plain\r\n\r\n";

        while (length $params) {
            my ($n, $v) = (fastcgi_length(\$params), fastcgi_length(\$params));
            $text .= substr($params, 0, $n, '') . '='
                     . substr($params, 0, $v, '') . "\n";
        }

        my $out = '';
        $out .= pack('CCnnCC', 1, 6, $id, length, 0, 0) . $_
            for $text =~ /(.{1,60000})/gs;

        return ($out . pack('CCnnCCNCx3', 1, 3, $id, 8, 0, 0, 0, 0), 1);
    }

    return ('', 0);
}

sub fastcgi_length {
    my $params = shift;

    my $n = ord $$params;
    return ord substr $$params, 0, 1, '' if $n < 128;
    return unpack('N', substr $$params, 0, 4, '') & 0x7fffffff;
}

sub uwsgi {
    my $buf = shift;

    return ('', 0) if length $$buf < 4;
    my (undef, $size) = unpack 'Cv', $$buf;
    return ('', 0) if length $$buf < 4 + $size;

    my @vars = unpack '(v/a v/a)*', substr $$buf, 4, $size;
    my $text = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n";

    while (my ($name, $value) = splice @vars, 0, 2) {
        $text .= "$name=$value\n";
    }

    return ($text, 1);
}

sub scgi {
    my $buf = shift;

    return ('', 0) if $$buf !~ /\A(\d+):/ || length $$buf < $+[0] + $1 + 1;

    my @vars = split /\0/, substr($$buf, $+[0], $1), -1;
    pop @vars;
    my $text = "Status: 200 OK\r\nContent-Type: text/plain\r\n\r\n";

    while (my ($name, $value) = splice @vars, 0, 2) {
        $text .= "$name=$value\n";
    }

    return ($text, 1);
}


1;
