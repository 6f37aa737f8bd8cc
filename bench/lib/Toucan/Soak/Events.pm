# Owns: what happens meanwhile: reloads, rotations, API keys that come and go,
# revocations, files that are broken, tokens that are renewed.  Each goes on
# by steps, and asks nginx whether a step has been taken.

package Toucan::Soak::Events;

use strict;
use warnings;

use List::Util qw(min);
use Time::HiRes qw(time);

use parent -norequire => 'Toucan::Soak::Steps';

use constant {
    POOL => 40,             # tokens in use, of each lane
    RENEWED => 2,           # of them that are replaced in a second
    LEFT_OVER => 6,         # of a key that is withdrawn all the same
};

# event => seconds from the end of one to the next, more or less

my %every = (reload => 7, rotation => 8, api_key => 10, broken_file => 12,
             revocation => 0.8, renewal => 0.25);


=head1 METHODS

=head2 new(site => ..., oracle => ..., figures => ..., traffic => ...,
break => NAME)

See L<Toucan::Soak::Steps> for what goes on; here is what it consists of.

=cut

sub new {
    my ($class, %o) = @_;

    my $self = bless {
        %o, count => 0, api_id => 0, newest => { signed => 0, sealed => 0 },
        locked => {}, every => \%every,
        actors => { map { $_ => { next => rand $every{$_} } } keys %every },
    }, $class;

    $self->{actors}{renewal}{next} = 0;

    return $self;
}


# The workers of a new configuration take the place of the old ones.

sub reload {
    my $self = shift;

    my ($begun, %before, @new);

    return (
        $self->locking('reload'),
        sub {
            %before = map { $_ => 1 } $self->{site}->workers;
            $self->{site}->server->signal('HUP');
            $begun = time;
        },
        sub {
            @new = $self->{site}->live;

            return $self->too_late('reload', $begun)
                if @new != $self->{site}->WORKERS || grep { $before{$_} } @new;
            return 1;
        },
        sub {
            return $self->too_late('new workers', $begun)
                if grep { !$self->{figures}->has_answered($_) } @new;
            return 1;
        },
        sub { $self->{figures}->event('reloads') },
        $self->unlocking('reload'),
    );
}


# A signing key, or a master key, as the README says: the gates first, then the
# mint; its tokens are renewed, but for some, and it is withdrawn.

sub rotation {
    my $self = shift;

    my $lane = $self->{count}++ % 2 ? 'sealed' : 'signed';
    my ($file, $letter) = $lane eq 'signed' ? ('signing', 's')
                                            : ('master', 'm');
    my $path = $self->{site}->path("$file.jwks");
    my $old = $letter . $self->{newest}{$lane}++;
    my $new = $letter . $self->{newest}{$lane};

    my @made = $lane eq 'sealed' ? ('master')
             : ('signing', '--alg', $self->{count} % 4 == 1 ? 'ES256'
                                                            : 'EdDSA');
    my ($there, $first, $gone) = map { {} } 1 .. 3;
    my ($oracle, $traffic) = @$self{qw(oracle traffic)};
    my $of_old = sub { grep { $_->{kid} eq $old } @{$oracle->good($lane)} };
    my $left;
    my $seen_gone = $self->taken_over(
        'a withdrawn key', $gone,
        sub { $traffic->gate($left, fresh => 1, class => 'probe') });

    return (
        $self->locking($file),

        $self->tool($there, [@made, '--kid', $new, '--file', $path]),
        $lane eq 'signed'
            ? $self->taken_over('a new key', $there,
                                 sub { $self->_ask_keys($there, $new) },
                                 $self->logged($there, "$file.jwks"))
            : $self->logged($there, "$file.jwks"),

        sub { $traffic->{first}{$lane} = { old => $old, new => $new,
                                           event => $first } },
        $self->tool($first, ['first', '--kid', $new, '--file', $path]),
        $self->taken_over('the first key', $first,
                           sub { $traffic->mint($lane) }),
        sub { $traffic->{first}{$lane} = { new => $new } },

        sub {
            my @old = $of_old->();
            my ($next) = grep { !$_->{renewing} } @old;

            return 1 if @old <= LEFT_OVER || !$next;

            $next->{renewing} = 1;
            $traffic->refresh($next);
            return 0;
        },
        $self->waiting(0.5),

        # not one that another event may end the same way

        sub {
            ($left) = grep { $_->{client} !~ /^tmp-/ } $of_old->();
            return 1;
        },
        $self->_withdrawal($gone, ['--kid', $old, '--file', $path],
                           sub { $oracle->doom("kid:$old", 'key_not_found',
                                               $gone) }),
        sub { return !$left || $seen_gone->() },

        sub { $self->{figures}->event("rotations of a $file key") },
        $self->unlocking($file),
    );
}

