# Owns: an nginx of a suite's own, with a master and workers where wanted, in
# a folder of its own, ended by its pid; for what Test::Nginx does not run.

package Toucan::Server;

use strict;
use warnings;

use File::Path qw(make_path);
use File::Temp ();
use IO::Select ();
use IO::Socket::INET ();
use POSIX ();


=head1 METHODS

=head2 new(OPTIONS)

    main => LINES       of the main level
    http => TEXT        what stands in http{}; "%port%" is a free port of
                        127.0.0.1, "%port2%" another, up to 4
    files => {NAME => TEXT}     in the prefix
    plain => 1          without the module
    connections => 1024 of a worker
    nginx => PATH       another one than TEST_NGINX_BINARY

Starts it and waits until it listens; dies when it does not.

=cut

sub new {
    my ($class, %o) = @_;

    my $dir = File::Temp->newdir('toucan-server-XXXXXX', TMPDIR => 1);
    my $self = bless { dir => $dir, ports => [ports(4)] }, $class;

    make_path(map { "$dir/$_" } qw(conf logs tmp));

    $self->write($_, $o{files}{$_}) for keys %{$o{files} // {}};

    $self->{connections} = $o{connections} // 1024;
    $self->{nginx} = $o{nginx} || $o{plain} && $ENV{TOUCAN_PLAIN_NGINX}
                     || $ENV{TEST_NGINX_BINARY} || 'nginx';

    $self->{load} = $o{plain} ? '' : join '', map { "load_module $_;\n" }
                    split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';

    $self->conf($o{main} // '', $o{http});

    chmod 0755, "$dir";

    return $self->start;
}


=head2 start()

Starts it again, after stop() or slay(), with what is in its folder.

=cut

sub start {
    my $self = shift;

    my $dir = $self->{dir};
    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        open STDOUT, '>', "$dir/logs/stdout";
        open STDERR, '>&', \*STDOUT;
        exec $self->command('-g', 'daemon off;') or POSIX::_exit(127);
    }

    $self->{pid} = $pid;

    for (1 .. 500) {
        return $self if connection($self->{ports}[0]);

        if (waitpid($pid, POSIX::WNOHANG()) == $pid) {
            delete $self->{pid};
            die "nginx ends: ", $self->read('logs/stdout'),
                $self->read('logs/error.log');
        }

        select undef, undef, undef, 0.02;
    }

    die "nginx does not listen\n";
}


=head2 conf(MAIN, HTTP)

Writes the configuration anew; the ports stay.

=cut

sub conf {
    my ($self, $main, $http) = @_;

    $http =~ s/%port(\d?)%/$self->{ports}[($1 || 1) - 1]/g;

    if ($ENV{TOUCAN_CACHED} && $self->{load} && $http !~ /toucan_cache_zone/) {
        $http = "toucan_cache_zone cached:4m;\ntoucan_cache cached;\n$http";
    }

    $self->write('conf/nginx.conf', <<"END");
$self->{load}
user @{[scalar getpwuid $<]};
pid logs/pid;
error_log logs/error.log info;
worker_shutdown_timeout 20s;
$main
events { worker_connections $self->{connections}; }
http {
    access_log off;
    client_body_temp_path tmp/body;
    proxy_temp_path tmp/proxy;
    fastcgi_temp_path tmp/fastcgi;
    uwsgi_temp_path tmp/uwsgi;
    scgi_temp_path tmp/scgi;
$http
}
END
}


=head2 test()

What C<nginx -t> says; the second value is true when it is content.

=cut

sub test {
    my $self = shift;

    my @command = $self->command('-t');
    open my $out, '-|', "@command 2>&1" or die "nginx: $!\n";
    my $text = do { local $/; <$out> };

    return ($text, close $out);
}

sub command {
    my $self = shift;

    return ($self->{nginx}, '-p', "$self->{dir}/",
            '-e', 'logs/error.log', '-c', 'conf/nginx.conf', @_);
}


=head2 pid(), port(N), dir(), read(FILE), write(FILE, TEXT), signal(NAME)

=cut

sub pid  { return $_[0]{pid} }
sub port { return $_[0]{ports}[($_[1] // 1) - 1] }
sub dir  { return "$_[0]{dir}" }

sub signal { return kill $_[1], $_[0]{pid} }

sub read {
    my ($self, $file) = @_;

    open my $in, '<:raw', "$self->{dir}/$file" or return '';
    local $/;
    return scalar(<$in>) // '';
}

sub write {
    my ($self, $file, $text) = @_;

    my $path = "$self->{dir}/$file";

    open my $out, '>:raw', "$path.new" or die "$path: $!\n";
    print $out $text or die "$path: $!\n";
    close $out or die "$path: $!\n";
    rename "$path.new", $path or die "$path: $!\n";
}


=head2 workers(), rss()

The pids of the master's children; the master's resident memory in kB.

=cut

sub workers {
    my $self = shift;

    open my $in, '<', "/proc/$self->{pid}/task/$self->{pid}/children"
        or return;
    my $pids = <$in> // '';

    return sort split ' ', $pids;
}

sub rss {
    my $self = shift;

    open my $in, '<', "/proc/$self->{pid}/status" or return 0;
    my ($kb) = map { /^VmRSS:\s*(\d+)/ ? $1 : () } <$in>;

    return $kb;
}


=head2 stop()

Ends it; true when it ended by itself with status 0.

=cut

sub stop {
    my ($self, $signal) = @_;

    my $pid = delete $self->{pid} // return;

    local $?;

    kill $signal // 'TERM', $pid;

    for (1 .. 500) {
        return $? == 0 if waitpid($pid, POSIX::WNOHANG()) == $pid;
        select undef, undef, undef, 0.02;
    }

    kill KILL => $pid;
    waitpid $pid, 0;

    return 0;
}


=head2 slay()

Kills the master and the workers that it has, and waits until they are gone.

=cut

sub slay {
    my $self = shift;

    my $pid = $self->{pid} // return;

    local $?;

    # stopped, it makes no more of them

    kill STOP => $pid;
    select undef, undef, undef, 0.001 until stopped($pid);

    my @all = $self->workers;
    delete $self->{pid};

    kill KILL => $pid, @all;
    waitpid $pid, 0;

    for (1 .. 1000) {
        return 1 if !grep { !gone($_) } @all;
        select undef, undef, undef, 0.005;
    }

    return 0;
}

sub state_of {
    open my $in, '<', "/proc/$_[0]/stat" or return '';
    return ((<$in> // '') =~ /\) (\S)/)[0] // '';
}

sub stopped { return state_of($_[0]) =~ /^[TtZX]?$/ }
sub gone    { return state_of($_[0]) =~ /^[ZX]?$/ }

sub DESTROY { $_[0]->stop }


sub connection {
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $_[0],
                                 Proto => 'tcp');
}

# All are held before any is let go, so that they differ.

sub ports {
    my @held = map {
        IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0,
                              Listen => 1, ReuseAddr => 1)
            or die "listen: $!\n";
    } 1 .. $_[0];

    return map { $_->sockport } @held;
}


=head2 get(PATH, HEADERS)

One request; a hash with status, head and body.

=cut

sub get {
    my ($self, $path, $headers, $port) = @_;

    my $sock = connection($port // $self->port)
        or return { status => 0, head => '', body => '' };

    $headers //= '';
    $headers =~ s/\s*\z//;
    $headers =~ s/\r?\n/\r\n/g;
    $headers .= "\r\n" if length $headers;

    print $sock "GET $path HTTP/1.1\r\nHost: localhost\r\n"
                . "Connection: close\r\n$headers\r\n";
    $sock->flush;

    my $text = '';
    my $select = IO::Select->new($sock);

    while ($select->can_read(10)) {
        last if !sysread $sock, $text, 65536, length $text;
    }

    my ($head, $body) = split /\r\n\r\n/, $text, 2;
    my ($status) = ($head // '') =~ m{^HTTP/1\.1 (\d+)};

    return { status => $status // 0, head => $head // '',
             body => $body // '' };
}


1;
