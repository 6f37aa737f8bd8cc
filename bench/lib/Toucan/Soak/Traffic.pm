# Owns: the requests: what each of them is, who sends it with which token from
# which page, and whether the answer to it is right.

package Toucan::Soak::Traffic;

use strict;
use warnings;

use MIME::Base64 qw(decode_base64url);

use parent -norequire => 'Toucan::Soak::Tokens';

my @strangers = ('https://evil.example', 'https://globex.example',
                 'https://app.acme.example.evil.example',
                 'http://app.acme.example', 'https://embed-x.umbra.example');
# share of all requests

use constant { OPEN => 0.46, GATED => 0.46, INTROSPECTION => 0.005 };

my @refusals = qw(no_token forged forged swapped expired issuer audience
                  stranger other_page other_object no_permission
                  doomed doomed doomed doomed short short preflight);


=head1 METHODS

=head2 new(site => ..., oracle => ..., figures => ...)

C<client> is to be set before a request is sent.

=cut

sub new {
    my ($class, %o) = @_;

    my $self = bless { %o, seq => 0, made => 0, short => [] }, $class;

    for my $id (sort keys %{$self->{site}->api}) {
        my ($organization) = $id =~ /^(\w+)-1\z/;
        $self->api_key($id, $self->{site}->api->{$id}, $organization);
    }

    $self->{first}{signed} = { new => 's0' };
    $self->{first}{sealed} = { new => 'm0' };

    return $self;
}


=head2 api_key(ID, TEXT, ORGANIZATION)

Makes an API key known; a hash, with C<dooms> as of the oracle, and C<refused>,
those of refreshing.

=cut

sub api_key {
    my ($self, $id, $text, $organization) = @_;

    return $self->{api}{$id} = {
        id => $id, text => $text, organization => $organization,
        dooms => [], refused => [] };
}

sub key_of { return $_[0]{api}{$_[1]} }


=head2 one()

Sends one of the requests that make the load.

=cut

sub one {
    my $self = shift;

    my $which = rand;

    return $self->ungated if $which < OPEN;
    return $self->good if $which < OPEN + GATED;
    return $self->introspect if $which < OPEN + GATED + INTROSPECTION;

    my $refusal = $refusals[rand @refusals];
    my $method = "_$refusal";

    return $self->$method;
}


=head2 gate(TOKEN, OPTIONS)

Asks for a dashboard; C<base>: the reason that is right when nothing has
happened to the token (ok), C<text>: of another token, C<origin>, C<object>,
C<fresh>, C<then>: called with the reason and the answer.

=cut

