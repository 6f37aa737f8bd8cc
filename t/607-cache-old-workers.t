# A zone of another size is another zone: workers of before the reload go on
# with the old one, which the master has given up.  One of them that is killed
# while it holds that zone's lock must not hang the others.

use strict;
use warnings;

use lib 't/lib';
use Toucan::Test;
use Toucan::Killer;
use Toucan::Server;

use IO::Select ();
use IO::Socket::INET ();

skip_unless_preloaded();
plan('no_plan');

my $killer = killer(flag => 1);

sub http {
    my $size = shift;

    return <<"END";
    toucan_cache_zone tokens:$size;
    server {
        listen 127.0.0.1:%port% reuseport;
        add_header X-Pid \$pid always;
        add_header X-Cache \$toucan_cache_status always;
        location / {
            toucan "t";
            toucan_key_file keys.jwks;
            toucan_issuer https://embed.example.com;
            toucan_audience toucan-embed;
            toucan_embed server;
            toucan_cache tokens;
            empty_gif;
        }
    }
END
}

my $main = 'worker_processes 4;';

my $server = do {
    local $ENV{LD_PRELOAD} = $killer->{so};

    Toucan::Server->new(main => $main, http => http('64k'), files => {
        'conf/keys.jwks' => Toucan::Test::key_text('public.jwks') });
};

my $tokens = 0;

# A token that nobody has seen; to be kept, another has to go.

sub fresh {
    return token(key => 'ed25519', claims => {
        'user.distinctId' => 'user-' . $tokens++ });
}

# The answer to what was sent, within 10 s.

sub answer {
    my $sock = shift;

    my $text = '';
    my $select = IO::Select->new($sock);

    while ($text !~ /\r\n\r\n/ && $select->can_read(10)) {
        last if !sysread $sock, $text, 65536, length $text;
    }

    my ($status) = $text =~ m{^HTTP/1\.1 (\d+)};
    my ($pid) = $text =~ /^X-Pid: (\d+)/mi;
    my ($cache) = $text =~ /^X-Cache: (\w+)/mi;

    return { status => $status // 0, pid => $pid // 0, cache => $cache // '' };
}

# A connection whose worker has read half of a second request: it stays with
# that worker, whatever is reloaded.

sub half {
    my $sock = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $server->port, Proto => 'tcp') or die "connect: $!\n";

    $sock->autoflush(1);
    print $sock "GET / HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer "
                . fresh() . "\r\n\r\n";

    my $first = answer($sock);

    print $sock "GET / HTTP/1.1\r\nHost: t\r\n";

    until_true(sub { !unread($sock) }) or die "the request is not read\n";

    return { sock => $sock, %$first };
}

# What the server has not read of a connection yet.

sub unread {
    my $sock = shift;

    my $pair = sprintf ':%04X 0100007F:%04X', $server->port, $sock->sockport;

    open my $in, '<', '/proc/net/tcp' or die "tcp: $!\n";

    return scalar grep { /\Q$pair\E 01 \w+:(\w+)/ && hex $1 } <$in>;
}

sub until_true {
    my $seen = shift;

    for (1 .. 1000) {
        return 1 if $seen->();
        select undef, undef, undef, 0.02;
    }

    return 0;
}

my @old = $server->workers;
my @held = map { half() } 1 .. 48;

is(scalar(grep { $_->{status} == 200 } @held), 48, 'the zone is filled');

my %held;
push @{$held{$_->{pid}}}, $_ for @held;

is(join(' ', sort keys %held), join(' ', @old), 'each worker has connections');

$server->conf($main, http('128k'));
$server->signal('HUP');

ok(until_true(sub {
    my ($pid) = $server->get('/')->{head} =~ /^X-Pid: (\d+)/mi;
    return $pid && !$held{$pid};
}), 'others answer after a reload');

is(scalar(grep { $held{$_} } $server->workers), 4, 'and the old ones are there');

open my $flag, '>', $killer->{flag} or die "flag: $!\n";
close $flag;

my ($killed, @wrong, %right);

for my $half (@held) {
    my $sock = $half->{sock};

    next if $killed && $half->{pid} == $killed;

    print $sock 'Authorization: Bearer ' . fresh() . "\r\n\r\n";

    my $got = answer($sock);

    if (!$killed && !-e $killer->{flag}) {
        $killed = $half->{pid};
        ok(until_true(sub { !grep { $_ == $killed } $server->workers }),
           'a worker is killed, the lock in its hands');
        next;
    }

    if ("$got->{status} $got->{pid} $got->{cache}"
        ne "200 $half->{pid} MISS")
    {
        push @wrong, "$got->{status} from $half->{pid}";
        last;
    }

    $right{$half->{pid}}++;
}

is_deeply(\@wrong, [], 'all of the others answer');
delete $right{$killed // 0};
is(scalar(keys %right), 3, 'three workers, that is');

ok(until_true(sub { !grep { $held{$_} } $server->workers }),
   'and end when their connections do');

like($server->read('logs/error.log'), qr/exited on signal 9/,
     'the log has the killed one');
like($server->read('logs/error.log'),
     qr/toucan: process $killed ended while it held the lock of a zone/,
     'and that its lock was taken over');
