# Owns: answers that do not end, for the suites that cut them: an upstream of
# event streams and WebSockets, clients that hold many, and what became of them.

package Toucan::Streams;

use strict;
use warnings;

use Exporter 'import';
use IO::Select ();
use IO::Socket::INET ();
use POSIX ();
use Socket qw(AF_UNIX PF_UNSPEC SOCK_STREAM);
use Time::HiRes qw(time);

use Toucan::Server;

our @EXPORT = qw(upstream stream tls);


=head1 FUNCTIONS

=head2 upstream()

Starts it; returns its port on 127.0.0.1.  It ends with the suite.  It answers
by the path that it is asked for:

    .../ws      the handshake of RFC 6455, then back whatever comes
    .../quiet   the head of an event stream and its first event, no more
    .../late    the same as any other, a second and a half after the request
    .../short   an answer that ends
    .../flood   without an end, as fast as it is taken
    .../slow    an event each second
    .../count   how many of the others there are now, as a whole
    others      an event each 50 ms: "data: N", from 1

C</for/N> in the path: it ends after N seconds.  It speaks FastCGI, too, with
whoever begins with it: events, whatever is asked for.

=cut

sub upstream {
    my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
                                       LocalPort => 0, Proto => 'tcp',
                                       Listen => 1024)
        // die "listen: $!\n";

    pipe my $alive, my $held or die "pipe: $!\n";

    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        close $held;
        $SIG{$_} = 'IGNORE' for qw(HUP INT PIPE TERM);
        eval { serve($listen, $alive) };
        print STDERR $@ if $@;
        POSIX::_exit(0);
    }

    close $alive;

    # kept open as long as the suite lives
    our @keep;
    push @keep, $held;

    return $listen->sockport;
}


my $SSE = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
          . "Connection: close\r\n\r\n";

sub serve {
    my ($listen, $alive) = @_;

    my $select = IO::Select->new($listen, $alive);
    my (%conn, $next);
    $next = time;

    for (;;) {
        for my $fh ($select->can_read(0.05)) {

            return if $fh == $alive;

            if ($fh == $listen) {
                my $new = $listen->accept or next;
                $new->blocking(0);
                $select->add($new);
                $conn{fileno $new} = { fh => $new, in => '', n => 0,
                                       next => 0, wrap => sub { $_[0] } };
                next;
            }

            my $c = $conn{fileno $fh};
            my $n = sysread $fh, $c->{in}, 65536, length $c->{in};

            if (!$n && !(!defined $n && $!{EAGAIN})
                || !answer($c, scalar keys %conn))
            {
                $select->remove($fh);
                delete $conn{fileno $fh};
                close $fh;
            }
        }

        next if time < $next;
        $next = time + 0.05;

        for my $c (values %conn) {
            if (defined $c->{over} && time >= $c->{over}) {
                $select->remove($c->{fh});
                delete $conn{fileno $c->{fh}};
                close $c->{fh};
                next;
            }

            if (defined $c->{after} && time >= $c->{after}) {
                delete $c->{after};
                syswrite $c->{fh}, $SSE;
                $c->{events} = 0.01;
            }

            if ($c->{events} && time >= $c->{next}) {
                $c->{next} = time + $c->{events};
                send_event($c);
            }

            if ($c->{flood}) {
                for (1 .. 64) {
                    last if !syswrite $c->{fh}, 'x' x 65536;
                }
            }
        }
    }
}


sub send_event {
    my $c = shift;

    syswrite $c->{fh}, $c->{wrap}->('data: ' . ++$c->{n} . "\n\n");
}


# 0: there is no more to say

sub answer {
    my ($c, $all) = @_;

    return fastcgi($c) if !$c->{ws} && $c->{in} =~ /\A\x01[\x01-\x0b]/;

    if ($c->{ws}) {
        syswrite $c->{fh}, $c->{in} if length $c->{in};
        $c->{in} = '';
        return 1;
    }

    return 1 if $c->{in} !~ s/\A(\S+) (\S+)(.*?)\r\n\r\n//s;

    my ($path, $head) = ($2, $3);

    $c->{over} = time + $1 if $path =~ m{/for/(\d+)\b};

    if ($path =~ m{/ws\b}) {
        syswrite $c->{fh}, "HTTP/1.1 101 Switching Protocols\r\n"
                           . "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
        $c->{ws} = 1;
        return answer($c);
    }

    if ($path =~ m{/late\b}) {
        $c->{after} = time + 1.5;
        return 1;
    }

    if ($path =~ m{/short\b}) {
        syswrite $c->{fh}, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n"
                           . "Connection: close\r\n\r\nshort\n";
        return 0;
    }

    if ($path =~ m{/count\b}) {
        $all--;
        syswrite $c->{fh}, "HTTP/1.1 200 OK\r\nContent-Length: "
                           . length($all) . "\r\n\r\n$all";
        return 0;
    }

    syswrite $c->{fh}, $SSE;

    if ($path =~ m{/quiet\b}) {
        send_event($c);

    } elsif ($path =~ m{/flood\b}) {
        $c->{flood} = 1;

    } else {
        $c->{events} = $path =~ m{/slow\b} ? 1 : 0.01;
    }

    return 1;
}


