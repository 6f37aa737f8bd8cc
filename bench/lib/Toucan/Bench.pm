# Owns: what benches over HTTP share: servers that are started on a core and
# ended by their pids, their CPU time, the load, and medians.

package Toucan::Bench;

use strict;
use warnings;

use Cwd ();
use Exporter qw(import);
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp ();
use IO::Socket::INET ();
use POSIX ();

our @EXPORT_OK = qw(
    root progress slurp spew run server nginx cpu_ns load get free_port
    median nginx_version openssl_version machine
);

my $root = Cwd::realpath(dirname(__FILE__) . '/../../..');

# pid => folder, of what this process has started

my %running;
my $owner = $$;

sub root { return $root }

sub progress { print STDERR @_, "\n" }


=head1 FILES AND COMMANDS

=head2 slurp(PATH), spew(PATH, TEXT)

=cut

sub slurp {
    my $path = shift;

    open my $in, '<:raw', $path or die "$path: $!\n";
    local $/;
    return scalar(<$in>) // '';
}

sub spew {
    my ($path, $text) = @_;

    open my $out, '>:raw', $path or die "$path: $!\n";
    print $out $text or die "$path: $!\n";
    close $out or die "$path: $!\n";
}


=head2 run(COMMAND ...)

What it prints, on both outputs, and whether it ended with 0.

=cut

sub run {
    my $pid = open(my $out, '-|') // die "fork: $!\n";

    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDERR, '>&', \*STDOUT;
        exec { $_[0] } @_ or POSIX::_exit(127);
    }

    my $text = do { local $/; <$out> } // '';
    my $ok = close $out;

    return ($text, $ok);
}


=head1 SERVERS

=head2 server(OPTIONS)

    command => [...]    what is run; it stays in the foreground
    port => N           where it listens when it is ready
    core => N           the only core that it may use; default 0
    log => PATH         of what it prints
    dir => FOLDER       kept until it has ended

Starts it and waits until it listens; dies when it does not.  A hash with C<pid>
and C<port>.  All of them are ended when this program ends, however it does.

=cut

sub server {
    my %o = @_;

    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', $o{log};
        open STDERR, '>&', \*STDOUT;
        exec qw(setpriv --pdeathsig TERM taskset -c), $o{core} // 0,
             @{$o{command}}
            or POSIX::_exit(127);
    }

    $running{$pid} = $o{dir} // '';

    for (1 .. 1000) {
        return { pid => $pid, port => $o{port} } if connection($o{port});

        if (waitpid($pid, POSIX::WNOHANG()) == $pid) {
            delete $running{$pid};
            die "$o{command}[0] ends: ", substr(slurp($o{log}), -2000), "\n";
        }

        select undef, undef, undef, 0.02;
    }

    die "$o{command}[0] does not listen on port $o{port}\n";
}


=head2 nginx(OPTIONS)

    main => LINES, http => LINES    "%port%" is its own port, "%prefix%"
                                    its folder
    files => {NAME => TEXT}     in conf/
    core => N
    inside => FOLDER            the root folder of another Debian
    through => [COMMAND ...]    that enters it

Starts one with one worker, as server(); C<worker> of the answer is its pid.

=cut

sub nginx {
    my %o = (main => '', files => {}, through => [], @_);

    my $inside = $o{inside} // '';
    my $dir = File::Temp->newdir('toucan-bench-XXXXXX',
                                 $inside ? (DIR => "$inside/tmp")
                                         : (TMPDIR => 1));
    my $port = free_port();

    chmod 0755, "$dir";
    make_path(map { "$dir/$_" } qw(conf logs tmp));
    spew("$dir/conf/$_", $o{files}{$_}) for keys %{$o{files}};

    my $prefix = substr "$dir", length $inside;

    (my $conf = <<"END") =~ s/%port%/$port/g;
$o{main}
user root;
worker_processes 1;
worker_rlimit_nofile 4096;
pid logs/pid;
events { worker_connections 1024; }
http {
    access_log off;
    error_log logs/error.log error;
    keepalive_timeout 600s;
    keepalive_requests 1000000000;
    client_body_temp_path tmp/body;
    proxy_temp_path tmp/proxy;
    fastcgi_temp_path tmp/fastcgi;
    uwsgi_temp_path tmp/uwsgi;
    scgi_temp_path tmp/scgi;
$o{http}
}
END
    $conf =~ s{%prefix%}{$prefix}g;
    spew("$dir/conf/nginx.conf", $conf);

    my $self = server(
        command => [@{$o{through}}, '/usr/sbin/nginx', '-p', "$prefix/",
                    '-e', 'logs/error.log', '-c', 'conf/nginx.conf',
                    '-g', 'daemon off;'],
        port => $port, core => $o{core}, log => "$dir/logs/stdout",
        dir => $dir,
    );

    for (1 .. 250) {
        ($self->{worker}) = split ' ', slurp(
            "/proc/$self->{pid}/task/$self->{pid}/children");
        return $self if $self->{worker};
        select undef, undef, undef, 0.02;
    }

    die "nginx has no worker\n";
}


# The children of ours end with us; in a child there is nothing to end.

sub stop_all {
    return if $$ != $owner;

    local ($?, $!);

    kill TERM => keys %running;

    for my $pid (keys %running) {
        for (1 .. 250) {
            last if waitpid($pid, POSIX::WNOHANG()) != 0;
            select undef, undef, undef, 0.02;
        }

        kill KILL => $pid;
        waitpid $pid, 0;
    }

    %running = ();
}

