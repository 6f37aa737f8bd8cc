# Owns: one round of the soak of streams: many are opened, each of which is to
# meet its fate at its time, and what has become of each is compared with it.

package Toucan::Soak::StreamRound;

use strict;
use warnings;

use IO::Select ();
use List::Util qw(max min shuffle);
use Time::HiRes qw(time);

use Toucan::Http2 ();
use Toucan::Streams ();

use constant {
    H2_STREAMS => 10,       # of one connection
    BATCH => 25,            # opened one after the other
    SETTLE => 2,            # seconds before the first fate, after the last
    SAID => 5,              # seconds between lines of progress
    SHOWN => 20,            # of what is wrong
};

# of hundred: who ends them

my @fates = ((expires => 50), (revoked => 15), (client => 10),
             (backend => 10), (stays => 15));

# of ten: how they come

my @kinds = qw(slow slow slow slow ws ws ws h2 h2 quiet);

# what is revoked, and of how many streams it is

my @revoked = ([jti => 1], [sid => 2], [distinctId => 3]);


=head1 METHODS

=head2 new(OPTIONS)

    site => ...         a Toucan::Soak::StreamSite
    streams => N, time => SECONDS, slack => SECONDS, number => N
    reload => SECONDS   after which nginx is told to
    said => CODE        is called with a line of progress, now and then
    others => 1         revokes one that it should not

=head2 run()

All of it, until the last stream has ended; returns a hash: C<fates>, how many
there were of each; C<late>, in seconds, of each that was cut; C<wrong>, what
is not as it should be.

=cut

sub new {
    my ($class, %o) = @_;

    return bless { %o, select => IO::Select->new, wrong => [], count => 0,
                   late => [], fates => {}, by => {}, h2 => [], load => {} },
                 $class;
}

sub run {
    my $self = shift;

    my $site = $self->{site};

    $site->ended;
    $self->_plan;
    $self->_open;

    my $end = $self->{begun} + $self->{time};

    $self->_turn while time < $end;
    $self->_still_there;
    $self->_shut($_) for grep { !$_->{ended} } @{$self->{all}};
    $_->shut for @{$self->{h2}};
    $self->_logged;

    return { map { $_ => $self->{$_} } qw(fates late wrong) };
}

sub wrong {
    my ($self, $text) = @_;

    push @{$self->{wrong}}, $text;
    print STDERR "WRONG: round $self->{number}: $text\n"
        if @{$self->{wrong}} <= SHOWN;
}


# Fates are dealt out, so that each round has all of them with all kinds.

sub _plan {
    my $self = shift;

    my $n = $self->{streams};
    my (@all, @party);

    for (my $i = 0; $i < @fates; $i += 2) {
        push @all, ($fates[$i]) x int($n * $fates[$i + 1] / 100 + 0.5);
    }

    @all = (shuffle @all)[0 .. $n - 1];

    # opened within that time, more or less

    my $from = int(time) + 2 + SETTLE + int($n / 400);
    my $to = time + $self->{time} - SETTLE - $self->{slack};

    for my $i (0 .. $n - 1) {
        my $fate = $all[$i] // 'stays';
        my $due = $from + rand max($to - $from, 1);
        my $s = { id => "$self->{number}-$i", fate => $fate, due => $due,
                  kind => $kinds[$i % @kinds], claims => [] };

        $s->{due} = int $due if $fate eq 'expires';
        $s->{claims} = [sid => "sid-of-$s->{id}"] if $fate eq 'stays';

        if ($fate eq 'revoked') {
            @party = _party($self->{number}, $i, $due) if !@party;
            %$s = (%$s, %{pop @party});
        }

        $self->{fates}{$fate}++;
        $self->{by}{$s->{id}} = $s;
        push @{$self->{all}}, $s;
    }

    $self->{due} = [sort { $a->{due} <=> $b->{due} }
                    grep { $_->{fate} =~ /revoked|client/ }
                    @{$self->{all}}];
}

sub _party {
    my ($number, $i, $due) = @_;

    my ($name, $size) = @{$revoked[rand @revoked]};
    my $value = "$name-of-$number-$i";
    my $claim = $name eq 'distinctId' ? 'id' : $name;

    return map { { due => $due, revoke => { $name => $value },
                   claims => [$claim => $value] } } 1 .. $size;
}


