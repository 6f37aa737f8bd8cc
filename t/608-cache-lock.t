# The lock of a cache is taken from nobody who lives: while a worker is stopped
# with the lock in its hands the others wait, and then all go on.

use strict;
use warnings;

use lib 't/lib';
use Toucan::Test;
use Toucan::Killer;
use Toucan::Server;
use Toucan::Service;

use IO::Select ();
use IO::Socket::INET ();

skip_unless_preloaded();
plan('no_plan');

my $killer = killer(flag => 1, signal => 'SIGSTOP');

my $server = do {
    local $ENV{LD_PRELOAD} = $killer->{so};

    service(workers => 2,
            http => 'toucan_cache_zone tokens:64k; toucan_cache tokens;');
};

my $tokens = 0;

# A token that nobody has seen; to be kept, another has to go.

sub fresh {
    return token(key => 'ed25519', claims => {
        'user.distinctId' => 'user-' . $tokens++ });
}

sub begin {
    my $sock = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $server->port, Proto => 'tcp') or die "connect: $!\n";

    $sock->autoflush(1);
    print $sock "GET /t HTTP/1.1\r\nHost: t\r\nConnection: close\r\n"
                . 'Authorization: Bearer ' . fresh() . "\r\n\r\n";

    return $sock;
}

# The status lines of what comes, within 10 s of the last one.

sub answers {
    my @socks = @_;

    my $select = IO::Select->new(@socks);
    my %text = map { $_ => '' } @socks;

    while ($select->count && (my @ready = $select->can_read(10))) {
        for my $sock (@ready) {
            sysread $sock, $text{$sock}, 65536, length $text{$sock}
                or $select->remove($sock);
        }
    }

    return map { /^(HTTP\S+ \d+)/ ? "$1" : 'none' } values %text;
}

answers(begin()) for 1 .. 120;

open my $flag, '>', $killer->{flag} or die "flag: $!\n";
close $flag;

my @held = map { begin() } 1 .. 24;
my ($stopped, @others);

eventually('a worker is stopped, the lock in its hands', sub {
    ($stopped) = grep { Toucan::Server::state_of($_) eq 'T' } $server->workers;
    return $stopped;
});

# those that came before it are answered; then nobody is

@held = grep { !IO::Select->new($_)->can_read(0) } @held;
my @late = map { begin() } 1 .. 24;

is(scalar(IO::Select->new(@late)->can_read(1)), undef, 'the others wait');

kill CONT => $stopped if $stopped;

my %status;
$status{$_}++ for answers(@held, @late);

is(join(', ', keys %status), 'HTTP/1.1 200', 'and are answered after it');
unlike($server->read('logs/error.log'), qr/ended while it held/,
       'nobody took the lock over');