END { stop_all() }

$SIG{$_} = sub { exit 130 } for qw(HUP INT TERM);


sub connection {
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $_[0],
                                 Proto => 'tcp', Timeout => 5);
}

sub free_port {
    my $held = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0,
                                     Listen => 1, ReuseAddr => 1)
        or die "listen: $!\n";

    return $held->sockport;
}


=head2 get(PORT, PATH, HEADERS, OPTIONS)

One request, C<method> and C<body> may be told; a hash with status, head, body.

=cut

sub get {
    my ($port, $path, $headers, %o) = @_;

    my $sock = connection($port)
        or return { status => 0, head => '', body => '' };

    my $body = $o{body} // '';
    my $length = length $body ? ["Content-Length: " . length $body] : [];

    print $sock join "\r\n", ($o{method} // 'GET') . " $path HTTP/1.1",
                     'Host: localhost', 'Connection: close', @$headers,
                     @$length, '', $body;
    $sock->flush;

    my $text = do { local $/; <$sock> } // '';
    my ($head, $rest) = split /\r\n\r\n/, $text, 2;
    my ($status) = ($head // '') =~ m{^HTTP/1\.1 (\d+)};

    return { status => $status // 0, head => $head // '',
             body => $rest // '' };
}


=head1 MEASURING

=head2 cpu_ns(PID ...)

The CPU time that all threads of the processes have had, in nanoseconds.

=cut

sub cpu_ns {
    my $sum = 0;

    for my $path (map { glob "/proc/$_/task/*/schedstat" } @_) {
        $sum += (split ' ', slurp($path))[0];
    }

    return $sum;
}


=head2 load(OPTIONS)

    port => N, path => PATH
    tokens => FILE, origin => ORIGIN
    limit => N              how many of the tokens
    status => N             of a right answer: 200 or 401
    seconds => N
    check => N              instead: N requests, each answer looked at
    core => N               of the load; default 1
    awake => 1              the load has its core for itself, and never sleeps
    cpu => [PID ...]        the processes that serve

64 connections, kept alive.  A hash: requests, wrong, seconds, p50 and p99 in
microseconds, and cpu in nanoseconds.

=cut

sub load {
    my %o = @_;

    # ld.so only warns of what it cannot preload

    my $awake = "$root/build/bench/awake.so";
    die "$awake is not there: make bench builds it\n" if !-e $awake;

    my @command = (
        qw(setpriv --pdeathsig TERM taskset -c), $o{core} // 1,
        $o{awake} ? ('env', "LD_PRELOAD=$awake") : (),
        qw(wrk -t 1 -c 64 --timeout 10s -d), $o{check} ? '60s' : "$o{seconds}s",
        '-s', "$root/bench/load.lua", "http://127.0.0.1:$o{port}$o{path}",
        '--', "tokens=$o{tokens}", $o{origin} ? "origin=$o{origin}" : (),
        $o{check} ? ("status=$o{status}", "limit=$o{check}")
                  : "limit=$o{limit}");

    my $before = cpu_ns(@{$o{cpu} // []});
    my $pid = open my $out, '-|', @command or die "wrk: $!\n";
    my $text = '';

    $running{$pid} = '';

    # it would sleep until its time is over

    while (my $line = <$out>) {
        $text .= $line;
        kill INT => $pid if $line =~ /^enough$/;
    }

    my $ok = close $out;
    delete $running{$pid};

    my $cpu = cpu_ns(@{$o{cpu} // []}) - $before;

    my ($line) = $text =~ /^figures (.+)$/m;
    die "wrk fails: $text\n" if !$ok || !$line;

    my %f = map { split /=/ } split ' ', $line;
    die "$o{path}: nobody answers\n" if !$f{requests};

    my $right = $o{status} < 400 ? $f{requests} - $f{failed} : $f{failed};

    return {
        requests => $f{requests}, cpu => $cpu, seconds => $f{us} / 1e6,
        p50 => $f{p50}, p99 => $f{p99},
        wrong => $f{lost} + ($o{check} ? $f{wrong} : $f{requests} - $right),
    };
}


sub median {
    my @v = sort { $a <=> $b } @_;

    return @v % 2 ? $v[$#v / 2] : ($v[@v / 2 - 1] + $v[@v / 2]) / 2;
}


=head1 THE MACHINE

=head2 nginx_version(COMMAND ...), openssl_version(COMMAND ...)

By a command that runs nginx, or dpkg-query; here, or within another Debian.

=cut

sub nginx_version {
    my ($text) = run(@_, '/usr/sbin/nginx', '-v');

    return $text =~ m{nginx/(\S+)} ? $1 : 'unknown';
}

sub openssl_version {
    my ($text) = run(@_, '/usr/bin/dpkg-query', '-W', '-f',
                     '${db:Status-Abbrev} ${source:Upstream-Version}\n',
                     'libssl3*');

    return $text =~ /^ii +(\S+)/m ? $1 : 'unknown';
}


=head2 machine()

One line: processor, cores, kernel.

=cut

sub machine {
    my ($model) = slurp('/proc/cpuinfo') =~ /^model name\s*:\s*(.+)$/m;
    my $cores = () = slurp('/proc/cpuinfo') =~ /^processor\s*:/mg;

    return join ', ', $model // 'unknown processor', "$cores cores",
                      join ' ', (POSIX::uname())[0, 2, 4];
}


1;
