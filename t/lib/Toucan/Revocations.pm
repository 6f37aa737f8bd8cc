# Owns: what the suites of revocation share: API keys, a server with a zone, a
# request to revoke, and what the gate then says of a token.

package Toucan::Revocations;

use strict;
use warnings;

use Compress::Zlib ();
use Digest::SHA qw(sha256_hex);
use Exporter 'import';
use IO::Select ();
use Test::More ();

use Toucan::Server;
use Toucan::Test;

our @EXPORT = qw(
    api_key api_keys revocations revoke reason_of revoked_by_all eventually
    text write_text with_crc start_fails
);


my %keys = (
    all  => {scopes => ['revoke'], env => 'live'},
    acme => {scopes => ['revoke'], env => 'live', organization => 'acme'},
    test => {scopes => ['revoke'], env => 'sandbox'},
    acmetest => {scopes => ['revoke'], env => 'sandbox',
                 organization => 'acme'},
    mint => {scopes => ['mint', 'introspect'], env => 'live'},
);


=head1 FUNCTIONS

=head2 api_key(ID), api_keys()

The key of an id (all acme test acmetest mint), and the file of all of them.

=cut

sub api_key {
    my $id = shift;

    my $env = $keys{$id}{env} eq 'live' ? 'live' : 'test';

    return "tk_${env}_${id}_" . substr sha256_hex("secret of $id"), 0, 40;
}

sub api_keys {
    return to_json({keys => [
        map { {id => $_, sha256 => sha256_hex(api_key($_)), %{$keys{$_}}} }
            sort keys %keys
    ]});
}


=head2 revocations(OPTIONS)

The lines of http{}: a gate at /t, the endpoint at /revoke.

    size => '1m', state => PATH     of the zone
    gate => LINES, server => LINES, http => LINES   more of them

=cut

sub revocations {
    my %o = (size => '1m', @_);

    my $state = defined $o{state} ? "state=$o{state}" : '';

    return <<"END";
    keepalive_timeout 0;
    toucan_revocation_zone tokens:$o{size} $state;
    @{[$o{http} // '']}
    server {
        listen 127.0.0.1:%port% reuseport;
        toucan_key_file keys.jwks;
        toucan_roles any;
        toucan_revocation tokens;
        add_header X-Why "\$pid|\$toucan_reason" always;
        location /t {
            toucan "t";
            toucan_embed server;
            toucan_env live sandbox;
            try_files /conf/nginx.conf =404;
            root .;
            @{[$o{gate} // '']}
        }
        location = /revoke {
            toucan_revoke;
            toucan_api_key_file apikeys.json;
        }
        @{[$o{server} // '']}
    }
END
}


=head2 revoke(SERVER, BODY [, KEY [, PATH]])

Posts BODY (a hash, or the text itself) with the key of that id (default all);
status, head, body.  A status of 0: there was no answer.

=cut

sub revoke {
    my ($server, $body, $key, $path) = @_;

    $body = to_json($body) if ref $body;

    my $sock = Toucan::Server::connection($server->port)
        or return { status => 0, head => '', body => '' };

    local $SIG{PIPE} = 'IGNORE';

    print $sock 'POST ', $path // '/revoke', " HTTP/1.1\r\n",
                "Host: localhost\r\nConnection: close\r\n",
                'X-API-Key: ', api_key($key // 'all'), "\r\n",
                "Content-Type: application/json\r\n",
                'Content-Length: ', length $body, "\r\n\r\n", $body;
    $sock->flush;

    my $text = '';
    my $select = IO::Select->new($sock);

    while ($select->can_read(10)) {
        last if !sysread $sock, $text, 65536, length $text;
    }

    my ($head, $answer) = split /\r\n\r\n/, $text, 2;
    my ($status) = ($head // '') =~ m{^HTTP/1\.1 (\d+)};

    return { status => $status // 0, head => $head // '',
             body => $answer // '' };
}


=head2 reason_of(SERVER, TOKEN [, PATH])

What the gate says of it: '' when it is let in, else the reason; and which
worker says so.

=cut

sub reason_of {
    my ($server, $token, $path) = @_;

    my $answer = $server->get($path // '/t', bearer($token));
    my ($why) = $answer->{head} =~ /^X-Why: ([^\r]*)/m;
    my ($pid, $reason) = split /\|/, $why // '', -1;

    return wantarray ? ($reason // "status $answer->{status}", $pid // 0)
                     : $reason // "status $answer->{status}";
}


=head2 revoked_by_all(SERVER, TOKEN)

Asks until each worker that there is has answered: '' when all of them have
refused it as revoked, else what one of them said.

=cut

sub revoked_by_all {
    my ($server, $token) = @_;

    my %seen;

    for (1 .. 2000) {
        my ($reason, $pid) = reason_of($server, $token);
        return $reason || 'let in' if $reason ne 'revoked';
        $seen{$pid} = 1;
        return '' if !grep { !$seen{$_} } $server->workers;
    }

    return 'not asked all of them';
}


=head2 eventually(CODE)

Waits until CODE is true, for some seconds; what it returned.

=cut

sub eventually {
    my $code = shift;

    for (1 .. 1000) {
        my $r = $code->();
        return $r if $r;
        select undef, undef, undef, 0.02;
    }

    return;
}


=head2 text(FILE), write_text(FILE, TEXT), with_crc(LINE)

The bytes of a file, undef when there is none; the file with these bytes; a line
of a state file with its check sum.

=head2 start_fails(SERVER, FILES, NAME, WORDS)

A server that was ended does not start with these state files, nginx -t and the
start tell WORDS at emerg, and neither touches the files.

=cut

sub text {
    open my $in, '<:raw', $_[0] or return undef;
    local $/;
    return <$in> // '';
}

sub write_text {
    my ($file, $text) = @_;

    open my $out, '>:raw', $file or die "$file: $!\n";
    print $out $text;
    close $out or die "$file: $!\n";
}

sub with_crc {
    my $begin = shift;

    return sprintf "%s %08x\n", $begin, Compress::Zlib::crc32($begin);
}

sub start_fails {
    my ($server, $files, $name, $words) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my @before = map { text($_) } @$files;

    my ($text, $ok) = $server->test;
    Test::More::ok(!$ok, "$name: nginx -t fails");
    Test::More::like($text, qr/\[emerg\].*$words/, "$name: nginx -t tells");
    Test::More::ok(!eval { $server->start }, "$name: the start fails");
    Test::More::like($@, qr/\[emerg\].*$words/, "$name: the start tells");
    Test::More::is_deeply([map { text($_) } @$files], \@before,
                          "$name: the files stay as they are");
    $server->stop;
}


1;