sub _open {
    my $self = shift;

    my @streams = @{$self->{all}};

    $self->{begun} = time;

    for my $i (0 .. $#streams) {
        my $s = $streams[$i];
        my $exp = $s->{fate} eq 'expires' ? $s->{due} : int(time) + 900;
        my $token = $self->{site}->token($exp, @{$s->{claims}});
        my $path = '/' . ($s->{kind} eq 'h2' ? 'slow' : $s->{kind})
                   . "/$s->{id}";

        if ($s->{fate} eq 'backend') {
            my $for = max(1, int($s->{due} - time));

            $s->{due} = time + $for;
            $path .= "/for/$for";
        }

        if ($s->{kind} eq 'h2') {
            $self->_open_h2($s, $path, $token);

        } else {
            $s->{stream} = Toucan::Streams::stream(
                $self->{site}->server->port, $path,
                "Authorization: Bearer $token"
                . ($s->{kind} eq 'ws' ? "\nUpgrade: websocket" : ''),
                $self->_connection);
            $self->_watch($s->{stream}{sock}, sub { $self->_take($s) });
        }

        $self->_turn(0) if $i % BATCH == 0;
    }

    # each has begun before its end is due

    my $patience = time + 10 * $self->{slack};

    while (time < $patience
           && grep { !$_->{begun} && !$_->{ended} } @streams)
    {
        $self->_turn;
    }

    for my $s (@streams) {
        $self->wrong("$s->{id} $s->{kind}: does not begin") if !$s->{begun};
    }
}

sub _open_h2 {
    my ($self, $s, $path, $token) = @_;

    my $h2 = $self->{h2}[-1];

    if (!$h2 || $h2->{mine} >= H2_STREAMS) {
        $h2 = $self->_connection_h2;
        push @{$self->{h2}}, $h2;
        $h2->{mine} = 0;
        $h2->{of} = [];
        $self->_watch($h2->{sock}, sub { $self->_take_h2($h2) });
    }

    $h2->{mine}++;
    $s->{h2} = $h2;
    $s->{sid} = $h2->get($path, authorization => "Bearer $token");
    push @{$h2->{of}}, $s;
}

# Each worker gets as many of them in each round, so that memory can be
# compared: a connection is used when its worker is one that has the fewest.

sub _connection {
    my $self = shift;

    for (1 .. 200) {
        my $sock = Toucan::Server::connection($self->{site}->server->port)
            // die "connect: $!\n";
        my $text = '';

        syswrite $sock, "GET /pid HTTP/1.1\r\nHost: localhost\r\n\r\n";

        while ($text !~ /\r\n\r\n\d+\n/) {
            sysread $sock, $text, 4096, length $text or die "no /pid\n";
        }

        my ($pid) = $text =~ /(\d+)\n\z/;

        return $sock if $self->_is_wanted($pid, 1);
    }

    die "no connection with all of the workers\n";
}

sub _connection_h2 {
    my $self = shift;

    for (1 .. 200) {
        my $h2 = Toucan::Http2->new($self->{site}->server->port(2));
        my $id = $h2->get('/pid');

        $h2->completes($id) or die "no /pid\n";

        my ($pid) = $h2->stream($id)->{data} =~ /(\d+)/;

        return $h2 if $self->_is_wanted($pid, H2_STREAMS);
        $h2->shut;
    }

    die "no connection with all of the workers\n";
}

sub _is_wanted {
    my ($self, $pid, $n) = @_;

    my $load = $self->{load};

    $load->{$_} //= 0 for $self->{site}->live;
    return if $load->{$pid} > min values %$load;

    $load->{$pid} += $n;

    return 1;
}


sub _watch {
    my ($self, $sock, $code) = @_;

    $self->{select}->add($sock);
    $self->{code}{fileno $sock} = $code;
}

sub _unwatch {
    my ($self, $sock) = @_;

    return if !defined fileno $sock;
    $self->{select}->remove($sock);
    delete $self->{code}{fileno $sock};
}

# What can be read, and whose time has come.