sub gate {
    my ($self, $token, %o) = @_;

    my $seq = ++$self->{seq};
    my $origin = $o{origin} // $token->{origins}[rand @{$token->{origins}}];
    my $path = '/gated/'
               . ($o{object} // $token->{objects}[rand @{$token->{objects}}]);
    my $auth = defined $o{text} ? "Authorization: Bearer $o{text}\r\n"
                                : $token->{auth};
    my $close = $o{fresh} ? "Connection: close\r\n" : '';

    $token->{uses}++;

    $self->{client}->send({
        text => "GET $path HTTP/1.1\r\nHost: localhost\r\nX-Seq: $seq\r\n"
                . "Origin: $origin\r\n$auth" . _smuggled($seq) . "$close\r\n",
        token => $token, base => $o{base} // 'ok', seq => $seq,
        origin => $origin, path => $path, fresh => $o{fresh},
        class => $o{class} // ($o{base} ? 'refused' : 'gated'),
        new => $token->{uses} == 1, then => $o{then}, check => \&_check_gate,
    });
}

# a client may say what it likes of itself

sub _smuggled {
    return $_[0] % 16 ? '' : "X-Toucan-Distinct-Id: mallory\r\n"
                             . "X-Toucan-Role: maker\r\n";
}

sub _check_gate {
    my ($self, $request, $answer) = @_;

    my $token = $request->{token};
    my $reason = $answer->{reason};
    my @may = $self->{oracle}->permitted(
        $token, $request->{base}, $request->{sent}, $answer->{got},
        $answer->{pid});

    return "$reason, not @may" if !grep { $_ eq $reason } @may;

    $self->{oracle}->learn($token, $reason, $answer->{got}, $answer->{pid})
        if $reason ne 'ok';

    return $self->_check_refusal($answer) if $reason ne 'ok';

    my $body = "seq=$request->{seq}\nuri=$request->{path}\n"
               . "origin=$request->{origin}\n$token->{echo}";

    return 'another body than ' . _line($body) . ': ' . _line($answer->{body})
        if $answer->{status} != 200 || $answer->{body} ne $body;

    return index($answer->{head},
                 "\r\nAccess-Control-Allow-Origin: $request->{origin}\r\n") < 0
           ? 'no Access-Control-Allow-Origin' : undef;
}

sub _check_refusal {
    my ($self, $answer) = @_;

    my ($status, $code) = $self->{oracle}->answers($answer->{reason});

    return $answer->{status} != $status
           || index($answer->{body}, "\"code\":\"$code\"") < 0
           ? "$answer->{reason} is no $answer->{status} "
             . _line($answer->{body}) : undef;
}

sub _line { return $_[0] =~ tr/\n/ /r }


=head2 good(), ungated()

A token that is good, at the gate; the same request where there is no gate.

=cut

sub good {
    my ($self, %o) = @_;

    my $token = $self->any_good // return;

    return $self->gate($token, %o);
}

sub ungated {
    my $self = shift;

    my $token = $self->any_good // return;
    my $seq = ++$self->{seq};
    my $origin = $token->{origins}[rand @{$token->{origins}}];
    my $path = '/open/' . $token->{objects}[rand @{$token->{objects}}];

    $self->{client}->send({
        text => "GET $path HTTP/1.1\r\nHost: localhost\r\nX-Seq: $seq\r\n"
                . "Origin: $origin\r\n$token->{auth}" . _smuggled($seq)
                . "\r\n",
        class => 'ungated', check => \&_check_ungated,
        body => "seq=$seq\nuri=$path\norigin=\nkind=\nauth=given\n"
                . $self->echo,
    });
}

sub _check_ungated {
    my ($self, $request, $answer) = @_;

    return $answer->{status} == 200 && $answer->{body} eq $request->{body}
           ? undef : 'another body than ' . _line($request->{body}) . ': '
                     . _line($answer->{body});
}

sub any_good {
    my ($self, $which) = @_;

    my @lanes = grep { @{$self->{oracle}->good($_)} }
                qw(signed sealed issuer);
    my $good = $self->{oracle}->good($lanes[rand @lanes] // return);

    return $good->[rand @$good];
}

# one of some tries that is like that

sub _good_that {
    my ($self, $code) = @_;

    for (1 .. 20) {
        my $token = $self->any_good // return;
        return $token if $code->($token);
    }

    return;
}


# What is refused, and why.

sub _no_token {
    my $self = shift;

    $self->gate({ dooms => [], auth => '', uses => 0, origins => $self->origins,
                  objects => $self->objects }, base => 'no_token');
}

sub _forged {
    my $self = shift;

    my $token = $self->any_good // return;
    my $text = $token->{text};
    my $at = rindex($text, '.') + 2 + int rand 15;

    substr($text, $at, 1) = substr($text, $at, 1) eq 'A' ? 'B' : 'A';

    $self->gate($token, text => $text, base => $token->{lane} eq 'sealed'
                                               ? 'bad_decrypt'
                                               : 'bad_signature');
}

# another user's claims under one's own signature

sub _swapped {
    my $self = shift;

    my $good = $self->{oracle}->good(rand() < 0.5 ? 'signed' : 'issuer');
    return if @$good < 2;

    my ($one, $other) = ($good->[rand @$good], $good->[rand @$good]);
    return if $one->{text} eq $other->{text};

    my @one = split /\./, $one->{text};
    my @other = split /\./, $other->{text};

    $self->gate($one, text => "$one[0].$other[1].$one[2]",
                base => 'bad_signature');
}

sub _expired {
    my $self = shift;

    my $now = int time;

    $self->gate($self->unused(iat => $now - 100, exp => $now - 1 - int rand 9),
                base => 'expired');
}

sub _issuer {
    $_[0]->gate($_[0]->unused(iss => 'https://other.example'),
                base => 'bad_issuer');
}

sub _audience {
    $_[0]->gate($_[0]->unused(aud => 'another'), base => 'bad_audience');
}

sub _no_permission {
    $_[0]->gate($_[0]->unused(permissions => '{"ai":["can_query"]}'),
                base => 'permission_denied');
}

sub _stranger {
    my $self = shift;

    my $token = $self->any_good // return;

    $self->gate($token, origin => $strangers[rand @strangers],
                base => 'origin_denied');
}

sub _other_page {
    my $self = shift;

    my $token = $self->_good_that(sub { @{$_[0]{origins}} == 1 }) // return;
    my ($origin) = grep { $_ ne $token->{origins}[0] } @{$self->origins};

    $self->gate($token, origin => $origin, base => 'token_origin_denied');
}

sub _other_object {
    my $self = shift;

    my $token = $self->_good_that(sub { @{$_[0]{objects}} == 1 }) // return;
    my ($object) = grep { $_ ne $token->{objects}[0] } @{$self->objects};

    $self->gate($token, object => $object, base => 'object_denied');
}

sub _doomed {
    my $self = shift;

    my $doomed = $self->{oracle}->doomed;
    return if !@$doomed;

    $self->gate($doomed->[rand @$doomed], class => 'refused');
}

# tokens that end while they are in use

sub _short {
    my $self = shift;

    my $now = int time;
    my $short = $self->{short};

    @$short = grep { $_->{exp} > $now - 5 } @$short;
    push @$short, $self->unused(short => 1, exp => $now + 2 + int rand 5)
        if @$short < 20;

    $self->gate($short->[rand @$short], class => 'refused');
}

sub _preflight {
    my $self = shift;

    my $origin = $self->{oracle}->any($self->origins);

    $self->{client}->send({
        text => "OPTIONS /gated/sales-1 HTTP/1.1\r\nHost: localhost\r\n"
                . "Origin: $origin\r\nAccess-Control-Request-Method: GET\r\n"
                . "Access-Control-Request-Headers: authorization\r\n\r\n",
        class => 'refused',
        check => sub {
            my ($self, $request, $answer) = @_;

            return $answer->{status} == 204
                   && index($answer->{head},
                            "\r\nAccess-Control-Allow-Origin: $origin\r\n") >= 0
                   ? undef : "a preflight: $answer->{status}";
        },
    });
}


=head1 THE TOKEN SERVICE

=head2 post(PATH, HEADERS, BODY, REQUEST)

Posts it, on a connection of its own; REQUEST has C<check> and the like.

=cut

sub post {
    my ($self, $path, $headers, $body, %o) = @_;

    $self->{client}->send({
        text => "POST $path HTTP/1.1\r\nHost: localhost\r\n"
                . "Connection: close\r\n$headers" . 'Content-Length: '
                . length($body) . "\r\n\r\n$body",
        class => 'service', fresh => 1,
        endpoint => ($path =~ m{(\w+)\z})[0], %o });
}


=head2 mint(LANE, OPTIONS)

Has a token made by an API key (C<key>, a hash; default: the organization's)
for a user by chance, and tells the oracle.  C<then> is called with the token,
or undef.

=cut

sub mint {
    my ($self, $lane, %o) = @_;

    my ($organization, $user) = $self->any_user;
    my $key = $o{key} // $self->{api}{"$organization-1"};

    if ($key->{organization} ne $organization) {
        $organization = $key->{organization};
        $user = $self->user_of($organization);
    }

    my $token = $self->begun($lane, $organization, $user, $self->bounds);
    my $body = join ',', '{"user":' . $self->claim($organization, $user),
                         defined $token->{bounds} ? $token->{bounds} : ();

    $self->post("/$lane/mint", "x-api-key: $key->{text}\r\n"
                               . "Content-Type: application/json\r\n",
                "$body}", token => $token, key => $key, subject => $key,
                check => \&_check_made, made => $o{then});
}


=head2 refresh(TOKEN, THEN)

Renews it; the new one takes its place.

=cut

sub refresh {
    my ($self, $old, $then) = @_;

    my $key = $self->{api}{$old->{client}};
    my $token = { map { $_ => $old->{$_} }
                  qw(lane organization user objects origins bounds) };

    $self->post("/$old->{lane}/refresh",
                "$old->{auth}Origin: $old->{origins}[0]\r\n", '',
                token => { %$token, uses => 0 }, key => $key, old => $old,
                subject => { exp => $old->{exp}, dooms =>
                             [@{$old->{dooms}}, @{$key->{refused}}] },
                check => \&_check_made, made => sub {
                    $self->{oracle}->drop($old) if $_[0] && !@{$old->{dooms}};
                    $then->(@_) if $then;
                });
}

sub _check_made {
    my ($self, $request, $answer) = @_;

    my $reason = $answer->{reason};
    my $old = $request->{old};

    # what has befallen the old token meanwhile counts as well

    my $subject = !$old ? $request->{subject}
                : { exp => $old->{exp}, dooms => [@{$old->{dooms}},
                                        @{$request->{key}{refused}}] };
    my @may = $self->{oracle}->permitted(
        $subject, 'ok', $request->{sent}, $answer->{got}, $answer->{pid});

    return "$reason, not @may" if !grep { $_ eq $reason } @may;

    if ($reason ne 'ok') {
        $self->{oracle}->learn($subject, $reason, $answer->{got},
                               $answer->{pid});
        $request->{made}->() if $request->{made};
        return $self->_check_refusal($answer);
    }

    my @members = qw(token expiresAt expiresInSeconds jti sessionId);
    my $members = join '|', @members;
    my %is = $answer->{body} =~ /"($members)":"?([\w.-]+)/g;

    return 'no token: ' . _line($answer->{body}) if keys %is < @members;
    return 'another session' if $old && $old->{sid} ne $is{sessionId};
    return 'no new jti' if $old && $old->{jti} eq $is{jti};

    my ($header) = $is{token} =~ /^([\w-]+)\./;
    my ($kid) = decode_base64url($header // '') =~ /"kid":"([^"]+)"/;
    my ($name, $client) = split /\./, $kid // '';
    my $fault = $self->_check_first($request, $answer, $name // '');

    return $fault if defined $fault;
    return "a key of $client" if defined $client
                                 && $client ne $request->{key}{id};

    my $token = $self->complete(
        $request->{token}, @is{qw(token jti sessionId)},
        $is{expiresAt} - $is{expiresInSeconds}, $is{expiresAt}, $name,
        $request->{key}{id});

    $self->{oracle}->add($token);
    $request->{made}->($token) if $request->{made};

    return undef;
}

# The key that is first in the file makes the tokens.

sub _check_first {
    my ($self, $request, $answer, $kid) = @_;

    my $first = $self->{first}{$request->{token}{lane}};
    my $event = $first->{event};
    my $phase = $event ? $self->{oracle}->phase(
                    $event, $request->{sent}, @$answer{qw(got pid)}) : 2;

    $event->{taken}{$answer->{pid}} //= $answer->{got}
        if $event && $kid eq $first->{new};

    return undef if $kid eq $first->{new} && $phase
                    || $event && $kid eq $first->{old} && $phase < 2;

    return "made by $kid, not by $first->{new}";
}


=head2 introspect()

Asks for a token, one that is good or one that is not.

=cut

sub introspect {
    my $self = shift;

    my $doomed = $self->{oracle}->doomed;
    my $token = @$doomed && rand() < 0.5 ? $doomed->[rand @$doomed]
                                         : $self->any_good // return;
    my $key = $self->{api}{"$token->{organization}-1"};

    $self->post('/introspect', "x-api-key: $key->{text}\r\n"
                . "Content-Type: application/x-www-form-urlencoded\r\n",
                "token=$token->{text}", check => sub {
        my ($self, $request, $answer) = @_;

        my ($is) = $answer->{body} =~ /"active":(true|false)/;
        my @may = map { $_ eq 'ok' ? 'true' : 'false' }
                  $self->{oracle}->permitted(
                      $token, 'ok', $request->{sent}, @$answer{qw(got pid)});

        return (grep { $_ eq ($is // '') } @may) ? undef
               : "active is @may: " . _line($answer->{body});
    });
}


=head2 answered(REQUEST, ANSWER)

Judges it, and counts it.

=cut

sub answered {
    my ($self, $request, $answer) = @_;

    my $figures = $self->{figures};

    if ($answer->{status} == 0 || $answer->{status} >= 500) {
        my ($what) = $request->{text} =~ /^(\w+ \S+)/;
        $figures->failed($what // '', $answer->{why} // $answer->{status},
                         $request->{class} // '');
        $request->{made}->() if $request->{made};
        $request->{then}->('failed', $answer) if $request->{then};
        return;
    }

    my ($pid, $reason, $cache) = $answer->{head}
                                 =~ /\r\nX-Soak: (\d+)\|(\w*)\|(\w*)\r/;

    $answer->{pid} = $pid // 0;
    $answer->{reason} = $reason = length($reason // '') ? $reason : 'ok';

    my $fault = $request->{check}->($self, $request, $answer);

    if (defined $fault) {
        my ($what) = $request->{text} =~ /^(\w+ \S+)/;
        $figures->wrong("$what: $fault", $request, $answer);

    } else {
        $figures->right($request, $answer, $cache // '');
    }

    $request->{then}->($reason, $answer) if $request->{then};
}


1;
