# Owns: what was counted and measured, what is claimed of it, and how both are
# told.

package Toucan::Soak::Figures;

use strict;
use warnings;

use List::Util qw(max min sum0);
use POSIX qw(ceil floor);

use constant {
    RATIO => 1.2,           # p99 of the gated to that of the ungated
    GROWTH => 1.03,         # resident memory of the last third to the first's
    GROWTH_KB => 512,       # or this much more
    TAKEN_OVER => 1,        # seconds, as the README says
    PACE => 0.97,           # of the requests that were due
    A_MINUTE => 2,          # of each kind of event, at least
    AGES => [2, 5],         # seconds: workers that are compared across reloads
    SHOWN => 20,            # of the wrong answers
};

my @events = ('reloads', 'rotations of a signing key',
              'rotations of a master key', 'API keys added and withdrawn',
              'files broken and mended', 'revocations by jti',
              'revocations by sid', 'revocations by distinctId',
              'revocations by client');
my @reasons = qw(ok no_token key_not_found bad_signature bad_decrypt bad_issuer
                 bad_audience expired revoked origin_denied
                 token_origin_denied object_denied permission_denied
                 api_key_invalid not_refreshable);


=head1 WHAT IS NOTED

=head2 new(site => ...)

=head2 right(REQUEST, ANSWER, CACHE), wrong(WHAT, REQUEST, ANSWER),
failed(WHAT, WHY, CLASS)

An answer; CACHE is HIT, MISS or nothing.

=cut

sub new {
    my ($class, %o) = @_;

    return bless {
        %o, requests => 0, wrong => 0, failed => 0, took => [], windows => [],
        events => {}, reasons => {}, classes => {}, seen => {}, memory => [],
        now => {}, service => {}, measuring => 0, ages => {},
    }, $class;
}

sub right {
    my ($self, $request, $answer, $cache) = @_;

    my $class = $request->{class};

    $self->{requests}++;
    $self->{classes}{$class}++;
    $self->{reasons}{$answer->{reason}}++;
    $self->{seen}{$answer->{pid}} = 1;

    return if !$self->{measuring};

    my $us = ($answer->{got} - $request->{sent}) * 1e6;

    if ($class eq 'ungated') {
        push @{$self->{now}{ungated}}, $us;

    } elsif ($request->{endpoint}) {
        push @{$self->{service}{$request->{endpoint}}}, $us;

    } elsif ($class eq 'gated') {
        my $new = length $cache ? $cache ne 'HIT' : $request->{new};

        push @{$self->{now}{gated}}, $us;
        push @{$self->{now}{$new ? 'new' : 'known'}}, $us;
    }
}