# what it is to bring about is known when it begins

sub _withdrawal {
    my ($self, $event, $arguments, $doom) = @_;

    my $tool = $self->tool($event, ['withdraw', @$arguments]);
    my $begun;

    return sub {
        if (!$begun++) {
            %$event = %{$self->{oracle}->event};
            $doom->();

            # a site on which nobody withdraws anything

            $self->written($event) if $self->{break} eq 'withdrawal';
        }

        return $self->{break} eq 'withdrawal' || $tool->();
    };
}

sub _ask_keys {
    my ($self, $event, $kid) = @_;

    $self->{traffic}{client}->send({
        text => "GET /keys HTTP/1.1\r\nHost: localhost\r\n"
                . "Connection: close\r\n\r\n",
        class => 'probe', fresh => 1,
        check => sub {
            my (undef, $request, $answer) = @_;

            return $answer->{status} != 200 ? "status $answer->{status}"
                   : $self->shows($event, $request, $answer,
                                   $answer->{body} =~ /"kid":"$kid"/);
        },
    });
}


# An API key comes, is used in both lanes, goes, and is cut off: what it has
# encrypted ends with it, what it has signed with the cut-off.

sub api_key {
    my $self = shift;

    my $id = 'tmp-' . ++$self->{api_id};
    my $organization = $self->{api_id} % 2 ? 'acme' : 'globex';
    my $path = $self->{site}->path('api-keys.json');
    my ($oracle, $traffic) = @$self{qw(oracle traffic)};
    my ($there, $gone) = map { {} } 1 .. 2;
    my $key;

    return (
        $self->locking('api-keys'),
        $self->tool($there, ['api', '--id', $id, '--organization',
                              $organization, $self->{site}->grants,
                              '--file', $path],
                     sub { $key = $traffic->api_key($id, $_[0],
                                                    $organization) }),
        $self->taken_over('an API key', $there, sub {
            $self->_ask_api($there, $key, sub { $_[0] eq 'ok' });
        }),
        $self->unlocking('api-keys'),

        sub {
            $traffic->mint($_, key => $key) for ('signed', 'sealed') x 4;
            return 1;
        },
        $self->waiting(2),

        $self->locking('api-keys'),
        $self->_withdrawal($gone, ['--id', $id, '--file', $path], sub {
            my %by = map { $_ => { reason => $_, event => $gone } }
                     qw(api_key_invalid not_refreshable);

            push @{$key->{dooms}}, $by{api_key_invalid};
            push @{$key->{refused}}, $by{not_refreshable};
            $oracle->doom("content:$id", 'key_not_found', $gone);
            $traffic->mint('signed', key => $key);
        }),
        $self->taken_over('a withdrawn API key', $gone, sub {
            $self->_ask_api($gone, $key,
                            sub { $_[0] eq 'api_key_invalid' });
        }),
        sub {
            $traffic->mint($_, key => $key) for 'signed', 'sealed';

            my ($token) = grep { ($_->{client} // '') eq $id }
                          @{$oracle->good('signed')};
            $traffic->refresh($token) if $token;
            return 1;
        },
        $self->unlocking('api-keys'),
        $self->waiting(1),

        $self->_revoking("client:$id", 'ops', sub { int time },
                         qq("clientId":"$id")),
        sub { $self->{figures}->event('API keys added and withdrawn') },
    );
}

sub _ask_api {
    my ($self, $event, $key, $is_new) = @_;

    $self->{traffic}->post(
        '/introspect', "x-api-key: $key->{text}\r\n"
        . "Content-Type: application/x-www-form-urlencoded\r\n",
        'token=x', class => 'probe', check => sub {
            my (undef, $request, $answer) = @_;

            return $self->shows($event, $request, $answer,
                                 $is_new->($answer->{reason}));
        });
}


# One of all ways to revoke.

sub revocation {
    my $self = shift;

    my $token = $self->{traffic}->any_good // return;
    my ($jti, $sid, $organization, $user)
        = @$token{qw(jti sid organization user)};
    my $which = rand;
    my @what = $which < 0.4 ? ("jti:$jti", "$organization-1", undef,
                               qq("jti":"$jti"))
             : $which < 0.65 ? ("sid:$sid", "$organization-1", undef,
                                qq("sid":"$sid"))
             : $which < 0.95 ? ("user:$organization/$user",
                                "$organization-1", sub { int time },
                                qq("distinctId":"$user"))
             : ("organization:umbra", 'ops', sub { int time },
                '"organization":"umbra"');

    return $self->_revoking(@what, $token);
}

# It is in force for what is sent after the answer.

sub _revoking {
    my ($self, $scope, $by, $cut, $what, $token) = @_;

    my $event = {};
    my $kind = ($scope =~ /^(\w+)/)[0] =~ s/^user\z/distinctId/r;
    my ($begun, $done);

    return sub {
        return $done if $begun++;

        my $traffic = $self->{traffic};
        my $before = $cut && $cut->();

        %$event = %{$self->{oracle}->event};
        $self->{oracle}->doom($scope, 'revoked', $event, $before);

        $traffic->post(
            '/revoke', 'x-api-key: ' . $traffic->key_of($by)->{text}
            . "\r\nContent-Type: application/json\r\n",
            "{$what" . ($cut ? ",\"issuedBefore\":$before}" : '}'),
            check => sub {
                my (undef, undef, $answer) = @_;

                $event->{done} = $answer->{got};
                return $answer->{status} == 204 ? undef
                       : "$answer->{status} $answer->{body}";
            },
            then => sub {
                $done = 1;
                $self->{figures}->event("revocations by $kind");

                # at once, and of both workers, as like as not

                $token or return;
                $traffic->gate($token, class => 'probe', fresh => $_ % 2)
                    for 1 .. 4;
            });

        return 0;
    };
}


# A file of keys that cannot be read is put in place, and taken away again; one
# time of two nginx is told to reload meanwhile, and stays as it is.

sub broken_file {
    my $self = shift;

    my ($name, @how) = @{[
        ['signing.jwks', 'half', 'empty', 'no'],
        ['master.jwks', 'half', 'empty', 'no'],
        ['issuer.jwks', 'half', 'empty', 'no'],
        ['api-keys.json', 'half', 'text', 'no'],
    ]->[rand 4]};
    my $how = $how[rand @how];
    my $path = $self->{site}->path($name);
    my ($lock) = $name =~ /^([\w-]+)/;
    my ($text, $begun, $refused, @live);

    my @reload = rand() < 0.5 ? () : (
        sub {
            $refused = $self->{site}->refused_reloads;
            @live = $self->{site}->live;
            $self->{site}->server->signal('HUP');
            $begun = time;
        },
        sub {
            return $self->{site}->refused_reloads > $refused
                   || $self->too_late('a reload that must fail', $begun);
        },
        $self->waiting(0.2),
        sub {
            my @now = $self->{site}->live;
            $self->{figures}->wrong("a reload with $how $name: @live, @now")
                if "@live" ne "@now";
            $self->{figures}->event('reloads refused');
        },
    );

    return (
        $self->locking($lock, 'reload'),
        sub {
            my $conf = "conf/$name";
            my $server = $self->{site}->server;

            $text = $server->read($conf);
            rename $path, "$path.kept" or die "$path: $!\n";
            return 1 if $how eq 'no';

            $server->write($conf, $how eq 'half' ? substr $text, 0,
                                                          length($text) / 2
                                  : $how eq 'empty' ? '{"keys":[]}'
                                  : 'no keys today');
            return 1;
        },
        $self->waiting(1.2),
        @reload,
        sub { rename "$path.kept", $path or die "$path: $!\n" },
        $self->waiting(1.2),
        sub { $self->{figures}->event('files broken and mended') },
        $self->unlocking($lock, 'reload'),
    );
}


# Tokens come and go: as many as there shall be, and some of them new.

sub renewal {
    my $self = shift;

    my ($oracle, $traffic) = @$self{qw(oracle traffic)};

    return sub {
        for my $lane (qw(signed sealed issuer)) {
            my $good = $oracle->good($lane);
            my $retired = RENEWED * $every{renewal};

            # too many: those of a rotation that had to be asked for

            $oracle->drop($good->[rand @$good])
                while @$good > POOL + 2 * LEFT_OVER;

            $retired = int($retired) + (rand() < $retired - int $retired);

            for (1 .. $retired) {
                last if @$good < POOL;

                my $token = $good->[rand @$good];
                next if $token->{renewing};

                if ($lane ne 'issuer' && rand() < 0.5
                    && $token->{client} !~ /^tmp-/)
                {
                    $token->{renewing} = 1;
                    $traffic->refresh($token);

                } else {
                    $oracle->drop($token);
                }
            }

            my $wanted = POOL - @{$oracle->good($lane)};

            for (1 .. min(8, $wanted)) {
                $lane eq 'issuer' ? $oracle->add($traffic->issued)
                                  : $traffic->mint($lane);
            }
        }

        return 1;
    };
}


1;
