# Attacks on the cache, and what an unlucky hour does to it: keys that go while
# a request waits, files that change without a sign, no descriptor left, clocks
# of tokens, other policies, redirects, a reload or an upgrade in between.

use strict;
use warnings;

use lib 't/lib';
use Toucan::Test;
use Toucan::Jwe;
use Toucan::Server;
use Toucan::Service;

use IO::Select ();
use IO::Socket::INET ();
use Time::HiRes ();

plan('no_plan');

my $http = <<'END';
    toucan_cache_zone tokens:1m;
    toucan_cache tokens;
    limit_req_zone $toucan_distinct_id zone=user:1m rate=30r/m;
    limit_req_zone $binary_remote_addr zone=address:1m rate=1r/m;
    log_format cache '$uri|$status|$toucan_cache_status|';
END

my $status = 'add_header X-Cache "$toucan_cache_status" always;
              add_header X-Id "$toucan_distinct_id" always;';

sub gate {
    my ($path, $lines, $keys) = @_;

    $keys //= 'turn.jwks';

    return <<"END";
        location = $path {
            toucan "t";
            toucan_key_file $keys;
            proxy_pass http://%upstream%;
            $lines
        }
END
}

sub seen {
    my ($server, $path, $token, $headers) = @_;

    my $answer = gated($server, $token, $headers, path => $path);

    return join ' ', $answer->{header}{'x-cache'}[0] // '-',
                     $answer->{reason} || $answer->{status};
}

# A request that is not waited for; its answer

sub sent {
    my ($server, $path, $headers) = @_;

    my $sock = Toucan::Server::connection($server->port);

    $path = "GET $path" if $path !~ m{ };

    print $sock "$path HTTP/1.1\r\nHost: localhost\r\n"
                . "Connection: close\r\n$headers\r\n\r\n";
    $sock->flush;

    return $sock;
}

sub waits { return !IO::Select->new($_[0])->can_read(0) }

sub whole {
    my $sock = shift;

    my ($text, $select) = ('', IO::Select->new($sock));

    while ($select->can_read(20)) {
        last if !sysread $sock, $text, 65536, length $text;
    }

    return $text;
}

sub answered {
    my $text = whole(@_);

    my ($verdict, $reason) = $text =~ /^X-Verdict: (.*)\|(.*)\r$/m;

    return $reason || $verdict || 'no verdict';
}

sub logged {
    my ($server, $pattern) = @_;

    return scalar(() = $server->read('logs/error.log') =~ /$pattern/g);
}

sub taken_over {
    my ($server, $what, $file, $text) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $again = qr/\Q$file\E" was read again/;
    my $before = logged($server, $again);

    $server->write("conf/$file", $text);

    return eventually($what, sub { logged($server, $again) > $before });
}

sub is_sound {
    my ($name, $server) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return is(logged($server, qr/\[(?:alert|crit|emerg)\]|exited on signal/),
              0, "$name: nothing was wrong");
}

# keys of one name, and texts of one length

sub like_it { return { %{jwk_public('ed25519b')}, kid => 'ed25519' } }

my $one = jwks_public('ed25519');
my $other = to_json({ keys => [like_it()] });
my $both = jwks_public('ed25519', 'ec256');


# A key that goes while limit_req holds a token that was found good

