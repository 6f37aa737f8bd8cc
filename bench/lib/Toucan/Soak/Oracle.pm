# Owns: what the sender knows: tokens and API keys, what has happened to them
# and since when, and so what nginx may answer.  Where two answers are right
# it is for as long as something is being done, and no longer.

package Toucan::Soak::Oracle;

use strict;
use warnings;

use List::Util qw(max);
use Time::HiRes qw(clock_gettime time CLOCK_MONOTONIC);

use constant {
    MEMORY => 8,            # seconds, for tokens that are used no more
    TAKEN_OVER => 1,        # second, in which workers take a file over
    CLOCK => 0.05,          # seconds, around the one in which a token ends
    DOOMED => 300,          # tokens that are kept to be refused
};

# reason => status, code, place in the order of checks

my %reasons = (
    ok                  => [200, '', 99],
    no_token            => [401, 'TOKEN_MISSING', 0],
    key_not_found       => [401, 'TOKEN_INVALID', 1],
    api_key_invalid     => [401, 'API_KEY_INVALID', 1],
    bad_signature       => [401, 'TOKEN_INVALID', 2],
    bad_decrypt         => [401, 'TOKEN_INVALID', 2],
    bad_issuer          => [401, 'TOKEN_INVALID', 3],
    bad_audience        => [401, 'TOKEN_INVALID', 3],
    expired             => [401, 'TOKEN_EXPIRED', 4],
    not_yet_valid       => [401, 'TOKEN_INVALID', 4],
    revoked             => [401, 'TOKEN_REVOKED', 5],
    origin_denied       => [403, 'ORIGIN_DENIED', 6],
    token_origin_denied => [403, 'ORIGIN_DENIED', 6],
    permission_denied   => [403, 'PERMISSION_DENIED', 7],
    object_denied       => [403, 'PERMISSION_DENIED', 7],
    not_refreshable     => [403, 'NOT_REFRESHABLE', 8],
);


=head1 METHODS

=head2 new(), answers(REASON)

What is known; the status and the code that go with a reason.

=cut

sub new {
    return bless { scopes => {}, good => {}, doomed => [], known => [] }, $_[0];
}