# FastCGI, version 1: when stdin is at its end, the head and events, each in a
# record of stdout.

sub fastcgi {
    my $c = shift;

    while (length $c->{in} >= 8) {
        my (undef, $type, $id, $length, $pad) = unpack 'CCnnC', $c->{in};
        my $all = 8 + $length + $pad;

        last if length $c->{in} < $all;

        substr $c->{in}, 0, $all, '';
        next if $type != 5 || $length;

        $c->{wrap} = sub { pack('CCnnCC', 1, 6, $id, length $_[0], 0, 0)
                           . $_[0] };
        $c->{events} = 0.01;
        syswrite $c->{fh}, $c->{wrap}->("Content-Type: text/event-stream\n\n");
    }

    return 1;
}


=head2 stream(PORT, PATH, HEADERS [, SOCKET])

Sends a GET, over HTTP/1.1; with C<Upgrade> in its HEADERS it is that of a
WebSocket.  On a SOCKET that is connected, where there is one.  A client whose
methods are

    until(REGEX)    reads until what has come matches; 1, or '' when the
                    stream ends before it does, or nothing comes for long
    ends()          reads until it ends; 1, or '' when it does not
    goes_on()       1 when it is there, and brings more than it has brought; a
                    WebSocket is asked for it
    say(BYTES)      sends them
    text()          all that has come
    status()        the number in the first line; 0: there is none
    shut()          closes it

=cut

our $PATIENCE = 20;     # seconds, until a test gives up

sub stream {
    my ($port, $path, $headers, $sock) = @_;

    $sock //= Toucan::Server::connection($port) // die "connect: $!\n";

    $headers //= '';
    $headers =~ s/\s*\z//;
    $headers =~ s/\r?\n/\r\n/g;
    $headers .= "\r\n" if length $headers;

    if ($headers =~ /^Upgrade:/m) {
        $headers .= "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                    . "Sec-WebSocket-Key: dG91Y2FuIHRvdWNhbiB0bw==\r\n";
    }

    my $self = bless { sock => $sock, text => '', ended => 0 };

    $self->say("GET $path HTTP/1.1\r\nHost: localhost\r\n$headers\r\n");

    return $self;
}

sub say {
    my ($self, $bytes) = @_;

    local $SIG{PIPE} = 'IGNORE';

    return syswrite $self->{sock}, $bytes;
}


=head2 tls(PORT [, ALPN])

A socket to what speaks TLS there, whatever its certificate: plain bytes go in
and come out.

=cut

sub tls {
    my ($port, $alpn) = @_;

    socketpair my $near, my $far, AF_UNIX, SOCK_STREAM, PF_UNSPEC
        or die "socketpair: $!\n";

    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        open STDIN, '<&', $far or POSIX::_exit(127);
        open STDOUT, '>&', $far or POSIX::_exit(127);
        open STDERR, '>', '/dev/null' or POSIX::_exit(127);
        exec 'openssl', 's_client', '-quiet', '-no_ign_eof',
             $alpn ? ('-alpn', $alpn) : (), '-connect', "127.0.0.1:$port"
            or POSIX::_exit(127);
    }

    return $near;
}


# 1 when something came, or the end

sub take {
    my ($self, $wait) = @_;

    return '' if $self->{ended};
    return '' if !IO::Select->new($self->{sock})->can_read($wait);

    $self->{ended} = 1 if !sysread $self->{sock}, $self->{text}, 65536,
                                   length $self->{text};

    return 1;
}

sub until {
    my ($self, $regex) = @_;

    my $end = time + $PATIENCE;

    while ($self->{text} !~ $regex) {
        return '' if $self->{ended} || time > $end;
        $self->take(1);
    }

    return 1;
}

sub ends {
    my $self = shift;

    my $end = time + $PATIENCE;

    while (!$self->{ended}) {
        return '' if time > $end;
        $self->take(1);
    }

    return 1;
}

sub goes_on {
    my $self = shift;

    # what is there already says nothing

    while ($self->take(0)) { }

    $self->say("still there?\n") if $self->status == 101;

    my $had = length $self->{text};
    my $end = time + $PATIENCE;

    while (!$self->{ended} && time < $end) {
        $self->take(1);
        return 1 if length $self->{text} > $had;
    }

    return '';
}

sub text   { return $_[0]{text} }
sub status { return $_[0]{text} =~ m{\AHTTP/1\.1 (\d+)} ? $1 : 0 }
sub shut   { $_[0]{ended} = 1; close $_[0]{sock} }


1;
