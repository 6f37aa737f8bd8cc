# Owns: a client of HTTP/2 with prior knowledge (RFC 9113) that shows frames as
# they come: which stream ends, how, and that its connection goes on.

package Toucan::Http2;

use strict;
use warnings;

use IO::Select ();
use Time::HiRes qw(time);

use Toucan::Server;


my ($DATA, $HEADERS, $RST, $SETTINGS, $PING, $GOAWAY, $WINDOW) =
    (0, 1, 3, 4, 6, 7, 8);

our $PATIENCE = 20;     # seconds, until a test gives up


=head1 METHODS

=head2 new(PORT [, WINDOW [, SOCKET]])

A connection; each stream may send as many bytes as WINDOW says (default 65535)
until it is given more().  On a SOCKET that is connected, where there is one.

=cut

sub new {
    my ($class, $port, $window, $sock) = @_;

    $sock //= Toucan::Server::connection($port) // die "connect: $!\n";

    my $self = bless { sock => $sock, in => '', next => 1, streams => {},
                       goaway => undef, ended => 0, pongs => 0 }, $class;

    $self->put("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    $self->frame($SETTINGS, 0, 0, pack 'nN', 4, $window // 65535);

    # of the connection: enough for all

    $self->frame($WINDOW, 0, 0, pack 'N', 0x3fffffff);

    return $self;
}


=head2 get(PATH, NAME => VALUE ...)

Opens a stream; its number.  With C<':method'> another method, and then without
END_STREAM: data() follows.

=cut

sub get {
    my ($self, $path, @headers) = @_;

    my $id = $self->{next};
    $self->{next} += 2;
    $self->{streams}{$id} = { data => '', status => 0 };

    my $method = 'GET';
    my $flags = 5;

    if (@headers && $headers[0] eq ':method') {
        (undef, $method) = splice @headers, 0, 2;
        $flags = 4;
    }

    my @all = (':method', $method, ':scheme', 'http', ':path', $path,
               ':authority', 'localhost', @headers);
    my $block = '';

    # literals without indexing, of a new name (RFC 7541 section 6.2.2)

    while (my ($name, $value) = splice @all, 0, 2) {
        $block .= "\0" . text($name) . text($value);
    }

    $self->frame($HEADERS, $flags, $id, $block);

    return $id;
}

sub text {
    my $text = shift;

    my $n = length $text;
    return chr($n) . $text if $n < 127;

    my $head = chr 127;
    $n -= 127;

    while ($n >= 128) {
        $head .= chr($n % 128 + 128);
        $n = int($n / 128);
    }

    return $head . chr($n) . $text;
}


=head2 data(ID, BYTES), more(ID, N)

Sends DATA, not the last; gives a stream N bytes more.

=cut

sub data { $_[0]->frame($DATA, 0, $_[1], $_[2]) }
sub more { $_[0]->frame($WINDOW, 0, $_[1], pack 'N', $_[2]) }

sub frame {
    my ($self, $type, $flags, $id, $payload) = @_;

    my $n = length $payload;

    $self->put(pack('CnCCN', $n >> 16, $n & 0xffff, $type, $flags, $id)
               . $payload);
}

sub put {
    my ($self, $bytes) = @_;

    local $SIG{PIPE} = 'IGNORE';
    syswrite $self->{sock}, $bytes;
}


=head2 until(CODE)

Reads frames until CODE is true; 1, or '' when the connection ends before it
is, or nothing comes for long.

=cut

sub until {
    my ($self, $code) = @_;

    my $end = time + $PATIENCE;

    while (!$code->()) {
        return '' if $self->{ended} || time > $end;
        $self->take(1);
    }

    return 1;
}

sub take {
    my ($self, $wait) = @_;

    return '' if $self->{ended};
    return '' if !IO::Select->new($self->{sock})->can_read($wait);

    if (!sysread $self->{sock}, $self->{in}, 65536, length $self->{in}) {
        $self->{ended} = 1;
        return 1;
    }

    while (length $self->{in} >= 9) {
        my ($high, $low, $type, $flags, $id) = unpack 'CnCCN', $self->{in};
        my $n = ($high << 16) + $low;

        last if length $self->{in} < 9 + $n;

        my $payload = substr $self->{in}, 9, $n;
        substr $self->{in}, 0, 9 + $n, '';
        $self->came($type, $flags, $id, $payload);
    }

    return 1;
}

sub came {
    my ($self, $type, $flags, $id, $payload) = @_;

    my $stream = $self->{streams}{$id} // {};

    $stream->{data} .= $payload if $type == $DATA;

    # ":status: 200" is in the static table, as 8

    $stream->{status} = 200 if $type == $HEADERS && $payload =~ /^\x88/;
    $stream->{reset} = unpack 'N', $payload if $type == $RST;
    $stream->{complete} = 1
        if ($type == $DATA || $type == $HEADERS) && $flags & 1;

    $self->{goaway} = $payload if $type == $GOAWAY;
    $self->{pongs}++ if $type == $PING && $flags & 1;

    $self->frame($SETTINGS, 1, 0, '') if $type == $SETTINGS && !($flags & 1);
}


=head2 is_reset(ID), begins(ID), goes_on(ID), completes(ID)

1 when the stream is ended by RST_STREAM, has a status and data, brings more
than it has brought, ends as a whole; '' when it does not.

=cut

sub is_reset {
    my ($self, $id) = @_;

    my $s = $self->{streams}{$id};
    return $self->until(sub { defined $s->{reset} });
}

sub begins {
    my ($self, $id) = @_;

    my $s = $self->{streams}{$id};
    return $self->until(sub { $s->{status} && length $s->{data} });
}

sub completes {
    my ($self, $id) = @_;

    my $s = $self->{streams}{$id};
    return $self->until(sub { $s->{complete} });
}

sub goes_on {
    my ($self, $id) = @_;

    while ($self->take(0)) { }

    my $s = $self->{streams}{$id};
    my $had = length $s->{data};

    return $self->until(sub { length $s->{data} > $had })
           && !defined $s->{reset};
}


=head2 stream(ID), ended(), goaway(), pings()

What is known of a stream: status, data, reset (the code), complete; whether
the connection has ended; what GOAWAY said; 1 when a PING comes back.

=cut

sub stream { return $_[0]{streams}{$_[1]} }
sub ended  { return $_[0]{ended} }
sub goaway { return $_[0]{goaway} }
sub shut   { $_[0]{ended} = 1; close $_[0]{sock} }

sub pings {
    my $self = shift;

    my $had = $self->{pongs};
    $self->frame($PING, 0, 0, 'anybody?');

    return $self->until(sub { $self->{pongs} > $had });
}


1;
