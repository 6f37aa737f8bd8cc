# Owns: an upstream that switches protocols, as a WebSocket's does, and then
# sends the head of the request that it was given.

package Toucan::Upgrade;

use strict;
use warnings;

use IO::Select ();
use IO::Socket::INET ();
use POSIX ();


=head1 WHAT A SUITE GETS

C<$TEST_NGINX_UPGRADE_PORT> on 127.0.0.1.  What listens there answers by the
end of the path: F<.../none> with 101 and no protocol, F<.../first> with 101
and the first that it was offered, F<.../plain> with 200.  What follows is the
head as it came; then it closes.

=cut


my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0,
                                   Proto => 'tcp', Listen => 64)
    // die "listen: $!\n";

$ENV{TEST_NGINX_UPGRADE_PORT} = $listen->sockport;

start() if !$^C;             # perl -c starts nothing


# It ends when the suite does, since then nobody holds the other end.

sub start {
    pipe my $alive, my $held or die "pipe: $!\n";

    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        close $held;
        $SIG{$_} = 'IGNORE' for qw(HUP INT PIPE TERM);

        my $select = IO::Select->new($alive, $listen);

        for (;;) {
            my @ready = $select->can_read;

            POSIX::_exit(0) if grep { $_ == $alive } @ready;

            my $c = $listen->accept or next;
            serve($c);
            close $c;
        }
    }

    close $alive;
    close $listen;

    # kept open as long as the suite lives
    our $keep = $held;
}


sub serve {
    my $c = shift;

    my $head = '';
    my $select = IO::Select->new($c);

    while ($head !~ /\r\n\r\n/) {
        return if !$select->can_read(5);
        sysread $c, $head, 65536, length $head or return;
    }

    my ($end) = $head =~ m{^\S+ \S*?/(\w+)(?:\?\S*)? HTTP/};
    my ($first) = $head =~ /^Sec-WebSocket-Protocol:[ \t,]*([^,\s]+)/mi;

    print $c $end eq 'plain'
             ? "HTTP/1.1 200 OK\r\nConnection: close\r\n"
             : "HTTP/1.1 101 Switching Protocols\r\n"
               . "Upgrade: websocket\r\nConnection: upgrade\r\n";

    print $c "Sec-WebSocket-Protocol: $first\r\n"
        if $end eq 'first' && defined $first;

    print $c "\r\n$head";
}


1;
