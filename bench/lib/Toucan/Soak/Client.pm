# Owns: connections to one nginx, many at a time in one thread: requests go out
# when they are due, however the last ones are doing, and answers come back to
# whoever asked.

package Toucan::Soak::Client;

use strict;
use warnings;

use Errno qw(EAGAIN EINTR);
use Socket qw(AF_INET SOCK_STREAM IPPROTO_TCP TCP_NODELAY
              inet_aton pack_sockaddr_in);
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

use constant {
    CONNECTIONS => 128,     # at most, beside those that are for one request
    TIMEOUT => 5,           # seconds for an answer
};


=head1 METHODS

=head2 new(port => PORT, answered => CODE)

CODE is called with a request and its answer, a hash: C<status> (0: there was
none, and C<why> says so), C<head>, C<body>, C<got> (when it was complete, by
the monotonic clock).  SIGPIPE must be ignored.

=cut

sub new {
    my ($class, %o) = @_;

    return bless {
        address => pack_sockaddr_in($o{port}, inet_aton('127.0.0.1')),
        answered => $o{answered}, conns => {}, idle => [], waiting => [],
        watched => {}, read => '', open => 0, checked => 0,
        count => { opened => 0, resent => 0, idle_closed => 0, queued => 0 },
    }, $class;
}


=head2 send(REQUEST)

A hash: C<text> is what is sent; with C<fresh> on a connection of its own, which
is closed after it; without, on one that is kept, and again on another one when
nginx has closed the first before a byte of the answer (RFC 9110, section
9.2.2: the text must be a GET).  C<sent> is set, by the monotonic clock.

=cut

sub send {
    my ($self, $request) = @_;

    my $conn;

    if ($request->{fresh}) {
        $conn = $self->_connect($request) // return;

    } elsif (!($conn = shift @{$self->{idle}})) {

        if ($self->{open} >= CONNECTIONS) {
            $request->{sent} = clock_gettime(CLOCK_MONOTONIC);
            $self->{count}{queued}++;
            push @{$self->{waiting}}, $request;
            return;
        }

        $conn = $self->_connect($request) // return;
    }

    return $self->_write($conn, $request);
}


=head2 watch(HANDLE, CODE)

CODE is called when the handle can be read.

=cut

sub watch {
    my ($self, $handle, $code) = @_;

    $self->{watched}{fileno $handle} = $code;
    vec($self->{read}, fileno $handle, 1) = 1;
}


=head2 turn(SECONDS)

Takes what has come, and waits so long when there is nothing.

=cut

sub turn {
    my ($self, $seconds) = @_;

    my $n = select my $ready = $self->{read}, undef, undef,
                   $seconds > 0 ? $seconds : 0;
    my $now = clock_gettime(CLOCK_MONOTONIC);

    if ($n > 0) {
        my $bits = unpack 'b*', $ready;

        for (my $i = index $bits, '1'; $i >= 0; $i = index $bits, '1', $i + 1) {
            if (my $code = $self->{watched}{$i}) {
                $code->();

            } elsif (my $conn = $self->{conns}{$i}) {
                $self->_read($conn, $now);
            }
        }
    }

    while (@{$self->{waiting}}
           && (@{$self->{idle}} || $self->{open} < CONNECTIONS))
    {
        $self->send(shift @{$self->{waiting}});
    }

    if ($now > $self->{checked} + 1) {
        $self->{checked} = $now;

        for (grep { $_->{request} } values %{$self->{conns}}) {
            $self->_lost($_, 'no answer in ' . TIMEOUT . ' seconds', 1)
                if $now > $_->{request}{sent} + TIMEOUT;
        }
    }
}


=head2 busy(), count()

How many requests have no answer yet; figures: C<opened>, C<resent>,
C<idle_closed> (connections that nginx ended between two requests), C<queued>
(requests that had to wait for a connection).

=cut

sub busy {
    my $self = shift;

    return @{$self->{waiting}}
           + grep { $_->{request} } values %{$self->{conns}};
}

sub count { return $_[0]{count} }


# Loopback answers a connect() at once, or the machine is in trouble.

