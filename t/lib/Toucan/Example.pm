# Owns: a whole nginx.conf, run as an operator would: a prefix with its keys,
# ports moved to free ones on loopback, a backend that tells what it was sent.

package Toucan::Example;

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(basename);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use IO::Socket::INET ();
use JSON::PP ();
use POSIX ();
use Test::More ();
use Time::HiRes ();

use Toucan::Test ();

=head1 SYNOPSIS

    my $s = Toucan::Example->new(file => 'x.conf', key => 'ec256');

    my ($code, $said) = $s->check;      # nginx -t, of the file as it stands
    $s->start;
    my $r = $s->get('/path', 'Origin: https://a.example');

    my $key = $s->made('api --id acme-1');
    $r = $s->get(['/tokens', {user => ...}], "x-api-key: $key");

    $s->let_in('a component', '/path', 'Origin: https://a.example');
    $s->refused('origin_denied', 403, 'another', '/path', ...);

C<$r> has C<status> (0: no answer), C<headers> (lower case; several joined by
", "), C<body>, C<json> where that is an object, and, when it is the backend's,
C<told>: its C<n> (the number
of the request), C<method>, C<uri> and C<headers> as it saw them.

In place of a path get(), let_in() and refused() take [PATH, BODY], and POST it:
a reference as JSON, text as a form.

The gate is expected on 127.0.0.1:8080, the backend on 127.0.0.1:8082.  The
file's comments tell how keys are made: each "util/toucan-key ..." in them is
run, and C<made> tells the first line that it printed.  Every other file of a
toucan_key_file, or of a key_file=, is made to hold the public half of the key,
or of each key of a list, written as jwks_public() takes them.

=cut

my $limit = 20;                         # seconds, for whatever is waited for
my $json = JSON::PP->new->canonical;
my $nginx = $ENV{TEST_NGINX_BINARY} || 'nginx';
my $util = abs_path('util');
my @modules = split ' ', $ENV{TEST_NGINX_LOAD_MODULES}
                         // abs_path('build/ngx_toucan_module.so');

$ENV{PATH} .= ':/usr/sbin:/sbin';


sub new {
    my ($class, %o) = @_;

    my $self = bless {
        name => $o{name} // basename($o{file}),
        text => $o{text} // Toucan::Test::slurp($o{file}),
        pid => $$,
    }, $class;

    # the workers, which are somebody else, read the keys again

    my $prefix = $self->{prefix} = tempdir('toucan-XXXXXX', TMPDIR => 1,
                                           CLEANUP => 1);
    chmod 0755, $prefix;

    make_path("$prefix/logs", "$prefix/html");

    my $text = $self->{text};
    $text =~ s/^\s*#.*$//mg;

    my @files = $text =~ /\b(?:toucan_key_file\s+|key_file=)([^;\s]+)/g;

    make_path(map { "$prefix/$_" =~ s{/[^/]+$}{}r } @files,
              $text =~ /\b(?:toucan_\w+_key_file\s+|state=)([^;\s]+)/g);

    $self->make_keys;

    for my $file (grep { !-e "$prefix/$_" } @files) {
        Toucan::Test::spew("$prefix/$file",
                           Toucan::Test::jwks_public(ref $o{key} ? @{$o{key}}
                                                                 : $o{key}));
    }

    return $self;
}

# As the comments say, which may break a line with "\".

sub make_keys {
    my $self = shift;

    my $comments = join '', $self->{text} =~ /^\s*# ?(.*\n)/mg;

    $comments =~ s/\\\n\s*/ /g;

    $self->{made}{$_} = $self->toucan_key($_)
        for $comments =~ m{^\s+util/toucan-key (.*)$}mg;
}

# The first line that it prints.  Workers may be somebody else.

sub toucan_key {
    my ($self, $line) = @_;

    open my $out, '-|', 'sh', '-c',
         "cd \"\$1\" && exec \"\$2\"/toucan-key $line", 'sh',
         $self->{prefix}, $util
        or die "toucan-key: $!\n";
    my $said = <$out> // '';
    close $out or die "toucan-key $line: it fails\n";

    my ($file) = $line =~ /--file (\S+)/;

    chmod 0644, "$self->{prefix}/$file";
    chomp $said;

    return $said;
}

sub made {
    my ($self, $begin) = @_;

    my @lines = grep { /^\Q$begin\E(?: |$)/ } keys %{$self->{made}};

    die "the comments have not one \"toucan-key $begin\"\n" if @lines != 1;

    return $self->{made}{$lines[0]};
}