sub wrong {
    my ($self, $what, $request, $answer) = @_;

    $self->{requests}++ if $request;
    $self->{classes}{$request->{class}}++ if $request;

    return if $self->{wrong}++ >= SHOWN;

    my @dooms = map { my $e = $_->{event};
                      sprintf '%s since %.3f%s%s', $_->{reason},
                          $e->{begun} - $request->{sent},
                          map { defined $e->{$_}
                                ? sprintf ", $_ %.3f", $e->{$_}
                                                       - $request->{sent}
                                : '' } qw(deadline done) }
                @{($request->{token} // {})->{dooms} // []};

    print STDERR 'WRONG: ', substr($what, 0, 1000),
        $answer ? " (worker $answer->{pid}, answered after "
                  . sprintf('%.4f s', $answer->{got} - $request->{sent})
                  . ($request->{resent} ? ', sent twice' : '')
                  . (@dooms ? "; @dooms" : '') . ')' : '', "\n";
}

sub failed {
    my ($self, $what, $why, $class) = @_;

    $self->{requests}++;
    $self->{classes}{$class}++;

    print STDERR "FAILED: $what: $why\n" if $self->{failed}++ < SHOWN;
}


=head2 event(NAME), took_over(SECONDS), has_answered(PID)

Something came to its end; workers needed so long to take over a file; whether
this worker has answered yet.

=cut

sub event {
    my ($self, $name) = @_;

    return ++$self->{events}{$name};
}

sub took_over { push @{$_[0]{took}}, $_[1] }

sub has_answered { return $_[0]{seen}{$_[1]} }


=head2 measure(ON), window()

Whether latencies count; the end of a window in which they are taken together.

=cut

sub measure { $_[0]{measuring} = $_[1] }

sub window {
    my $self = shift;

    my %of;

    for my $class (keys %{$self->{now}}) {
        my @sorted = sort { $a <=> $b } @{$self->{now}{$class}};

        $of{$class} = { n => scalar @sorted, p50 => at(0.5, @sorted),
                        p99 => at(0.99, @sorted) };
    }

    $self->{now} = {};
    push @{$self->{windows}}, \%of if $of{gated} && $of{ungated};
}

# of what is in order

sub at {
    my ($part, @sorted) = @_;

    return @sorted ? $sorted[ceil($part * @sorted) - 1] : undef;
}

sub median {
    my @sorted = sort { $a <=> $b } grep { defined } @_;

    return undef if !@sorted;
    return ($sorted[floor($#sorted / 2)] + $sorted[ceil($#sorted / 2)]) / 2;
}


=head2 sample(NOW, PHASE)

Notes the memory of the master and of the workers.

=cut

sub sample {
    my ($self, $now, $phase) = @_;

    my $site = $self->{site};
    my $master = $site->server->pid;
    my @live = $site->live;

    for my $pid ($master, @live) {
        my $kb = $site->memory($pid) // next;

        $self->{ages}{$pid} //= $now;
        push @{$self->{memory}}, {
            %$kb, at => $now, pid => $pid, phase => $phase,
            age => $now - $self->{ages}{$pid},
            role => $pid == $master ? 'master' : 'worker',
        };
    }
}

sub notice {
    my ($self, $now) = @_;

    $self->{ages}{$_} //= $now for $self->{site}->live;
}


=head1 WHAT IS TOLD

=head2 progress(NOW, RATE)

A line of it, on standard error.

=cut

sub progress {
    my ($self, $now, $cpu, $client) = @_;

    my $last = $self->{windows}[-1] // {};
    my ($open, $gated) = map { ($last->{$_} // {})->{p99} } qw(ungated gated);
    my $p99 = defined $open && defined $gated
              ? sprintf('p99 %.0f and %.0f us (%.2f)', $open, $gated,
                        $gated / $open) : 'warming up';
    my %own;

    $own{$_->{role}} = $_->{own} for @{$self->{memory}};

    printf STDERR "%4d s: %d requests, %d wrong, %d failed, %d resent; "
        . "%d reloads, %d rotations, %d API keys, %d revocations; %s; "
        . "worker %d, master %d kB; client %d %%\n",
        $now, @$self{qw(requests wrong failed)}, $client->{resent},
        $self->_events(qr/^reloads\z/), $self->_events(qr/^rotation/),
        $self->_events(qr/^API/), $self->_events(qr/^revocation/), $p99,
        $own{worker} // 0, $own{master} // 0, $cpu * 100;
}

sub _events {
    my ($self, $pattern) = @_;

    return sum0 map { $self->{events}{$_} }
                grep { /$pattern/ } keys %{$self->{events}};
}


=head2 report(HASH)

Prints the Markdown; true when all claims hold.  HASH: C<time> (seconds that
it took), C<reloading> (seconds with reloads), C<quiet> (when those without
begin), C<due> and C<sent> (requests of the load), C<lag> (seconds, of each that
was late), C<cpu> of the client, C<client> (its figures), C<ended> (whether
nginx ended well).

=cut

sub report {
    my ($self, %o) = @_;

    my @claims = ($self->_counted(\%o), $self->_timed(\%o),
                  $self->_flat(\%o));
    my @broken = grep { !$_->[2] } @claims;

    print "## Under load\n\n",
        sprintf("%d s, %d requests (%.0f a second), %d workers, %s.\n\n",
                $o{time}, $self->{requests}, $self->{requests} / $o{time},
                $self->{site}->WORKERS, $self->{site}{cache}
                ? 'with a cache of verified tokens' : 'without a cache');

    table(['Claim', 'Measured', ''],
          map { [@$_[0, 1], $_->[2] ? 'holds' : '**does not hold**'] }
              @claims);

    table(['Event', 'Times'],
          map { [$_, $self->{events}{$_}] } sort keys %{$self->{events}});

    table(['Requests', 'Times'],
          (map { [$_, $self->{classes}{$_}] } sort keys %{$self->{classes}}),
          map { ["answered: $_", $self->{reasons}{$_}] }
              sort keys %{$self->{reasons}});

    $self->_latencies;
    $self->_series(\%o);

    printf "The client: requests are due at even times, whatever has become "
        . "of those before; %.0f %% of a core; median of what was late %.0f "
        . "us, 99 %% within %.0f us; %d connections, %d ended by nginx "
        . "between two requests, %d requests sent again for that, %d had to "
        . "wait for a connection.\n\n",
        $o{cpu} * 100, (median(@{$o{lag}}) // 0) * 1e6,
        (at(0.99, sort { $a <=> $b } @{$o{lag}}) // 0) * 1e6,
        @{$o{client}}{qw(opened idle_closed resent queued)};

    print "Unexpected in the error log:\n\n",
        map({ "- $self->{site}->hard->{$_} times: `$_`\n" }
            sort keys %{$self->{site}->hard}), "\n"
        if %{$self->{site}->hard};

    printf "%d claims hold, %d do not\n", @claims - @broken, scalar @broken;

    return !@broken;
}

sub table {
    my ($head, @rows) = @_;

    print '| ', join(' | ', @$_), " |\n"
        for $head, [map { '---' } @$head], @rows;
    print "\n";
}

# Each claim: what it says, the figure, whether it holds.

sub _counted {
    my ($self, $o) = @_;

    my %events = map { $_ => $self->{events}{$_} // 0 } @events;
    my $minutes = $o->{reloading} / 60;
    my @few = grep { $events{$_} < floor(A_MINUTE * $minutes) || !$events{$_} }
              @events;
    my @unseen = grep { !$self->{reasons}{$_} } @reasons;
    my @hard = keys %{$self->{site}->hard};

    return (
        ['no wrong answer', "$self->{wrong} wrong", !$self->{wrong}],
        ['no failed request', "$self->{failed} failed", !$self->{failed}],
        ["each event at least ${\A_MINUTE} times a minute",
         @few ? 'too few: ' . join(', ', @few)
              : 'the rarest ' . min(values %events) . ' times', !@few],
        ['each reason to refuse was met', @unseen ? "not: @unseen"
         : scalar(@reasons), !@unseen],
        ['nothing unexpected in the error log, no token and no API key',
         @hard . ' kinds of lines, ' . $self->{site}->leaks . ' secrets',
         !@hard && !$self->{site}->leaks],
        ['nginx ends by itself', $o->{ended} ? 'yes' : 'no', $o->{ended}],
    );
}

sub _timed {
    my ($self, $o) = @_;

    my @windows = @{$self->{windows}};
    my $ratio = median(map { $_->{gated}{p99} / $_->{ungated}{p99} } @windows)
                // 99;
    my $slowest = max(@{$self->{took}}) // 99;
    my $pace = $o->{sent} / ($o->{due} || 1);

    return (
        ["p99 of the gated at most ${\RATIO} times the ungated one's",
         sprintf('%.3f, median of %d windows', $ratio, scalar @windows),
         $ratio <= RATIO],
        ['workers take a file over within a second',
         sprintf('%.2f s, the slowest of %d', $slowest,
                 scalar @{$self->{took}}), $slowest <= TAKEN_OVER],
        ['the client keeps its pace', sprintf('%.1f %% of what was due',
                                              $pace * 100), $pace >= PACE],
    );
}

# The last third against the first, each as a median.

sub _flat {
    my ($self, $o) = @_;

    return map {
        my ($name, @samples) = @$_;
        my ($first, $last) = thirds(@samples);

        ["memory is flat: $name",
         defined $last ? sprintf('%.0f, then %.0f kB (%+.1f %%)', $first,
                                 $last, 100 * ($last / $first - 1))
                       : 'too few samples',
         defined $last ? $last <= max($first * GROWTH, $first + GROWTH_KB)
                       : $o->{time} < 60];
    } $self->_groups($o);
}

sub thirds {
    my @samples = @_;

    my ($from, $to) = (min(map { $_->{at} } @samples),
                       max(map { $_->{at} } @samples));
    my $third = (($to // 0) - ($from // 0)) / 3;
    my @first = map { $_->{own} } grep { $_->{at} <= $from + $third } @samples;
    my @last = map { $_->{own} } grep { $_->{at} >= $to - $third } @samples;

    return @first > 1 && @last > 1 ? (median(@first), median(@last)) : ();
}

sub _groups {
    my ($self, $o) = @_;

    my @memory = grep { $_->{phase} ne 'warm-up' } @{$self->{memory}};
    my ($young, $old) = @{+AGES};
    my $settled = $o->{quiet} + ($o->{time} - $o->{quiet}) / 10;
    my @quiet = grep { $_->{role} eq 'worker' && $_->{phase} eq 'quiet'
                       && $_->{at} >= $settled } @memory;
    my %pids = map { $_->{pid} => 1 } @quiet;
    my $n = 0;

    return (
        ['the master', grep { $_->{role} eq 'master' } @memory],
        ["workers of $young to $old seconds, over the reloads",
         grep { $_->{role} eq 'worker' && $_->{phase} eq 'reloading'
                && $_->{age} >= $young && $_->{age} <= $old } @memory],
        map { my $pid = $_;
              [sprintf('worker %d of the last %d s, without a reload', ++$n,
                       $o->{time} - $o->{quiet}),
               grep { $_->{pid} == $pid } @quiet] } sort keys %pids,
    );
}


sub _latencies {
    my $self = shift;

    my @windows = @{$self->{windows}};
    my @rows;

    for my $class (qw(ungated gated known new)) {
        my @of = grep { defined } map { $_->{$class} } @windows;
        my $n = sum0(map { $_->{n} } @of);

        next if !@of;

        push @rows, [{ known => 'of these, known tokens',
                       new => 'of these, new tokens' }->{$class} // $class, $n,
                     map { my $p = $_;
                           my @p = map { $_->{$p} } @of;
                           sprintf('%.0f (%.0f to %.0f)', median(@p), min(@p),
                                   max(@p)) } qw(p50 p99)];
    }

    print "Latency in microseconds, median of the windows (and their range):",
        "\n\n";
    table(['', 'Requests', 'p50', 'p99'], @rows);

    table(['Service', 'Requests', 'p50', 'p99'],
          map {
              my @sorted = sort { $a <=> $b } @{$self->{service}{$_}};

              [$_, scalar @sorted, map { sprintf '%.0f', at($_, @sorted) }
                                       0.5, 0.99];
          } sort keys %{$self->{service}});

    my @ratios = sort { $a <=> $b }
                 map { $_->{gated}{p99} / $_->{ungated}{p99} } @windows;

    printf "Ratios of p99, gated to ungated: %s\n\n",
        join ' ', map { sprintf '%.2f', $_ } @ratios if @ratios;
}

sub _series {
    my ($self, $o) = @_;

    print "Memory in kB; \"own\" is what is not shared with another program, ",
        "the zones apart (anonymous memory):\n\n";

    table(['', 'Samples', 'own: least', 'median', 'most', 'RSS', 'PSS'],
          map {
              my ($name, @of) = @$_;
              my @own = map { $_->{own} } @of;

              @of ? [$name, scalar @of, min(@own), median(@own), max(@own),
                     map { my $m = $_; median(map { $_->{$m} } @of) }
                         qw(rss pss)] : ();
          } $self->_groups($o));
}


1;
