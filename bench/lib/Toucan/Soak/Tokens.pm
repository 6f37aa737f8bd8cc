# Owns: who uses the site, with which tokens: what each of them says, and so
# what a backend must hear.

package Toucan::Soak::Tokens;

use strict;
use warnings;

use Digest::SHA qw(hmac_sha256);
use MIME::Base64 qw(encode_base64url);

my @origins = ('https://app.acme.example', 'https://a.globex.example',
               'https://b.c.globex.example', 'https://embed-7.umbra.example');
my @objects = map { "sales-$_" } 1 .. 20;

# organization => how many users; the names are the same in each

my %users = (acme => 40, globex => 40, umbra => 6);
my @regions = qw(north east south west);


=head1 METHODS

=head2 origins(), objects(), any_user(), user_of(ORGANIZATION)

Whose pages, and which dashboards, there are; an organization and one of its
users, by chance.

=cut

sub origins { return \@origins }
sub objects { return \@objects }

sub any_user {
    my $self = shift;

    my $organization = rand() < 0.05 ? 'umbra'
                     : rand() < 0.5 ? 'acme' : 'globex';

    return ($organization, $self->user_of($organization));
}

sub user_of { return 'u' . (1 + int rand $users{$_[1]}) }


=head2 issued(CLAIMS), unused(CLAIMS)

A token that the sender signs itself, of a user by chance: not known to the
oracle; and known to it.

=cut

sub unused {
    my ($self, %o) = @_;

    my $short = delete $o{short};
    my $token = $self->issued(%o);

    $token->{scopes}{short} = 1 if $short;

    return $self->{oracle}->know($token);
}

sub issued {
    my ($self, %o) = @_;

    my ($organization, $user) = $self->any_user;
    my $now = int time;
    my $id = join '-', 'h', $$, ++$self->{made};

    my %claims = (
        iss => 'https://embed.example.com', aud => 'toucan-embed',
        iat => $now - 1, exp => $now + 900,
        permissions => '{"dashboard":["can_view"],"ai":["can_query"]}', %o);

    my $token = $self->begun('issuer', $organization, $user,
                              $self->bounds);

    my $text = join ',', (map { "\"$_\":\"$claims{$_}\"" } qw(iss aud)),
        "\"jti\":\"$id\",\"sid\":\"s$id\"",
        (map { "\"$_\":$claims{$_}" } qw(iat exp permissions)),
        "\"organization\":\"$organization\"",
        '"user":' . $self->claim($organization, $user),
        defined $token->{bounds} ? $token->{bounds} : ();

    my $signed = join '.', map { encode_base64url($_, '') }
                 '{"alg":"HS256","typ":"JWT","kid":"h0"}', "{$text}";
    my $mac = encode_base64url(hmac_sha256($signed, $self->{site}->secret),
                               '');

    return $self->complete($token, "$signed.$mac", $id, "s$id",
                           @claims{qw(iat exp)}, 'h0');
}


=head2 bounds()

What a token is limited to: nothing, one dashboard, the pages of one origin.

=cut

sub bounds {
    my $which = rand;

    return $which < 0.15 ? (objects => [$objects[rand @objects]])
         : $which < 0.3 ? (origins => [$origins[rand @origins]])
         : ();
}

=head2 claim(ORGANIZATION, USER)

The claim "user"; what is in it is known by organization and name alone.

=cut

sub claim {
    my ($self, $organization, $user) = @_;

    my %is = _is($organization, $user);
    my $regions = join ',', map { "\"$_\"" } @{$is{region}};

    return qq({"distinctId":"$user","role":"$is{role}","attributes":)
           . qq({"customerId":$is{customer},"region":[$regions],)
           . qq("plan":"$is{plan}","beta":$is{beta}}});
}

sub _is {
    my ($organization, $user) = @_;

    my ($n) = $user =~ /(\d+)/;
    my $at = { acme => 1, globex => 2, umbra => 3 }->{$organization};

    return (
        customer => $at * 1000 + $n, role => $n % 3 ? 'explorer' : 'maker',
        region => [@regions[$n % 4, ($n + $at) % 4]],
        plan => "plan-$organization-$n", beta => $n % 2 ? 'true' : 'false');
}


=head2 begun(LANE, ORGANIZATION, USER, BOUNDS),
complete(TOKEN, TEXT, JTI, SID, IAT, EXP, KID [, CLIENT])

A token, as the oracle has it, before and after it was made; C<echo> is what the
backend says of it.

=cut

sub begun {
    my ($self, $lane, $organization, $user, %o) = @_;

    my @bounds;

    push @bounds, qq("resources":[{"type":"dashboard","id":"$o{objects}[0]",)
                  . '"actions":["can_view"]}]' if $o{objects};
    push @bounds, qq("origins":["$o{origins}[0]"]) if $o{origins};

    return {
        lane => $lane, organization => $organization, user => $user,
        objects => $o{objects} // \@objects,
        origins => $o{origins} // \@origins, dooms => [], uses => 0,
        @bounds ? (bounds => join ',', @bounds) : (),
    };
}

sub complete {
    my ($self, $token, $text, $jti, $sid, $iat, $exp, $kid, $client) = @_;

    my ($organization, $user) = @$token{qw(organization user)};

    @$token{qw(text auth jti sid iat exp kid client)} = (
        $text, "Authorization: Bearer $text\r\n", $jti, $sid, $iat, $exp,
        $kid, $client);

    $token->{echo} = "kind=component\nauth=none\n"
                     . $self->echo($organization, $user, $jti, $exp);
    $token->{scopes} = { map { $_ => 1 }
        "kid:$kid", "jti:$jti", "sid:$sid", "user:$organization/$user",
        "organization:$organization",
        defined $client ? "client:$client" : (),
        defined $client && $token->{lane} eq 'sealed' ? "content:$client" : (),
    };

    return $token;
}


=head2 echo(ORGANIZATION, USER, JTI, EXP)

What the backend says of whom it sees; of nobody without arguments.

=cut

sub echo {
    my ($self, $organization, $user, $jti, $exp) = @_;

    return join '', map { "$_=\n" }
           qw(id role org env jti exp perms customer region plan beta rls)
        if !defined $organization;

    my %is = _is($organization, $user);
    my $list = join ',', map { "\"$_\"" } @{$is{region}};

    return "id=$user\nrole=$is{role}\norg=$organization\nenv=live\njti=$jti\n"
           . "exp=$exp\nperms=ai:can_query dashboard:can_view\n"
           . "customer=$is{customer}\nregion=" . join(',', @{$is{region}})
           . "\nplan=$is{plan}\nbeta=$is{beta}\n"
           . qq(rls={"customer_id":$is{customer},"region":[$list]}\n);
}


1;
