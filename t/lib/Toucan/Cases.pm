# Owns: what the suites of directives, tokens, keys and claims share: tables
# of cases that one nginx answers, wrong values that it must not start with,
# and steps that go on while it runs.

package Toucan::Cases;

use strict;
use warnings;

use Exporter qw(import);
use IO::Socket::INET ();
use Test::More ();

use Test::Nginx::Socket ();
use Test::Nginx::Util ();

our @EXPORT = qw(
    run_with wrong ask verdict await write_file swap_file
    one_look log_lines
);


=head1 TABLES

    --- gate
    toucan_issuer https://embed.example.com;
    --- cases eval
    [
        ['a good token', bearer(), 'ok'],
        ['none', '', 'no_token'],
        ['in the query', '', 'ok', 'GET /t?token=...'],
    ]

Each case is a request to a location with the gate on and the lines of
C<--- gate> in it: a name, header lines, the reason that it must get (C<ok>:
let in), and a request other than C<GET /t>.  Status, reason and body are
checked of each.  Around the location stand the defaults that a gate may
replace: C<toucan_embed server> and the keys of F<public.jwks>.

=head2 Steps

C<--- steps eval> is code that runs while the nginx of the block does, after
its cases.

=cut


my %answers = (
    ok => [200],
    no_token => [401, 'TOKEN_MISSING'],
    token_conflict => [400, 'TOKEN_CONFLICT'],
    (map { $_ => [401, 'TOKEN_INVALID'] }
     qw(too_large bad_format bad_base64 bad_json bad_claim crit_unknown
        alg_not_allowed key_not_found bad_signature bad_decrypt bad_issuer
        bad_audience bad_type not_yet_valid lifetime_too_long)),
    expired => [401, 'TOKEN_EXPIRED'],
    (map { $_ => [403, 'ORIGIN_DENIED'] }
     qw(kind_not_allowed token_origin_denied)),
    (map { $_ => [403, 'IDENTITY_DENIED'] } qw(role_denied env_denied)),
    (map { $_ => [403, 'PERMISSION_DENIED'] }
     qw(permission_denied object_denied)),
);


