# Owns: what the suites of permissions and interplay share: tables of raw
# requests that one nginx answers, and looks into its logs afterwards.

package Toucan::Shots;

use strict;
use warnings;

use Exporter qw(import);
use IO::Select ();
use IO::Socket::INET ();
use Test::More ();

use Toucan::Test ();
use Toucan::Upstream ();

use Test::Nginx::Socket;

our @EXPORT = qw(user shoot error_lines access_lines await converse $jwt_like);


=head1 TABLES

    --- config
    location /t {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    --- shots eval
    [
        ['let in', 'GET /t', user('ann'), '200 PASSED', qr/^x-toucan-role/mi],
        ['not', 'GET /t', '', '401 REJECTED no_token'],
    ]

Each shot is a name, a request, header lines, what must come of it, and
regexes that the answer must match (C<[qr/.../]>: must not).  The request is a
method and a path, or all the bytes where it has a line end in it.  What comes
of it is the status of the answer, C<$toucan_status> and C<$toucan_reason>.

What listens at C<$TEST_NGINX_HTTP_PORT> answers with the head of the request
that it was given.  Around the locations stand C<toucan_embed server>, the key
ec256, and the lines of C<--- http>.

C<--- after eval> is code that runs behind the table, while nginx does.

=cut


# enough of a token to tell that a token was here
our $jwt_like = qr/eyJ[\w-]{8,}/;

# how long each log was when the block began: a server that is not started
# anew for it goes on with its logs
my %start;

log_level('info');
no_root_location();

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value('http_config', <<'END' . ($block->http // ''));
    toucan_key_file $TEST_NGINX_KEYS_DIR/ec256.jwks;
    toucan_embed server;
    large_client_header_buffers 4 32k;
    add_header X-Why "$toucan_status $toucan_reason" always;
END

    my $config = $block->config;
    $config = "@$config" if ref $config;
    $block->set_value('config',
                      "$config\n    location = /ready { return 200 ok; }\n");
    $block->set_value('request', 'GET /ready');
});


add_response_body_check(sub {
    my ($block, $body, $req_idx, $repeated, $dry_run) = @_;

    return if $dry_run;

    %start = map { $_ => -s $_ } glob "$Test::Nginx::Util::ServRoot/logs/*";

    for my $shot (@{$block->shots // []}) {
        my ($name, $request, $headers, $want, @like) = @$shot;
        my $answer = shoot($request, $headers);

        Test::More::is($answer->{why}, $want,
                       $block->name . " - $name")
            or Test::More::diag($answer->{text});

        for my $like (@like) {
            if (ref $like eq 'ARRAY') {
                Test::More::unlike($answer->{text}, $_,
                                   $block->name . " - $name - without $_")
                    for @$like;
                next;
            }

            Test::More::like($answer->{text}, $like,
                             $block->name . " - $name - with $like");
        }
    }

    $block->after->() if $block->after;
});


=head1 FUNCTIONS

=head2 user(NAME, CLAIM => VALUE ...)

The header line of a good token.

=cut

sub user {
    my ($name, %claims) = @_;

    return Toucan::Test::bearer(claims => {
        'user.distinctId' => $name, %claims,
    });
}


=head2 shoot(REQUEST, HEADERS)

One request on a connection of its own; a hash with C<status>, C<why> (as the
third column of a table), C<body>, and C<text>, all of the answer.

=cut

sub shoot {
    my ($request, $headers) = @_;

    $headers //= '';
    $headers =~ s/\s*\z//;
    $headers =~ s/\r?\n/\r\n/g;
    $headers .= "\r\n" if length $headers;

    if ($request !~ /\n/) {
        $request = "$request HTTP/1.1\r\nHost: localhost\r\n"
                   . "Connection: close\r\n$headers\r\n";
    }

    my $text = whole(converse($request));

    my ($head, $body) = split /\r\n\r\n/, $text, 2;
    $head //= '';
    my ($status) = $head =~ m{^HTTP/1\.1 (\d+)};
    my ($why) = $head =~ /^X-Why: ([^\r]*)/m;

    $why = ($status // 'nothing') . (defined $why ? " $why" : '');
    $why =~ s/\s+\z//;

    return { status => $status // 0, why => $why, text => $text,
             body => $body // '' };
}


# An answer in chunks as if it had come without.

sub whole {
    my $text = shift;

    my ($head, $body) = split /(?<=\r\n\r\n)/, $text, 2;

    return $text if ($head // '') !~ /^Transfer-Encoding: chunked\r/mi;

    my $out = $head;

    while ($body =~ s/\A([0-9a-f]+)\r\n//i && hex $1) {
        $out .= substr $body, 0, hex $1, '';
        $body =~ s/\A\r\n//;
    }

    return $out;
}


=head2 converse(BYTES)

Sends the bytes and returns all that comes until the connection is closed.

=cut

sub converse {
    my ($bytes, $port) = @_;

    $port //= Test::Nginx::Util::server_port_for_client();

    my $sock = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                     PeerPort => $port, Timeout => 5)
        or return "no connection: $!";

    local $SIG{PIPE} = 'IGNORE';
    print $sock $bytes;
    $sock->flush;

    my $text = '';
    my $select = IO::Select->new($sock);

    while ($select->can_read(3)) {
        my $n = sysread $sock, $text, 65536, length $text;
        last if !$n;
    }

    close $sock;

    return $text;
}


=head2 await(WHAT, CODE)

Calls CODE until it returns true; the check fails when it does not for long.

=cut

sub await {
    my ($what, $code) = @_;

    for (1 .. 1000) {
        return Test::More::pass($what) if $code->();
        select undef, undef, undef, 0.02;
    }

    return Test::More::fail($what);
}


=head2 error_lines(REGEX), access_lines(REGEX)

Lines of the logs that match; all without one.

=cut

sub error_lines  { return lines($Test::Nginx::Util::ErrLogFile, @_) }
sub access_lines { return lines($Test::Nginx::Util::AccLogFile, @_) }

sub lines {
    my ($file, $regex) = @_;

    open my $in, '<', $file or die "$file: $!\n";
    seek $in, $start{$file} // 0, 0;

    return grep { !defined $regex || $_ =~ $regex } <$in>;
}


1;
