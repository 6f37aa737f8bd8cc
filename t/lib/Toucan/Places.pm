# Owns: what the suites of places share: conversations with a gated location,
# written as they look on the wire, and what holds for every answer of one.

package Toucan::Places;

use strict;
use warnings;

use Exporter qw(import);
use IO::Select ();
use IO::Socket::INET ();
use Test::More ();
use Time::HiRes ();

use Test::Nginx::Socket ();
use Test::Nginx::Util ();
use Toucan::Test ();

our @EXPORT = qw(talk_to);


=head1 CONVERSATIONS

    === TEST 1: who may read the answer
    --- gate
    toucan_origin https://app.example.com;
    --- talk
    - a component of a listed origin
    POST /t?a=b
    Origin: https://app.example.com
    = 200 component
    = Access-Control-Allow-Origin: https://app.example.com

    - and of another
    Origin: https://evil.test
    = 403 component origin_denied
    = !Access-Control-Allow-Origin

C<--- gate> are the lines of a location with the gate on, which is C</t>; it
hands on to a backend, C<--- backend> of which are more locations.  Without a
gate it is what C<$gate> says below.  C<--- locations> and C<--- http> are
more lines for the server and for http{}.

C<--- talk> is a list of requests.  Each begins with C<- NAME>; then come a
request line (default: C<GET /t>), header lines, and what is expected:

    = STATUS [KIND [REASON]]   without REASON it is accepted
    = NAME: VALUE              the header, all its lines joined by ", "
    = NAME ~ REGEX             the same
    = !NAME                    no such header
    = body: LINE               the body, which is this line
    = body ~ REGEX
    = body !~ REGEX
    = log ~ REGEX              what the error log says of the request
    = log !~ REGEX
    = up STATUS                what the backend answered; "-": was not asked

A line C<@token none> sends no token, C<@token {"origins":[]}> one with these
claims changed, C<@host NAME> another Host (C<@host -> none), C<@body TEXT> a
body.  C<\xHH> in a line is a byte, C<\p> the port that nginx listens on.

C<--- each> are expectations for every request of the block.

=head2 What holds for every answer

