# Owns: what the suites of refresh, exchange, introspection and rotation share:
# a server of any endpoints, forms, and what is said of an answer in one line.
# The rest they have from Toucan::Service.

package Toucan::Sessions;

use strict;
use warnings;

use Exporter qw(import);
use Test::More ();

use Toucan::Server ();
use Toucan::Service ();
use Toucan::Test ();

our @EXPORT = qw(
    endpoints says table header_of form wide_key refused_conf
);


=head1 FUNCTIONS

=head2 endpoints(LINES, FILES, OPTIONS)

A Toucan::Server whose one server{} has these lines; FILES stand beside its
configuration, OPTIONS are Toucan::Server's and C<workers>.  Its answers are for
C<ask> of Toucan::Service.  F</file> is there for a gate to let in to.

=cut

sub endpoints {
    my ($lines, $files, %o) = @_;

    my $workers = delete $o{workers} // 1;

    return Toucan::Server->new(
        main => "worker_processes $workers;", %o, http => conf($lines),
        files => {'tmp/file' => "let in\n",
                  map { ("conf/$_" => $files->{$_}) } keys %$files},
    );
}

sub conf {
    my $lines = shift;

    return <<"END";
    log_format why '\$request|\$toucan_status|\$toucan_reason';
    access_log logs/access.log why;
    keepalive_timeout 0;
    server {
        listen 127.0.0.1:%port% reuseport;
        root tmp;
        toucan_issuer https://embed.example.com;
        toucan_audience toucan-embed;
        toucan_embed server;
        add_header X-Pid \$pid always;
        add_header X-Verdict "\$toucan_status|\$toucan_reason" always;
        $lines
    }
END
}


=head2 says(ANSWER)

Status, reason, and what the body names: the code and the field of a refusal,
C<TOKEN> when there is one in it, C<ACTIVE> or C<INACTIVE>, C<LET IN> for the
file behind a gate.

=cut

sub says {
    my $answer = shift;

    my $body = ref $answer->{json} eq 'HASH' ? $answer->{json} : {};
    my $reason = $answer->{verdict} eq 'PASSED' ? 'ok' : $answer->{reason};

    my @names = (
        defined $body->{token} || $answer->{body} =~ /"eyJ[\w-]+\./
            ? 'TOKEN' : (),
        defined $body->{active} ? ($body->{active} ? 'ACTIVE' : 'INACTIVE')
                                : (),
        $body->{code} // (), $body->{field} // (),
        $answer->{body} eq "let in\n" ? 'LET IN' : (),
    );

    return join ' ', $answer->{status}, $reason, @names;
}


=head2 table(NAME, SERVER, [CASE, SAYS, REQUEST, HEADERS, BODY], ...)

A check of each: what says() says of the answer.

=cut

sub table {
    my ($name, $server, @cases) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    for my $case (@cases) {
        my ($what, $want, @request) = @$case;

        my $answer = Toucan::Service::ask($server, @request);

        Test::More::is(says($answer), $want, "$name: $what");
    }
}


=head2 header_of(ANSWER, NAME)

The values of the header of that name, joined by C<|>.

=cut

sub header_of {
    my ($answer, $name) = @_;

    return join '|', @{$answer->{header}{lc $name} // []};
}


=head2 form(NAME => VALUE, ...)

A body of application/x-www-form-urlencoded; a list as VALUE is the parameter
several times, undef is without it.

=cut

sub form {
    my @pairs;

    while (my ($name, $value) = splice @_, 0, 2) {
        for (ref $value ? @$value : $value // ()) {
            (my $text = $_) =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ge;
            push @pairs, "$name=$text";
        }
    }

    return join '&', @pairs;
}


=head2 wide_key(ID, MEMBERS)

An api_key() of every scope, which may grant all that tokens here have.

=cut

sub wide_key {
    my ($id, %members) = @_;

    return Toucan::Service::api_key($id,
        scopes => ['mint', 'revoke', 'introspect'],
        permissions => { dashboard => ['can_view', 'can_edit'],
                         ai => ['can_query'] },
        %members,
    );
}


=head2 refused_conf(SERVER, [LINES, MESSAGE], ...)

With these lines in its server{} C<nginx -t> says MESSAGE; without a MESSAGE it
is content.  The server runs on as it is.

=cut

sub refused_conf {
    my ($server, @cases) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    for my $case (@cases) {
        my ($lines, $message) = @$case;

        (my $name = $lines) =~ s/\s+/ /g;
        $name = substr($name, 0, 100);

        $server->conf('', conf($lines));
        my ($text, $content) = $server->test;

        if (!defined $message) {
            Test::More::ok($content, "content: $name")
                or Test::More::diag($text);
            next;
        }

        Test::More::ok(!$content, "refused: $name");
        Test::More::like($text, qr/\[emerg\].*\Q$message\E/,
                         "and why: $name");
    }
}


1;