sub DESTROY {
    my $self = shift;

    $self->stop if $self->{pid} == $$;
}

sub text { return $_[0]{text} }


# What is on the command line where the file itself loads no module.

sub command {
    my ($self, $file, @more) = @_;

    my @load = $self->{text} =~ /^\s*load_module\s/m
             ? () : map { "load_module $_;" } @modules;

    return ($nginx, '-p', "$self->{prefix}/", '-c', $file,
            '-e', 'logs/error.log', '-g', join(' ', @load), @more);
}

# Returns the exit code and what nginx says.  A load_module of the file's own
# is the one thing that is put right.

sub check {
    my $self = shift;

    my $file = $self->write($self->{name}, $self->{text});

    open my $out, '-|', $self->shell($self->command($file, '-t'))
        or die "nginx: $!\n";
    my $said = do { local $/; <$out> };
    close $out;

    return ($? >> 8, $said);
}

sub shell {
    my ($self, @command) = @_;

    return ('sh', '-c', 'exec "$@" 2>&1', 'sh', @command);
}

sub write {
    my ($self, $name, $text) = @_;

    my $file = "$self->{prefix}/$name";

    $text =~ s{^(\s*load_module\s+)\S+;}{@modules ? "$1$modules[0];" : ''}me;

    # so that nginx leaves the folders of the machine's own nginx alone

    if ($text !~ /_temp_path/) {
        my $paths = join '', map { "    ${_}_temp_path $_;\n" }
                    qw(client_body proxy fastcgi uwsgi scgi);
        $text =~ s/^http \{\n/http {\n$paths/m;
        $text = "pid logs/nginx.pid;\nerror_log logs/error.log info;\n$text";
    }

    Toucan::Test::spew($file, $text);

    return $file;
}


# True when nginx, and the backend, are there: both listen before they go on.

sub start {
    my $self = shift;

    my $backend = IO::Socket::INET->new(Listen => 64, ReuseAddr => 1,
                                        LocalAddr => '127.0.0.1')
        or die "no port: $!\n";
    my $free = IO::Socket::INET->new(Listen => 1, ReuseAddr => 1,
                                     LocalAddr => '127.0.0.1')
        or die "no port: $!\n";

    $self->{port} = $free->sockport;
    my $port = $backend->sockport;
    close $free;

    my $text = $self->{text};
    $text =~ s/\b127\.0\.0\.1:8080\b/127.0.0.1:$self->{port}/g;
    $text =~ s/\b127\.0\.0\.1:8082\b/127.0.0.1:$port/g;

    $self->{seen} = "$self->{prefix}/seen";
    Toucan::Test::spew($self->{seen}, '');

    defined(my $pid = fork) or die "fork: $!\n";

    if ($pid == 0) {
        eval { backend($backend, $self->{seen}) };
        POSIX::_exit(1);
    }

    $self->{backend} = $pid;
    close $backend;

    $self->{command} = [$self->command($self->write('started.conf', $text))];

    return $self->run;
}

sub run {
    my $self = shift;

    return system($self->shell(@{$self->{command}})) == 0;
}

# Ends nginx, and starts it again; the backend goes on.

sub restart {
    my $self = shift;

    return $self->quit && $self->run;
}

# True when nginx ended by itself, told to.

sub stop {
    my $self = shift;

    local $?;

    if (my $pid = delete $self->{backend}) {
        kill 'KILL', $pid;
        waitpid $pid, 0;
    }

    return $self->quit;
}

sub quit {
    my $self = shift;

    my $file = "$self->{prefix}/logs/nginx.pid";

    return 1 if !-s $file;

    my ($pid) = Toucan::Test::slurp($file) =~ /^(\d+)/;

    kill 'QUIT', $pid;

    # the master takes its file away last

    my $ended = until_true(sub { !-e $file });

    kill 'KILL', $pid if !$ended;

    return $ended;
}

sub until_true {
    my $test = shift;

    my $end = Time::HiRes::time() + $limit;

    until ($test->()) {
        return 0 if Time::HiRes::time() > $end;
        Time::HiRes::sleep(0.01);
    }

    return 1;
}


# Answers each request with what it was sent; one after the other.

sub backend {
    my ($listen, $file) = @_;

    my $n = 0;

    while (my $c = $listen->accept) {
        my $line = <$c> // next;
        my ($method, $uri) = split ' ', $line;
        my @headers;

        while (defined(my $h = <$c>)) {
            $h =~ s/\r?\n$//;
            last if $h eq '';
            push @headers, [split /:\s*/, $h, 2];
        }

        my $text = $json->encode({n => ++$n, method => $method, uri => $uri,
                                  headers => \@headers});

        Toucan::Test::spew($file, 'x' x $n);

        print $c "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n",
                 "X-Frame-Options: DENY\r\nConnection: close\r\n",
                 'Content-Length: ', length $text, "\r\n\r\n", $text;
        close $c;
    }
}

# How many requests the backend has had.

sub seen { return -s $_[0]{seen} }


sub get {
    my ($self, $uri, @headers) = @_;

    return $self->request('GET', $uri, @headers) if !ref $uri;

    ($uri, my $body) = @$uri;

    my $type = ref $body ? 'application/json'
                         : 'application/x-www-form-urlencoded';

    $body = Toucan::Test::to_json($body) if ref $body;

    return $self->send($body, 'POST', $uri, "Content-Type: $type",
                       'Content-Length: ' . length $body, @headers);
}

sub request {
    my $self = shift;

    return $self->send('', @_);
}

sub send {
    my ($self, $body, $method, $uri, @headers) = @_;

    $self->{mark} = length $self->log('error.log');

    my $c = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                  PeerPort => $self->{port},
                                  Timeout => $limit)
        or return {status => 0, headers => {}, body => ''};

    unshift @headers, "Host: 127.0.0.1:$self->{port}"
        if !grep { /^Host:/i } @headers;

    my $text = '';

    local $SIG{ALRM} = sub { die "no answer to $method $uri\n" };
    alarm $limit;

    print $c "$method $uri HTTP/1.1\r\n",
             (map { "$_\r\n" } @headers), "Connection: close\r\n\r\n",
             $body;

    # nginx logs before it closes: at the end of it all is written

    { local $/; $text = <$c> // '' }

    alarm 0;

    return answer($text);
}

sub answer {
    my $text = shift;

    my ($head, $body) = split /\r\n\r\n/, $text, 2;
    my ($first, @lines) = split /\r\n/, $head // '';
    my %r = (status => 0, headers => {}, body => $body // '');

    ($r{status}) = $1 if ($first // '') =~ m{^HTTP/1\.\d (\d+)};

    for (@lines) {
        my ($name, $value) = split /:\s*/, $_, 2;
        my $old = $r{headers}{lc $name};
        $r{headers}{lc $name} = defined $old ? "$old, $value" : $value;
    }

    my $told = eval { $json->decode(
        ($r{headers}{'transfer-encoding'} // '') eq 'chunked'
        ? $r{body} =~ s/^[0-9a-f]+\r\n(.*?)\r\n/$1/sr : $r{body}) };

    $r{json} = $told if ref $told eq 'HASH';
    $r{told} = $told if $r{json} && $told->{n};

    return \%r;
}

# A header as the backend got it; all of them, when there are several.

sub told {
    my ($self, $r, $name) = @_;

    my @values = map { $_->[1] } grep { lc $_->[0] eq lc $name }
                 @{($r->{told} // {})->{headers} // []};

    return @values ? join(' AND ', @values) : undef;
}

# Why the last request was refused, by the error log; undef: it was not.

sub reason {
    my $self = shift;

    my $new = substr $self->log('error.log'), $self->{mark};

    return join ',', $new =~ /toucan: (?:toucan_\w+ )?refused: (\w+) \(/g;
}

# Sends a request and tests: the backend was reached; or it was not, for a
# reason.  Both return the answer.

sub let_in {
    my ($self, $title, @request) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $r = $self->get(@request);

    Test::More::is($r->{status}, 200, "$title: let in")
        or Test::More::diag($self->log('error.log'));

    return $r;
}

sub refused {
    my ($self, $reason, $status, $title, @request) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $before = $self->seen;
    my $r = $self->get(@request);

    Test::More::is($r->{status}, $status, "$title: $status");
    Test::More::is($self->reason, $reason, "$title: $reason");
    Test::More::is($self->seen, $before, "$title: the backend was not asked");

    return $r;
}


sub log {
    my ($self, $name) = @_;

    my $file = "$self->{prefix}/logs/$name";

    return -e $file ? Toucan::Test::slurp($file) : '';
}


1;