Unless C<--- free> names it: C<vary> (one C<Vary: Origin>), C<cors> (one
C<Access-Control-Allow-Origin> at most, never C<*> or another site's, never
credentials, none for an origin that is refused), C<frame> (one
C<Content-Security-Policy> with frame-ancestors and no C<X-Frame-Options>),
C<cache> (C<no-store> on refusals, C<private> or the backend's own else),
C<refusal> (the backend was not asked; log, status and code agree; a 401
challenges; no claim is repeated).

=cut


our $gate = <<'END';
toucan_origin https://app.example.com;
toucan_own_origin https://embed.example.com;
END

my %codes = (
    no_token => [401, 'TOKEN_MISSING'],
    token_conflict => [400, 'TOKEN_CONFLICT'],
    (map { $_ => [401, 'TOKEN_INVALID'] }
     qw(bad_format bad_base64 bad_json bad_claim bad_signature key_not_found)),
    expired => [401, 'TOKEN_EXPIRED'],
    (map { $_ => [403, 'ORIGIN_DENIED'] }
     qw(kind_not_allowed origin_missing origin_malformed origin_denied
        token_origin_denied)),
    (map { $_ => [403, 'IDENTITY_DENIED'] } qw(role_denied env_denied)),
    (map { $_ => [403, 'PERMISSION_DENIED'] }
     qw(permission_denied object_denied)),
);

my %tokens;


Test::Nginx::Socket::log_level('info');

Test::Nginx::Socket::add_block_preprocessor(sub {
    my $block = shift;

    return if !defined $block->talk;

    # Test::Nginx wants to see a request; it is not the one to send it

    $block->set_value(request => 'GET /t');
    $block->set_value(http_config => http_config($block));
    $block->set_value(config => config($block));
});

{
    my $helper = $Test::Nginx::Util::RunTestHelper;

    $Test::Nginx::Util::RunTestHelper = sub ($$) {
        my ($block, $dry_run, $repeated) = @_;

        return $helper->(@_) if !defined $block->talk;
        return if $dry_run;

        talk($block);

        Test::Nginx::Socket::check_error_log($block, undef, $dry_run,
                                             $repeated);
    };
}


sub http_config {
    my $block = shift;

    my $backend = $block->backend // '';
    my $http = $block->http // '';

    return <<"END";
    $http
    server {
        listen \$TEST_NGINX_RAND_PORT_1;
        $backend
        location / {
            return 200 "backend: \$request_method \$request_uri\\n";
        }
    }
END
}

sub config {
    my $block = shift;

    my $lines = $block->gate // $gate;
    my $locations = $block->locations // '';

    return <<"END";
    toucan_key_file \$TEST_NGINX_KEYS_DIR/ec256.jwks;
    add_header X-Place "\$toucan_kind|\$toucan_reason|\$toucan_status"
               always;
    add_header X-Asked "\$upstream_status" always;
    $locations
    location /t {
        toucan "embed";
        $lines
        proxy_pass http://127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
    }
END
}


sub talk {
    my $block = shift;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my %free = map { $_ => 1 } split ' ', $block->free // '';
    my $each = $block->each // '';
    my $n = 0;

    for my $text (split /^- /m, $block->talk) {
        next if $text !~ /^[^#\s]/m;

        my ($name, @lines) = grep { /\S/ && !/^#/ } split /\n/, $text;
        my ($asked, $wanted) = ({}, []);

        read_line($asked, $wanted, $_) for @lines, split /\n/, $each;

        $n++;
        my $answer = send_to($asked);
        my @wrong = (wrong_things($answer, $wanted),
                     broken_rules($asked, $answer, $wanted, \%free));

        Test::More::ok(!@wrong, $block->name . ": $name")
            or Test::More::diag(join "\n", @wrong, 'on ' . $asked->{sent},
                                $answer->{text}, $answer->{log});
    }

    Test::More::ok($n > 0, $block->name . ': something was said');
}


sub read_line {
    my ($asked, $wanted, $line) = @_;

    if ($line =~ s/^=\s*//) {
        push @$wanted, $line;
        return;
    }

    $line =~ s/\\x([0-9a-fA-F]{2})/chr hex $1/ge;
    $line =~ s/\\p/Test::Nginx::Util::server_port_for_client()/ge;

    if ($line =~ /^\@(\w+)\s*(.*)/s) {
        $asked->{$1} = $2;

    } elsif (!defined $asked->{line} && !$asked->{headers}
             && $line =~ /^[A-Z]+ \S+$/)
    {
        $asked->{line} = $line;

    } else {
        push @{$asked->{headers}}, $line;
    }
}


=head1 FUNCTIONS

=head2 talk_to(HASH)

Sends a request (C<line>, C<headers>, C<token>, C<host>, C<body>, C<port>) on a
connection of its own; a hash with status, headers ([name, value] in their
order), body, text, and log, what was written to the error log meanwhile.

=cut

sub talk_to { goto &send_to }

sub send_to {
    my $asked = shift;

    my $line = $asked->{line} // 'GET /t';
    my $host = $asked->{host} // 'embed.example.com';
    my $token = $asked->{token} // '{}';
    my @headers = @{$asked->{headers} // []};

    unshift @headers, "Host: $host" if $host ne '-';

    if ($token ne 'none') {
        my $valid = $tokens{$token} //= Toucan::Test::bearer(
            $token =~ /^\{/ ? (claims => JSON::PP::decode_json($token))
                            : $token);
        push @headers, $valid;
    }

    push @headers, 'Content-Length: ' . length $asked->{body}
        if defined $asked->{body};

    my $sent = join "\r\n", "$line HTTP/1.1", @headers, 'Connection: close';
    $asked->{sent} = $sent =~ s/^(Authorization: \S+ ).*/$1.../mr;

    my $log = log_size();
    my $text = exchange($asked->{port}, "$sent\r\n\r\n"
                                        . ($asked->{body} // ''));

    return { %{parse($text, $line)}, log => log_since($log) };
}


sub exchange {
    my ($port, $request) = @_;

    my $sock = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', Timeout => 10,
        PeerPort => $port // Test::Nginx::Util::server_port_for_client())
        or return "no connection: $!";

    my ($text, $end) = ('', Time::HiRes::time() + 30);
    my $select = IO::Select->new($sock);

    print $sock $request;
    $sock->flush;

    while (Time::HiRes::time() < $end) {
        next if !$select->can_read(1);
        sysread $sock, $text, 65536, length $text or return $text;
    }

    return "$text\n(timed out)";
}


sub parse {
    my ($text, $line) = @_;

    my %answer = (text => $text, status => 0, headers => [], body => '');
    my ($head, $body) = split /\r\n\r\n/, $text, 2;
    my ($first, @headers) = split /\r\n/, $head // '';

    return \%answer if ($first // '') !~ m{^HTTP/1\.1 (\d{3})};

    $answer{status} = $1;
    $answer{headers} = [map { [split /:\s*/, $_, 2] } @headers];
    $answer{body} = $body // '';

    # chunks, as far as it matters to what is looked for

    $answer{body} =~ s/^[0-9a-f]+\r\n|\r\n[0-9a-f]+\r\n(?:\r\n)?/$1 \/\/ ''/ge
        if $head =~ /^Transfer-Encoding: chunked/mi;

    return \%answer;
}


sub all {
    my ($answer, $name) = @_;

    return map { $_->[1] } grep { lc $_->[0] eq lc $name }
           @{$answer->{headers}};
}

sub one { return join ', ', all(@_) }


sub wrong_things {
    my ($answer, $wanted) = @_;

    my ($kind, $reason, $status) = place($answer);
    my $asked = one($answer, 'X-Asked');
    my @wrong;

    for (@$wanted) {
        if (/^(\d{3})(?: (\w+))?(?: ([\w-]+))?$/) {
            push @wrong, "status: $answer->{status}, not $1"
                if $answer->{status} != $1;
            next if !defined $2;
            push @wrong, "kind: $kind, not $2" if $kind ne $2;
            push @wrong, "reason: \"$reason\", not \"" . ($3 // '') . '"'
                if $reason ne ($3 // '');

        } elsif (/^!([\w-]+)$/) {
            push @wrong, "there is a header $1" if all($answer, $1);

        } elsif (/^body:\s*(.*)$/) {
            push @wrong, "the body is not $1" if $answer->{body} ne "$1\n";

        } elsif (/^(body|log) (!?~) (.*)$/) {
            my ($what, $sign, $regex) = ($1, $2, $3);
            my $found = $answer->{$what} =~ /$regex/ ? '~' : '!~';
            push @wrong, "the $what is $found $regex" if $found ne $sign;

        } elsif (/^up (\S+)$/) {
            push @wrong, "the backend answered: \"$asked\""
                if ($asked eq '' ? '-' : $asked) ne $1;

        } elsif (/^([\w-]+) ~ (.*)$/) {
            my ($name, $regex) = ($1, $2);
            my $is = one($answer, $name);
            push @wrong, "$name is \"$is\"" if $is !~ /$regex/;

        } elsif (/^([\w-]+):\s*(.*)$/) {
            my $is = all($answer, $1) ? one($answer, $1) : '(absent)';
            push @wrong, "$1 is \"$is\", not \"$2\"" if $is ne $2;

        } else {
            push @wrong, "what does \"$_\" mean?";
        }
    }

    push @wrong, 'nothing is expected' if !@$wanted;

    return @wrong;
}

sub place {
    my $answer = shift;

    my @place = split /\|/, one($answer, 'X-Place'), -1;

    return map { $place[$_] // '' } 0 .. 2;
}


sub broken_rules {
    my ($asked, $answer, $wanted, $free) = @_;

    my ($kind, $reason, $status) = place($answer);
    my @wrong;

    push @wrong, 'Vary: ' . one($answer, 'Vary')
        if !$free->{vary} && one($answer, 'Vary') ne 'Origin';

    push @wrong, broken_cors($asked, $answer, $reason)
        if !$free->{cors};
    push @wrong, broken_frame($answer) if !$free->{frame};
    push @wrong, broken_cache($answer, $reason) if !$free->{cache};

    return @wrong if $free->{refusal};

    if ($reason ne '') {
        push @wrong, broken_refusal($asked, $answer, $reason);
        push @wrong, "status variable: $status" if $status ne 'REJECTED';

    } elsif ($answer->{log} =~ /toucan: /) {
        push @wrong, 'it is logged';
    }

    push @wrong, 'a preflight was forwarded'
        if $kind eq 'preflight' && one($answer, 'X-Asked') ne '';

    return @wrong;
}


sub broken_cors {
    my ($asked, $answer, $reason) = @_;

    my @allowed = all($answer, 'Access-Control-Allow-Origin');
    my ($origin) = map { /^Origin:\s*(.*?)\s*$/i ? lc $1 : () }
                   @{$asked->{headers} // []};
    my @wrong;

    $origin = ($origin // '') =~ s/^(https:.*):443$/$1/r;
    $origin =~ s/^(http:.*):80$/$1/;

    push @wrong, 'Access-Control-Allow-Origin is there twice' if @allowed > 1;
    push @wrong, "another site is allowed: @allowed"
        if @allowed && $allowed[0] ne $origin;
    push @wrong, 'a refused origin is allowed'
        if @allowed && $reason =~ /^origin_/;
    push @wrong, 'credentials are allowed'
        if all($answer, 'Access-Control-Allow-Credentials');

    return @wrong;
}

sub broken_frame {
    my $answer = shift;

    my @policies = grep { /\bframe-ancestors /i }
                   all($answer, 'Content-Security-Policy');
    my @wrong;

    push @wrong, scalar(@policies) . ' frame-ancestors' if @policies != 1;
    push @wrong, 'X-Frame-Options' if all($answer, 'X-Frame-Options');
    push @wrong, "frame-ancestors: $policies[0]"
        if @policies == 1 && $policies[0] =~ /\*(?!\.)|~|null|\\|\(/;

    return @wrong;
}

sub broken_cache {
    my ($answer, $reason) = @_;

    my $is = one($answer, 'Cache-Control');
    my $must = $reason ne '' ? 'no-store' : 'private';

    return $is eq $must ? () : "Cache-Control is \"$is\", not \"$must\"";
}

sub broken_refusal {
    my ($asked, $answer, $reason) = @_;

    my $code = $codes{$reason} // [0, '?'];
    my $challenge = one($answer, 'WWW-Authenticate');
    my @wrong;

    push @wrong, "the log does not say $reason"
        if $answer->{log} !~ /\[info\].*toucan: refused: \Q$reason\E \(/;
    push @wrong, "the status of $reason is $code->[0]"
        if $answer->{status} != $code->[0];
    push @wrong, "the backend was asked" if one($answer, 'X-Asked') ne '';
    push @wrong, "WWW-Authenticate: $challenge"
        if ($answer->{status} == 401)
           != ($challenge =~ /^Bearer realm="embed"/);
    push @wrong, 'a claim is repeated'
        if $answer->{text} =~ /user-123|\bacme\b|explorer|north/;

    # a page is nginx's own, and knows nothing

    if (one($answer, 'Content-Type') =~ m{^application/json}) {
        push @wrong, 'the body'
            if ($asked->{line} // '') !~ /^HEAD/ && $answer->{body}
               !~ /\A\{"code":"$code->[1]","message":"[a-z ]+"\}\n\z/;
    }

    return @wrong;
}


sub log_size { return -s $Test::Nginx::Util::ErrLogFile // 0 }

sub log_since {
    my $offset = shift;

    open my $in, '<', $Test::Nginx::Util::ErrLogFile or return '';
    seek $in, $offset, 0;
    local $/;

    return scalar(<$in>) // '';
}


1;