Test::Nginx::Socket::add_block_preprocessor(sub {
    my $block = shift;

    return if !defined $block->steps && !defined $block->cases
              && !defined $block->gate;

    if (!defined $block->request) {
        $block->set_value('request', 'GET /');
        $block->set_value('error_code_like', '.');
    }

    if (!defined $block->config) {
        $block->set_value('config', config($block->gate // ''));
    }

    # not all of nginx's own thoughts, which take long to be searched

    if (!defined $block->log_level) {
        $block->set_value('log_level', 'info');
    }
});


sub config {
    my $gate = shift;

    return <<"END";
    large_client_header_buffers 4 128k;
    toucan_embed server;
    toucan_key_file \$TEST_NGINX_KEYS_DIR/public.jwks;

    location = /t {
        toucan "embed";
        $gate
        add_header X-Verdict "\$toucan_status|\$toucan_reason" always;
        add_header X-Pid \$pid always;
        try_files /index.html =404;
    }
END
}


# Test::Nginx waits before each look at the log: the cases are asked while it
# has one request of its own.

Test::Nginx::Socket::add_response_body_check(sub {
    my ($block, $body, $req_idx, $repeated, $dry_run) = @_;

    return if $dry_run;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    for my $case (@{$block->cases // []}) {
        my ($name, $header, $reason, $request) = @$case;
        my $want = $answers{$reason} // die "no reason \"$reason\"\n";
        my $answer = ask($header, request => $request // 'GET /t');

        Test::More::is(join(' ', @$answer{qw(status verdict code)}),
                       "$want->[0] $reason " . ($want->[1] // 'LET IN'),
                       $block->name . " - $name");
    }

    $block->steps->() if $block->steps;
});


=head1 FUNCTIONS

=head2 run_with(TEXT ...)

C<run_tests()> over the blocks in C<__DATA__> and those in the texts.

=cut

sub run_with {
    my $data = do { local $/; <main::DATA> } // '';

    Test::Base::spec_string(join "\n\n", $data, @_);
    main::run_tests();
}


=head2 wrong([LINES, VALUE, WHY], ...)

A block for each: with these lines in a gated location nginx does not start,
and says C<invalid value "VALUE" in the "DIRECTIVE" directive: WHY>, where
DIRECTIVE is the last one of the lines.  Without WHY, VALUE is the message.

=cut

my $count = 0;

sub wrong {
    my $text = '';

    for my $case (@_) {
        my ($lines, $value, $why) = @$case;
        my ($directive) = reverse $lines =~ /(?:^|[;{])\s*(toucan\w*)/g;
        my $message = defined $why
                      ? qq(invalid value "$value" in the "$directive" )
                        . "directive: $why"
                      : $value;
        (my $name = $lines) =~ s/\s+/ /g;
        $name = substr($name, 0, 60);
        $count++;

        $text .= <<"END";
=== WRONG $count: $name
--- config
    location /t {
        toucan "embed";
        toucan_key_file \$TEST_NGINX_KEYS_DIR/public.jwks;
        $lines
    }
--- must_die
--- error_log
[emerg]
$message


END
    }

    return $text;
}


=head2 ask(HEADERS, OPTIONS), verdict(HEADERS)

Sends C<GET /t> with these header lines on a connection of its own; a hash
with status, verdict (the reason, or C<ok>), code (of the body; C<LET IN>), pid
and text.  Options are C<request> and C<port>.

=cut

sub ask {
    my ($headers, %o) = @_;

    my $port = $o{port} // Test::Nginx::Util::server_port_for_client();
    my $sock = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                     PeerPort => $port, Timeout => 5);
    return { status => 0, verdict => "no connection: $!", code => '' }
        if !$sock;

    my $request = $o{request} // 'GET /t';
    $headers =~ s/\n?\z//;
    $headers =~ s/\n/\r\n/g;
    print $sock "$request HTTP/1.1\r\nHost: localhost\r\n",
                "Connection: close\r\n", length $headers ? "$headers\r\n" : '',
                "\r\n";
    my $text = do { local $/; <$sock> } // '';
    close $sock;

    my ($head, $body) = split /\r\n\r\n/, $text, 2;
    my ($status) = $text =~ m{^HTTP/1\.1 (\d+)};
    my ($passed, $reason) = ($head // '')
                            =~ /^X-Verdict: (\w*)\|(\w*)\r?$/m;
    my ($pid) = ($head // '') =~ /^X-Pid: (\d+)/m;
    my ($code) = ($body // '') =~ /^\{"code":"(\w+)","message":"[^"]+"\}\s*\z/;

    $code //= 'LET IN' if ($body // '') =~ /It works/;

    return { status => $status // 0, text => $text, pid => $pid,
             code => $code // '',
             verdict => ($passed // '') eq 'PASSED' ? 'ok' : $reason // '' };
}

sub verdict { return ask(@_)->{verdict} }


=head2 await(WHAT, CODE)

Calls CODE until it returns true; the check fails when it does not within half
a minute (a second, once one of them has failed).

=cut

my $tries = 1500;

sub await {
    my ($what, $code) = @_;

    for (1 .. $tries) {
        return Test::More::pass($what) if $code->();
        select undef, undef, undef, 0.02;
    }

    $tries = 50;

    return Test::More::fail($what);
}


=head2 write_file(NAME, TEXT), swap_file(NAME, TEXT)

Writes a file in C<$TEST_NGINX_HTML_DIR>: in its place, or under another name
that then becomes this one.

=cut

sub write_file {
    my ($name, $text) = @_;

    my $file = Test::Nginx::Util::html_dir() . "/$name";

    open my $out, '>:raw', $file or die "$file: $!\n";
    print $out $text or die "$file: $!\n";
    close $out or die "$file: $!\n";
}

sub swap_file {
    my ($name, $text) = @_;

    my $dir = Test::Nginx::Util::html_dir();

    write_file("$name.new", $text);
    rename "$dir/$name.new", "$dir/$name" or die "$dir/$name: $!\n";
}


=head2 one_look()

Waits until the file F<other.jwks>, which a block must have among its key
files, last, was read again: all were looked at since.

=cut

my $turn = 0;

sub one_look {
    my $key = ('ec384', 'ec521')[++$turn % 2];

    swap_file('other.jwks', main::jwks_public($key));

    return await("the files were looked at ($key)", sub {
        verdict(main::bearer(key => $key)) eq 'ok'
    });
}


=head2 log_lines(PATTERN)

The lines of the error log that match.

=cut

sub log_lines {
    my $pattern = shift;

    open my $in, '<', $Test::Nginx::Util::ErrLogFile
        or die "$Test::Nginx::Util::ErrLogFile: $!\n";

    return grep { $_ =~ $pattern } <$in>;
}


1;