{
    my $server = service(http => $http, files => { 'conf/turn.jwks' => $one },
        server => "$status\n"
                  . gate('/slow', 'limit_req zone=user burst=9;')
                  . gate('/arg', 'toucan_token arg=token;
                                  limit_req zone=user burst=9;')
                  . gate('/now', ''));

    for (['bearer', '/slow', sub { bearer($_[0]) }],
         ['argument', '/arg', sub { 'X-Nothing: 1' }])
    {
        my ($how, $path, $headers) = @$_;

        my $token = token(key => 'ed25519', claims => {
            'user.distinctId' => "by-$how" });
        my $uri = $how eq 'argument' ? "$path?token=$token" : $path;

        is(answered(sent($server, $uri, $headers->($token))), 'PASSED',
           "$how: let in at once");

        my $sock = sent($server, $uri, $headers->($token));

        taken_over($server, "$how: another key", 'turn.jwks', $both);
        ok(waits($sock), "$how: it waits");
        is(answered($sock), 'PASSED', "$how: the key is still there");

        $sock = sent($server, $uri, $headers->($token));

        taken_over($server, "$how: its key is gone", 'turn.jwks', $other);
        is(seen($server, '/now', $token), 'MISS bad_signature',
           "$how: for others");
        ok(waits($sock), "$how: it waits");
        is(answered($sock), 'bad_signature', "$how: and is refused");

        taken_over($server, "$how: its key is back", 'turn.jwks', $one);
    }

    is_sound('while a request waits', $server);
}


# The same while another module keeps who asks for a new token, the old one
# being taken out of the request

{
    my $slow = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 5,
                                     LocalPort => 0)
        or die "listen: $!\n";
    my $key = api_key('7f3a');
    my $server = service(http => $http, api_keys => [$key],
        mint_keys => ['ed25519'], files => { 'conf/turn.jwks' => $both },
        server => <<"END");
        location = /refresh {
            toucan "t";
            toucan_key_file turn.jwks;
            toucan_mint_key_file mint.jwks;
            toucan_token bearer cookie=token arg=token;
            toucan_refresh;
            auth_request /wait;
        }
        location = /wait {
            internal;
            proxy_pass http://127.0.0.1:@{[$slow->sockport]};
        }
END
    my $token = minted($server, $key);

    my %how = (bearer => ['POST /refresh', bearer($token)],
               cookie => ['POST /refresh', "Cookie: a=b; token=$token; c=d"],
               argument => ["POST /refresh?a=b&token=$token&c=d", 'X: 1']);

    for my $how (sort keys %how) {
        for (['changed', jwks_public('ed25519', 'ec256b'), qr/"token":"/],
             ['gone', $other, qr{\|bad_signature\r}])
        {
            my ($what, $keys, $want) = @$_;

            taken_over($server, "$how: a set", 'turn.jwks', $both);

            my $sock = sent($server, @{$how{$how}});
            my $wait = IO::Select->new($slow)->can_read(10)
                       && $slow->accept;

            ok($wait, "$how: it waits");
            taken_over($server, "$how: it is $what", 'turn.jwks', $keys);
            print $wait "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"
                if $wait;
            close $wait if $wait;

            like(whole($sock), $want, "$how: $what keys");
        }
    }

    is_sound('while another module waits', $server);
}


# Who is refused before the gate costs no signature, whatever is logged

{
    my $server = service(http => $http, files => { 'conf/turn.jwks' => $one },
        server => "access_log logs/cache.log cache;\n"
                  . gate('/few', 'limit_req zone=address;'));

    my $token = token(key => 'ed25519');

    gated($server, $token, undef, path => '/few');
    is(gated($server, $token, undef, path => '/few')->{status}, 503,
       'one too many');
    eventually('it is logged', sub {
        $server->read('logs/cache.log') =~ m{^/few\|503}m
    });
    is($server->read('logs/cache.log'), "/few|200|MISS|\n/few|503|-|\n",
       'and its token was not opened for the log');
}


# A file that is changed in place, and says neither by its size nor by its time

{
    my $server = service(http => $http, files => { 'conf/turn.jwks' => $one },
                         server => $status . gate('/t2', ''));
    my $path = $server->dir . '/conf/turn.jwks';
    my $token = token(key => 'ed25519');

    utime 1_000_000_000, 1_000_000_000, $path;

    # what was read in the second in which it changed is read again anyway

    select undef, undef, undef, 2.6;

    is(seen($server, '/t2', $token), 'MISS ok', 'in place: let in');
    is(seen($server, '/t2', $token), 'HIT ok', 'in place: and cached');
    is(length $one, length $other, 'in place: the new keys are as long');

    open my $out, '+<:raw', $path or die "$path: $!\n";
    print $out $other;
    close $out or die "$path: $!\n";
    utime 1_000_000_000, 1_000_000_000, $path;

    eventually('in place: the change is seen', sub {
        seen($server, '/t2', $token) =~ /bad_signature/
    }, 5);
}


# A file that cannot be opened for a while, because of whoever has taken all
# descriptors: it is read as soon as there is one.

{
    my $server = Toucan::Server->new(
        main => 'worker_processes 1; worker_rlimit_nofile 24;',
        files => { 'conf/turn.jwks' => $one },
        http => <<'END');
    toucan_cache_zone tokens:64k;
    toucan_cache tokens;
    toucan_issuer https://embed.example.com;
    toucan_audience toucan-embed;
    toucan_embed server;
    server {
        listen 127.0.0.1:%port%;
        add_header X-Verdict "$toucan_status|$toucan_reason" always;
        location = /t {
            toucan "t"; toucan_key_file turn.jwks; try_files /none =404;
        }
    }
END
    my $token = token(key => 'ed25519');
    my $verdict = sub {
        my $answer = ask($server, 'GET /t', bearer($token));
        return $answer->{reason} || $answer->{verdict};
    };

    is($verdict->(), 'PASSED', 'descriptors: let in');

    my @all = map { Toucan::Server::connection($server->port) } 1 .. 40;
    my $failed = qr/turn\.jwks" was not taken over/;

    eventually('descriptors: there is none', sub {
        logged($server, qr/accept4?\(\) failed \(24/)
    });
    $server->write('conf/turn.jwks', jwks_public('ec256'));
    eventually('descriptors: the file cannot be opened', sub {
        logged($server, $failed)
    });

    select undef, undef, undef, 1.2;
    is(logged($server, $failed), 1, 'descriptors: that is said once');

    @all = ();

    eventually('descriptors: then it is read', sub {
        $verdict->() eq 'key_not_found'
    }, 5);
    is(logged($server, qr/turn\.jwks" was read again/), 1,
       'descriptors: and said so');
}


# A set is what its files hold, in their order: the same keys elsewhere

{
    my $late = 'toucan_leeway 300;';
    my $server = service(http => $http,
        files => { 'conf/a.jwks' => $one, 'conf/b.jwks' => $other,
                   'conf/turn.jwks' => $one },
        server => $status
                  . gate('/ab', '', 'a.jwks; toucan_key_file b.jwks')
                  . gate('/ba', '', 'b.jwks; toucan_key_file a.jwks')
                  . gate('/a', '', 'a.jwks') . gate('/b', '', 'b.jwks')
                  . gate('/path', '', '../conf/./a.jwks')
                  . gate('/link', '', 'link.jwks')
                  . gate('/late', $late, 'a.jwks')
                  . gate('/dry', 'toucan_dry_run on;', 'b.jwks')
                  . gate('/any', 'satisfy any; deny all;', 'b.jwks')
                  . gate('/any-let-in', 'satisfy any; allow all;', 'b.jwks')
                  . gate('/denied', 'toucan_roles maker;
                                     error_page 403 = /b-of-error;', 'a.jwks')
                  . gate('/b-of-error', 'toucan_token bearer;', 'b.jwks')
                  . gate('/moved', 'error_page 404 = /open;
                                    try_files /none =404;', 'a.jwks')
                  . 'location = /open { return 200; }'
                  . 'toucan_cache tokens;',
        files => { 'conf/a.jwks' => $one, 'conf/b.jwks' => $other,
                   'conf/link.jwks' => $one });

    my $token = token(key => 'ed25519');
    my $is = sub {
        my ($name, %want) = @_;
        local $Test::Builder::Level = $Test::Builder::Level + 1;
        is_deeply({ map { $_ => seen($server, $_, $token) } keys %want },
                  \%want, $name);
    };

    is(seen($server, '/ab', $token), 'MISS ok', 'order: of two files');
    is(seen($server, '/ab', $token), 'HIT ok', 'order: found again');
    is(seen($server, '/ba', $token), 'MISS ok', 'order: not in the other');
    is(seen($server, '/a', $token), 'MISS ok', 'order: nor of one');
    $is->('the same file by another path, and the same text, are the same',
          '/path' => 'HIT ok', '/link' => 'HIT ok', '/late' => 'HIT ok');
    $is->('another key of this name, whatever lets in',
          '/b' => 'MISS bad_signature', '/any' => 'MISS bad_signature');

    my $dry = gated($server, $token, undef, path => '/dry');

    is("$dry->{verdict} $dry->{reason} $dry->{header}{'x-cache'}[0]",
       'REJECTED_DRY_RUN bad_signature MISS', 'a dry run says what it would');

    for my $path ('/dry', '/any-let-in') {
        my $answer = gated($server, $token, undef, path => $path);

        like($answer->{body}, qr/^id=$/m, "$path: and gives no identity");
        is($answer->{header}{'x-id'}[0] // '', '', "$path: nor a variable");
    }

    $is->('a redirect from keys that know it to those that do not',
          '/denied' => 'MISS bad_signature');
    is(gated($server, $token, undef, path => '/moved')
       ->{header}{'x-cache'}[0], 'HIT', 'out of the gate: what was found');

    # the two change places

    taken_over($server, 'a is b', 'a.jwks', $other);
    taken_over($server, 'b is a', 'b.jwks', $one);

    $is->('swapped: what the files hold now',
          '/a' => 'MISS bad_signature', '/path' => 'MISS bad_signature',
          '/b' => 'HIT ok', '/ba' => 'HIT ok', '/link' => 'HIT ok',
          '/ab' => 'HIT ok');

    taken_over($server, 'none has it', 'b.jwks', $other);

    $is->('gone from both', '/a' => 'MISS bad_signature', '/link' => 'HIT ok',
          '/b' => 'MISS bad_signature', '/ab' => 'MISS bad_signature',
          '/ba' => 'MISS bad_signature', '/any' => 'MISS bad_signature');

    is_sound('files', $server);
}


# Times of tokens, at the border and beyond it, found or not

{
    my $server = service(http => $http, files => { 'conf/turn.jwks' => $one },
        server => $status . gate('/strict', 'toucan_leeway 0;')
                  . gate('/lax', 'toucan_leeway 100;')
                  . gate('/brief', 'toucan_leeway 100;
                                    toucan_max_lifetime 60;'));

    my $now = time;

    for (['over', { iat => $now - 200, exp => $now - 2 }, 'expired'],
         ['not yet', { nbf => $now + 50 }, 'not_yet_valid'],
         ['of tomorrow', { iat => $now + 50 }, 'not_yet_valid'])
    {
        my ($name, $claims, $why) = @$_;
        my $token = token(key => 'ed25519', claims => $claims);

        is(seen($server, '/strict', $token), "MISS $why", "$name: refused");
        is(seen($server, '/strict', $token), "MISS $why", "$name: not kept");
        is(seen($server, '/lax', $token), 'MISS ok', "$name: with leeway");
        is(seen($server, '/lax', $token), 'HIT ok', "$name: which is kept");
        is(seen($server, '/brief', $token), 'HIT lifetime_too_long',
           "$name: but not for long ones");
        like(seen($server, '/strict', $token), qr/^HIT \Q$why\E$/,
             "$name: and found is refused as before");
    }

    my $huge = token(key => 'ed25519', claims => { exp => 2 ** 53 - 1 });

    like(seen($server, '/lax', $huge), qr/^MISS /, 'the largest end');

    # its last second: found until then, then neither found nor let in

    my $end = time + 3;
    my $token = token(key => 'ed25519', claims => { exp => $end });
    my %wrong;

    # time() is that of the last tick, and so behind nginx's

    while (Time::HiRes::time() < $end + 1) {
        my $before = Time::HiRes::time();
        my $is = seen($server, '/strict', $token);

        $wrong{$is}++ if $before > $end + 0.05 && $is ne 'MISS expired'
                         || Time::HiRes::time() < $end - 0.05
                            && $is !~ /ok$/;
        select undef, undef, undef, 0.01;
    }

    is_deeply(\%wrong, {}, 'right until its end, and from then on');
}


# Content keys: of an API key that ends, or is taken away

{
    my $master = master_key('master');
    my $end = time + 5;
    my @keys = (api_key('brief', notAfter => utc($end), maxLifetime => 600),
                api_key('gone'), api_key('stays'));

    my $server = service(http => $http, server => $status,
                         mint_keys => [$master], api_keys => \@keys);

    my %token = map { $_->{id} => minted($server, $_) } @keys;

    for my $id (sort keys %token) {
        is(seen($server, '/t', $token{$id}), 'MISS ok', "$id: let in");
        is(seen($server, '/t', $token{$id}), 'HIT ok', "$id: cached");
    }

    taken_over($server, 'an API key is taken away', 'api-keys.json',
               api_keys(@keys[0, 2]));
    is(seen($server, '/t', $token{gone}), 'MISS key_not_found',
       'its token is not found');
    like(seen($server, '/t', $token{stays}), qr/ ok$/, 'that of another is');

    eventually('an API key ends', sub {
        seen($server, '/t', $token{brief}) eq 'MISS key_not_found'
    });
    cmp_ok(time, '>=', $end, 'in its time');
    like(seen($server, '/t', $token{stays}), qr/ ok$/, 'and no other');

    taken_over($server, 'it comes back', 'api-keys.json', api_keys(@keys));
    like(seen($server, '/t', $token{gone}), qr/ ok$/, 'then it is let in');
    is_sound('content keys', $server);
}


# A master that its server does not end

my $left;


# A reload with a zone of another size, while an old worker holds a request;
# then a new binary beside the old one

{
    my $server = service(http => $http, files => { 'conf/turn.jwks' => $one },
                         server => $status
                         . gate('/slow', 'limit_req zone=user burst=9;')
                         . gate('/now', ''));
    my $token = token(key => 'ed25519');
    my %before = map { $_ => 1 } $server->workers;

    is(seen($server, '/slow', $token), 'MISS ok', 'reload: let in');

    my $sock = sent($server, '/slow', bearer($token));

    # so that it is there

    is(seen($server, '/now', $token), 'HIT ok', 'reload: cached');

    my $conf = $server->read('conf/nginx.conf');

    $server->write('conf/nginx.conf', $conf =~ s/tokens:1m/tokens:2m/r);
    $server->signal('HUP');
    eventually('reload: a new worker', sub {
        grep { !$before{$_} } $server->workers
    });
    eventually('reload: answers', sub {
        my $answer = gated($server, $token, undef, path => '/now');
        return $answer->{pid} && !$before{$answer->{pid}};
    });

    # a cache without a token in it

    is(seen($server, '/now', token(key => 'ed25519')), 'MISS ok',
       'reload: another zone');
    is(answered($sock), 'PASSED', 'reload: what waited is answered');
    eventually('reload: the old worker is gone', sub {
        !grep { $before{$_} } $server->workers
    });

    # a new binary is made by a master that is nobody's child

    ok($server->stop, 'reload: it ends well');
    system($server->command) == 0 or die "nginx does not start\n";
    eventually('upgrade: it starts', sub {
        ($left) = $server->read('logs/pid') =~ /(\d+)\n/;
        $server->{pid} = $left // 0;
        return $left && (() = $server->workers);
    });
    is(seen($server, '/now', $token), 'MISS ok', 'upgrade: let in');

    my $old = $server->pid;
    my %old = map { $_ => 1 } $server->workers;

    $server->signal('USR2');
    eventually('upgrade: two masters', sub {
        ($server->read('logs/pid') || $old) != $old
    });

    my ($new) = $server->read('logs/pid') =~ /(\d+)/;
    my %pids;

    eventually('upgrade: both answer', sub {
        my $fresh = token(key => 'ed25519');
        my $answer = gated($server, $fresh, undef, path => '/now');

        die "refused: $answer->{reason}\n" if $answer->{reason} ne 'ok';
        $pids{$answer->{pid}}++;

        return (grep { $old{$_} } keys %pids)
               && (grep { !$old{$_} } keys %pids);
    });

    for (1 .. 10) {
        my $is = seen($server, '/now', $token);
        fail("upgrade: $is") if $is !~ /^(?:HIT|MISS) ok$/;
    }

    kill QUIT => $new;
    eventually('upgrade: and back', sub { Toucan::Server::gone($new) });
    is(seen($server, '/now', $token), 'HIT ok', 'upgrade: the old zone lives');
    is_sound('reload and upgrade', $server);

    delete $server->{pid};
    kill QUIT => $left;
    eventually('upgrade: the end', sub { Toucan::Server::gone($left) });
    $left = undef;
}

END { kill KILL => $left if $left }