sub _connect {
    my ($self, $request) = @_;

    my $sock;

    if (!socket($sock, AF_INET, SOCK_STREAM, 0)
        || !connect($sock, $self->{address}))
    {
        $request->{sent} //= clock_gettime(CLOCK_MONOTONIC);
        $self->_answer($request, { status => 0, why => "connect: $!" });
        return undef;
    }

    setsockopt $sock, IPPROTO_TCP, TCP_NODELAY, 1;
    $sock->blocking(0);

    my $conn = { sock => $sock, fd => fileno $sock, uses => 0, buf => '' };

    $self->{conns}{$conn->{fd}} = $conn;
    vec($self->{read}, $conn->{fd}, 1) = 1;
    $self->{open}++ if !$request->{fresh};
    $self->{count}{opened}++;
    $conn->{single} = $request->{fresh};

    return $conn;
}

sub _write {
    my ($self, $conn, $request) = @_;

    $conn->{request} = $request;
    $conn->{buf} = '';
    $request->{sent} //= clock_gettime(CLOCK_MONOTONIC);

    my $n = syswrite $conn->{sock}, $request->{text};

    return $self->_lost($conn, "write: $!") if !defined $n;

    # a request is a fraction of what a socket's buffer takes

    return $self->_lost($conn, 'a short write', 1)
        if $n != length $request->{text};
}

sub _read {
    my ($self, $conn, $now) = @_;

    my $n = sysread $conn->{sock}, $conn->{buf}, 65536, length $conn->{buf};

    if (!$n) {
        return if !defined $n && ($! == EAGAIN || $! == EINTR);
        return $self->_lost($conn, defined $n ? 'closed' : "read: $!");
    }

    my $request = $conn->{request}
        // return $self->_lost($conn, 'an answer to nothing', 1);

    my $end = index $conn->{buf}, "\r\n\r\n";
    return if $end < 0;

    my $head = substr $conn->{buf}, 0, $end + 2;
    my ($status) = $head =~ m{^HTTP/1\.1 (\d\d\d) };
    my ($length) = $head =~ /\r\ncontent-length: (\d+)\r/i;

    $length //= 0 if ($status // 0) == 204;

    return $self->_lost($conn, 'no answer that could be read', 1)
        if !defined $status || !defined $length;

    my $more = $end + 4 + $length - length $conn->{buf};

    return if $more > 0;
    return $self->_lost($conn, 'more than one answer', 1) if $more < 0;

    my $body = substr $conn->{buf}, $end + 4;

    delete $conn->{request};

    if ($conn->{single} || $head =~ /\r\nconnection: close\r/i) {
        $self->_close($conn);

    } else {
        $conn->{uses}++;
        push @{$self->{idle}}, $conn;
    }

    $self->_answer($request, { status => $status, head => $head,
                               body => $body, got => $now });
}

# The connection is gone.  Between two requests that is nginx's right, and when
# the next one has just been sent, it is sent again, once.

sub _lost {
    my ($self, $conn, $why, $fault) = @_;

    my $request = delete $conn->{request};

    $self->_close($conn);

    if (!$request && !$fault) {
        $self->{count}{idle_closed}++;
        return;
    }

    if (!$fault && $conn->{uses} && $conn->{buf} eq '' && !$request->{resent})
    {
        $request->{resent} = 1;
        $self->{count}{resent}++;

        my $other = $self->_connect($request) // return;
        return $self->_write($other, $request);
    }

    $self->_answer($request // { text => '' }, { status => 0, why => $why });
}

sub _close {
    my ($self, $conn) = @_;

    vec($self->{read}, $conn->{fd}, 1) = 0;
    delete $self->{conns}{$conn->{fd}};
    @{$self->{idle}} = grep { $_ != $conn } @{$self->{idle}};
    $self->{open}-- if !$conn->{single};
    close $conn->{sock};
}

sub _answer {
    my ($self, $request, $answer) = @_;

    $answer->{got} //= clock_gettime(CLOCK_MONOTONIC);
    $answer->{head} //= '';
    $answer->{body} //= '';

    $self->{answered}->($request, $answer);
}


1;