sub answers { return @{$reasons{$_[1]} // [0, '', 0]}[0, 1] }

sub now { return clock_gettime(CLOCK_MONOTONIC) }


=head2 event()

Something that is done from now on: a hash.  C<done>: since when it is in force
everywhere; C<taken>: since when in the worker of a pid; C<deadline>: since when
it must be, as file_is_there() says of a file that was written.

=cut

sub event { return { begun => now(), taken => {} } }

sub file_is_there { $_[1]{deadline} = now() + TAKEN_OVER }


=head2 needed(EVENT, PID ...)

How long, in seconds, these workers needed to take over a file.

=cut

sub needed {
    my ($self, $e, @pids) = @_;

    my $written = $e->{deadline} - TAKEN_OVER;

    return max(0, map { $_ - $written } grep { defined }
                  @{$e->{taken}}{@pids});
}


=head2 phase(EVENT, SENT, GOT, PID)

Whether it was in force for a request, sent and answered at these times by this
worker: 0 no, 1 either, 2 yes.

=cut

sub phase {
    my ($self, $e, $sent, $got, $pid) = @_;

    return 0 if $got < $e->{begun};
    return 2 if defined $e->{done} && $sent >= $e->{done}
                || defined $e->{deadline} && $sent >= $e->{deadline};

    my $taken = $e->{taken}{$pid // 0};

    return defined $taken && $sent >= $taken ? 2 : 1;
}


=head2 doom(SCOPE, REASON, EVENT [, CUT])

From that event on REASON refuses what is of the scope, made at or before CUT
(seconds since 1970) where that is given.

=cut

sub doom {
    my ($self, $scope, $reason, $event, $cut) = @_;

    my $doom = { reason => $reason, event => $event, cut => $cut };

    push @{$self->{scopes}{$scope}}, $doom;

    for my $lane (keys %{$self->{good}}) {
        my (@good, @gone);

        for my $token (@{$self->{good}{$lane}}) {
            if ($token->{scopes}{$scope} && applies($doom, $token)) {
                push @{$token->{dooms}}, $doom;
                push @gone, $token;

            } else {
                push @good, $token;
            }
        }

        next if !@gone;

        $self->{good}{$lane} = \@good;
        push @{$self->{doomed}}, @gone;
    }

    @{$self->{known}} = grep { $_->{until} > time } @{$self->{known}};

    for my $token (@{$self->{doomed}}, @{$self->{known}}) {
        push @{$token->{dooms}}, $doom
            if $token->{scopes}{$scope} && applies($doom, $token)
               && !grep { $_ == $doom } @{$token->{dooms}};
    }

    my $many = @{$self->{doomed}} - DOOMED;

    $self->_forget(splice @{$self->{doomed}}, 0, $many) if $many > 0;
}

# requests with them may be on their way

sub _forget {
    my ($self, @tokens) = @_;

    for (@tokens) {
        $_->{until} = ($_->{scopes}{short} ? $_->{exp} : time) + MEMORY;
        push @{$self->{known}}, $_;
    }
}

sub applies {
    my ($doom, $token) = @_;

    return !defined $doom->{cut} || $token->{iat} <= $doom->{cut};
}


=head2 add(TOKEN), know(TOKEN), drop(TOKEN), good(LANE), doomed()

TOKEN is a hash with C<lane>, C<scopes> (names that dooms may have), C<iat> and
C<exp>; it is one of the good ones, or, where something has happened to it
already, of the doomed; one that is just known is of neither, and what happens
to it is noted for some seconds, from its end on where it has the scope
C<short>.  The lists are not the caller's to change.

=cut

sub add {
    my ($self, $token) = @_;

    $self->_look_up($token);

    push @{@{$token->{dooms}} ? $self->{doomed}
                              : $self->good($token->{lane})}, $token;
}

sub know {
    my ($self, $token) = @_;

    $self->_look_up($token);
    $self->_forget($token);

    return $token;
}

sub _look_up {
    my ($self, $token) = @_;

    $token->{dooms} = [grep { applies($_, $token) }
                       map { @{$self->{scopes}{$_} // []} }
                       keys %{$token->{scopes}}];
}

sub drop {
    my ($self, $token) = @_;

    @$_ = grep { $_ != $token } @$_
        for $self->{doomed}, $self->good($token->{lane});

    $self->_forget($token);
}

sub good   { return $_[0]{good}{$_[1]} //= [] }
sub doomed { return $_[0]{doomed} }


=head2 permitted(SUBJECT, BASE, SENT, GOT, PID)

The reasons that a request may have met, the first of them most likely.  SUBJECT
has C<dooms>, and C<exp> where it ends; BASE is what would be said without them.

=head2 learn(SUBJECT, REASON, GOT, PID)

A worker that has said REASON has taken over what leads to it, where that is one
thing only.

=cut

sub permitted {
    my ($self, $subject, $base, $sent, $got, $pid) = @_;

    my $left = defined $subject->{exp} ? $subject->{exp} - time : 60;

    return $base if $left > 10 && !@{$subject->{dooms}};

    my @may = ([99, $base, 2]);
    $may[0][0] = $reasons{$base}[2];

    push @may, map { [$reasons{$_->{reason}}[2], $_->{reason},
                      $self->phase($_->{event}, $sent, $got, $pid)] }
               @{$subject->{dooms}};

    if ($left <= 10) {
        my $wall = time - now();
        my $phase = $sent + $wall >= $subject->{exp} + CLOCK ? 2
                  : $got + $wall < $subject->{exp} ? 0 : 1;

        push @may, [$reasons{expired}[2], 'expired', $phase];
    }

    my %permitted;

    for my $row (sort { $a->[0] <=> $b->[0] || $b->[2] <=> $a->[2] } @may) {
        next if !$row->[2];
        $permitted{$row->[1]} = 1;
        last if $row->[2] == 2;
    }

    return keys %permitted;
}

sub learn {
    my ($self, $subject, $reason, $got, $pid) = @_;

    my @by = grep { $_->{reason} eq $reason } @{$subject->{dooms}};

    $by[0]{event}{taken}{$pid} //= $got
        if @by == 1 && defined $by[0]{event}{deadline};
}


=head2 any(LIST)

One of them.

=cut

sub any { return $_[1][rand @{$_[1]}] }


1;