sub _turn {
    my ($self, $wait) = @_;

    for my $sock ($self->{select}->can_read($wait // 0.02)) {
        my $code = defined fileno $sock && $self->{code}{fileno $sock};
        $code->() if $code;
    }

    my $now = time;
    my $due = $self->{due};

    if (defined $self->{reload} && $now >= $self->{begun} + $self->{reload}) {
        delete $self->{reload};
        $self->{site}->server->signal('HUP');
    }

    while (@$due && $due->[0]{due} <= $now) {
        my $s = shift @$due;

        if ($s->{fate} eq 'client') {
            $self->_shut($s);

        } elsif (!$s->{ended} && !defined $s->{since}) {
            $self->_revoke($s);
        }
    }

    if ($now >= ($self->{say} // 0)) {
        $self->{say} = $now + SAID;
        $self->{said}->(sprintf '%d of %d open, %d cut, %d wrong',
                        scalar(grep { $_->{begun} && !$_->{ended} }
                               @{$self->{all}}),
                        $self->{streams}, scalar @{$self->{late}},
                        scalar @{$self->{wrong}});
    }
}

sub _revoke {
    my ($self, $s) = @_;

    my %what = %{$s->{revoke}};
    my ($name) = keys %what;

    # before the answer: a worker may be quick

    my $asked = time;

    for my $of (@{$self->{all}}) {
        $of->{since} = $asked if ($of->{revoke}{$name} // '') eq $what{$name};
    }

    if ($self->{others}) {
        my ($other) = grep { $_->{fate} eq 'stays' && !$_->{ended} }
                      @{$self->{all}};
        $what{sid} = $other->{claims}[1] if $other;
    }

    my $status = $self->{site}->revoke(\%what);

    $self->wrong("a revocation is answered $status") if $status != 204;
}


sub _take {
    my ($self, $s) = @_;

    my $stream = $s->{stream};

    $stream->take(0);
    $s->{begun} = 1 if $stream->{text} =~ /\r\n\r\n/ && $stream->status =~
                       ($s->{kind} eq 'ws' ? qr/^101$/ : qr/^200$/);

    # what is complete leaves its connection open

    my $whole = $stream->text =~ /\n0\r\n\r\n\z/ ? 1 : 0;

    return if !$stream->{ended} && !$whole;

    $self->_unwatch($stream->{sock});
    $stream->shut;
    $self->_ended($s, $whole);
}

sub _take_h2 {
    my ($self, $h2) = @_;

    $h2->take(0);

    for my $s (@{$h2->{of}}) {
        my $is = $h2->stream($s->{sid});

        $s->{begun} = 1 if $is->{status} == 200;
        next if $s->{ended};

        $self->_ended($s, $is->{complete} ? 1 : 0)
            if $is->{complete} || defined $is->{reset};
    }

    return if !$h2->ended;

    $self->_unwatch($h2->{sock});
    $self->wrong('a connection of HTTP/2 is closed')
        if grep { !$_->{ended} } @{$h2->{of}};
    $_->{ended} //= time for @{$h2->{of}};
}


# Ended by the other side, as a whole or not.

sub _ended {
    my ($self, $s, $whole) = @_;

    my $fate = $s->{fate};
    my $now = $s->{ended} = time;
    my $name = "$s->{id} $s->{kind} $fate";
    my $since = $fate eq 'revoked' ? $s->{since} : $s->{due};

    if ($fate eq 'client' || $fate eq 'stays') {
        $self->wrong("$name: ended by itself");

    } elsif (!defined $since || $now < $since) {
        $self->wrong("$name: too early");

    } elsif ($fate eq 'backend') {
        $self->wrong("$name: ended, but not whole")
            if !$whole && $s->{kind} ne 'ws';

    } else {
        push @{$self->{late}}, $now - $since;
        $self->wrong("$name: was completed") if $whole;
    }
}

sub _shut {
    my ($self, $s) = @_;

    return if $s->{ended};

    $s->{ended} = time;

    if ($s->{h2}) {
        $s->{h2}->frame(3, 0, $s->{sid}, pack 'N', 8);
        return;
    }

    $self->_unwatch($s->{stream}{sock});
    $s->{stream}->shut;
}


# What should be gone is, and what should be there brings more.

sub _still_there {
    my $self = shift;

    my @open = grep { !$_->{ended} } @{$self->{all}};

    for my $s (grep { $_->{fate} ne 'stays' } @open) {
        $self->wrong("$s->{id} $s->{kind} $s->{fate}: has not ended");
    }

    my %had = map { $_->{id} => _size($_) } @open;
    my @ask = grep { $_->{fate} eq 'stays' && $_->{kind} ne 'quiet' } @open;
    my $patience = time + 2 + $self->{slack};

    $_->{stream}->say("still there?\n") for grep { $_->{kind} eq 'ws' } @ask;

    while (time < $patience && (@ask = grep { !$_->{ended}
                                    && _size($_) <= $had{$_->{id}} } @ask))
    {
        $self->_turn;
    }

    $self->wrong("$_->{id} $_->{kind} stays: brings no more") for @ask;
}

sub _size {
    my $s = shift;

    return length($s->{h2} ? $s->{h2}->stream($s->{sid})->{data}
                           : $s->{stream}->text);
}


# Each of them once, and as it should be.

sub _logged {
    my $self = shift;

    my %reason = (expires => 'CUT expired', revoked => 'CUT revoked');
    my $patience = time + 5 + $self->{slack};
    my %seen;

    while (time < $patience && keys %seen < $self->{streams}) {
        for my $line ($self->{site}->ended) {
            my ($path, @is) = @$line;
            my ($id) = $path =~ m{^/\w+/(\d+-\d+)} or next;

            $self->wrong("$id: logged twice") if $seen{$id}++;

            my $s = $self->{by}{$id};
            my $is = "@is";
            my $want = $reason{$s->{fate}} // 'PASSED -';

            $self->wrong("$id $s->{kind} $s->{fate}: logged as $is")
                if $is ne $want;
        }

        select undef, undef, undef, 0.05;
    }

    $self->wrong($self->{streams} - keys(%seen) . ' are not in the log')
        if keys %seen != $self->{streams};
}


1;
