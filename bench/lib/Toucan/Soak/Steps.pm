# Owns: how events go on side by side in one thread: each is a list of steps,
# and a step is called again and again until it says that it has been taken.

package Toucan::Soak::Steps;

use strict;
use warnings;

use List::Util qw(uniq);
use Time::HiRes qw(time);

use constant PATIENCE => 6;     # seconds until something has failed to happen


=head1 METHODS

=head2 tick(NOW, WHICH ...)

Goes on with what is going on, and begins what is due, of the events that are
named.  NOW is in seconds since the start.

=head2 going_on()

The names of those that have not come to an end.

=cut

sub tick {
    my ($self, $now, @which) = @_;

    for my $name (uniq @which, $self->going_on) {
        my $actor = $self->{actors}{$name};

        if (!$actor->{steps}) {
            next if $now < $actor->{next} || !grep { $_ eq $name } @which;
            $actor->{steps} = [$self->$name];
        }

        # a step is true when it has been taken

        shift @{$actor->{steps}}
            while @{$actor->{steps}} && $actor->{steps}[0]->();

        next if @{$actor->{steps}};

        delete $actor->{steps};
        $actor->{next} = $now + $self->{every}{$name} * (0.75 + rand 0.5);
    }
}

sub going_on {
    my $self = shift;

    return grep { $self->{actors}{$_}{steps} } sort keys %{$self->{actors}};
}


=head1 STEPS

Each of these returns a piece of code, to be called until it returns true.

=cut

sub locking {
    my ($self, @names) = @_;

    return sub {
        return 0 if grep { $self->{locked}{$_} } @names;
        $self->{locked}{$_} = 1 for @names;
        return 1;
    };
}

sub unlocking {
    my ($self, @names) = @_;

    return sub { delete @{$self->{locked}}{@names}; 1 };
}

sub waiting {
    my ($self, $seconds) = @_;

    my $end;

    return sub { return time >= ($end //= time + $seconds) };
}

# util/toucan-key, whose change of a file is the event; THEN gets its output

sub tool {
    my ($self, $event, $arguments, $then) = @_;

    my ($begun, $done);

    return sub {
        return $done if $begun++;

        %$event = (%$event, %{$self->{oracle}->event});

        $self->{site}->tool(sub {
            my ($status, $output) = @_;

            chomp $output;
            $self->{figures}->wrong("toucan-key @$arguments: $output")
                if $status;
            $self->written($event);
            $then->($output) if $then;
            $done = 1;
        }, @$arguments);

        return 0;
    };
}

sub written {
    my ($self, $event) = @_;

    $self->{oracle}->file_is_there($event);
    $event->{written} = time;
    $event->{of} = [$self->{site}->live];
}

# Until every worker that there is has been seen to have taken it over: ASK
# sends a request by which the event learns.

sub taken_over {
    my ($self, $what, $event, $ask, $also) = @_;

    my $asked = 0;

    return sub {
        my $now = time;
        my @live = $self->{site}->live;

        if (@live && !grep { !$event->{taken}{$_} } @live
            and !$also || $also->())
        {
            $event->{done} = $self->{oracle}->now;
            $self->{figures}->took_over(
                $self->{oracle}->needed($event, @{$event->{of}}));
            return 1;
        }

        if ($now > $event->{written} + PATIENCE) {
            $self->{figures}->wrong("$what: not taken over");
            return 1;
        }

        if ($now > $asked + 0.03) {
            $asked = $now;
            $ask->();
        }

        return 0;
    };
}

# A worker says that it has the new state, or that it has not.

sub shows {
    my ($self, $event, $request, $answer, $is_new) = @_;

    my $phase = $self->{oracle}->phase(
        $event, $request->{sent}, @$answer{qw(got pid)});

    return 'too early' if $is_new && !$phase;
    return 'not taken over in time' if !$is_new && $phase == 2;

    $event->{taken}{$answer->{pid}} //= $answer->{got} if $is_new;

    return undef;
}

# Both uses of a file of keys, the gate's and the mint's, as the log tells; a
# worker that was started meanwhile says nothing, and has its second.

sub logged {
    my ($self, $event, $file) = @_;

    return sub {
        $event->{overdue} //= $event->{written} + $self->{oracle}->TAKEN_OVER;

        return time > $event->{overdue}
               || !grep { ($self->{site}->taken($_, $file) // 0)
                          < $event->{written} } $self->{site}->live;
    };
}
# False for a while, and then a fault, but true.

sub too_late {
    my ($self, $what, $begun) = @_;

    return 0 if time < $begun + PATIENCE;

    $self->{figures}->wrong("$what: nothing happens");

    return 1;
}


1;
