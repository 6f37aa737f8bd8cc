# Owns: the nginx that is soaked and the backend behind it, their keys, the
# hand that changes files by util/toucan-key, and what /proc and the error log
# tell of them.

package Toucan::Soak::Site;

use strict;
use warnings;

use File::Path qw(make_path);
use MIME::Base64 qw(encode_base64url);
use POSIX ();
use Socket qw(AF_UNIX SOCK_STREAM PF_UNSPEC);
use Time::HiRes qw(time);

use Toucan::Server ();

use constant { WORKERS => 2, NICE => 10 };

# what a broken site does, which the soak must see; all at the server's side

my %breaks = (
    identity => { echo => 'map $request_id $id { ~^00 u1;
                               default $http_x_toucan_distinct_id; }' },
    failure => { http => 'map $request_id $bad { ~^000 1; default 0; }',
                 gate => 'if ($bad) { return 502; }' },
    slow => { http => 'map $request_id $slow { ~^0[0-7] 1; default ""; }
                       limit_req_zone $slow zone=slow:1m rate=40r/s;
                       limit_req_log_level info;',
              gate => 'limit_req zone=slow burst=500;' },
    revocation => { gate => 'toucan_revocation off;' },
    withdrawal => {},       # toucan-key is not run, see Events.pm
    leak => {},             # requests that never end, see bench/soak
);


=head1 METHODS

=head2 breaks()

The names that new() takes for C<break>.

=head2 new(tool => PATH, nginx => PATH, module => PATH, break => NAME)

Starts the hand, the backend and nginx; dies when one of them does not start.
C<cache> of it is true when this nginx has a cache of verified tokens.

=cut

sub breaks { return sort keys %breaks }

sub new {
    my ($class, %o) = @_;

    my $self = bless { tool => $o{tool}, jobs => {}, job => 0, log_at => 0,
                       hard => {}, taken => {}, live => [0] }, $class;

    # before there is anything that its end would end

    $self->_hand;

    $ENV{TEST_NGINX_BINARY} = $o{nginx};
    $ENV{TEST_NGINX_LOAD_MODULES} = $o{module};

    my $break = $breaks{$o{break} // ''} // {};

    $self->{echo} = Toucan::Server->new(
        plain => 1, http => _echo($break->{echo}));

    my %keys = $self->_first_keys;

    # without the cache where nginx does not know it

    for my $cache (1, 0) {
        $self->{cache} = $cache;
        $self->{server} = eval {
            Toucan::Server->new(
                main => 'worker_processes ' . WORKERS . ';',
                http => $self->_http($cache, $break),
                files => { map { ("conf/$_" => $keys{$_}) } keys %keys },
            );
        };

        last if $self->{server};
        die $@ if !$cache || $@ !~ /toucan_cache/;
    }

    chmod 0600, map { $self->path($_) } keys %keys;

    return $self;
}


=head2 server(), path(FILE), secret()

The Toucan::Server; the path of a file of keys; the secret of the HS256 issuer.

=cut

sub server { return $_[0]{server} }
sub path   { return $_[0]{server}->dir . "/conf/$_[1]" }
sub secret { return $_[0]{secret} }


=head2 tool(CODE, ARGUMENT ...), hand()

Runs util/toucan-key; CODE is called with its status and its output, from
heard(), which is to be called when the handle can be read.

=cut

sub hand { return $_[0]{hand} }

sub tool {
    my ($self, $code, @arguments) = @_;

    my $id = ++$self->{job};

    $self->{jobs}{$id} = $code;
    syswrite $self->{hand}, join("\t", $id, @arguments) . "\n"
        or die "the hand is gone: $!\n";
}

sub heard {
    my $self = shift;

    my $n = sysread $self->{hand}, $self->{heard}, 65536,
                    length($self->{heard} //= '');
    die "the hand is gone\n" if !$n;

    while ($self->{heard} =~ s/^(\d+)\t(\d+)\t([^\n]*)\n//) {
        my ($id, $status, $output) = ($1, $2, $3);
        (delete $self->{jobs}{$id})->($status, $output =~ tr/\r/\n/r);
    }
}


=head2 ask_tool(ARGUMENT ...)

The same, waiting for it; dies when it fails.

=cut

sub ask_tool {
    my ($self, @arguments) = @_;

    my ($status, $output);

    $self->tool(sub { ($status, $output) = @_ }, @arguments);
    $self->heard until defined $status;
    die "toucan-key @arguments: $output\n" if $status;

    chomp $output;
    return $output;
}


=head2 workers(), live(), started(PID)

All children of the master; those that have not been told to end; when they are
looked for, at most twenty times a second.

=cut

sub workers { return $_[0]{server}->workers }

sub live {
    my $self = shift;

    my $now = time;

    if ($now > $self->{live}[0] + 0.05) {
        $self->{live} = [$now, grep { _text("/proc/$_/cmdline")
                                          =~ /worker process(?!.*shutting)/s }
                               $self->workers];
    }

    my (undef, @live) = @{$self->{live}};
    return @live;
}


=head2 memory(PID)

Of a process, in kB: C<own> (anonymous memory, its heap above all), C<rss>,
C<pss>; nothing when it is gone.

=cut

sub memory {
    my ($self, $pid) = @_;

    my %of = _text("/proc/$pid/smaps_rollup") =~ /^(\w+):\s+(\d+) kB$/mg;

    return if !defined $of{Anonymous};
    return { own => $of{Anonymous}, rss => $of{Rss}, pss => $of{Pss} };
}


=head2 read_log(), hard(), taken(PID, FILE)

Takes note of the lines that the error log has got; those at C<error> and above
that nobody expects, each with the pid and times taken out and how often; when
this worker has last taken over the file under both of its names ("key file"
and "mint key file").

=cut

sub read_log {
    my $self = shift;

    my $path = $self->{server}->dir . '/logs/error.log';

    open my $in, '<:raw', $path or return;
    seek $in, $self->{log_at}, 0;
    my $text = do { local $/; <$in> } // '';

    $text =~ s/[^\n]*\z//;
    $self->{log_at} += length $text;

    while ($text =~ m{ (\d+)\#\d+:\ toucan:\ (mint\ )?key\ file\ "[^"]*
                       /([^/"]+)"\ was\ read\ again}xg)
    {
        $self->{taken}{$1}{$3}{$2 // ''} = time;
    }

    while ($text =~ /^(\S+ \S+ \[(?:error|crit|alert|emerg)\] .*)$/mg) {
        my $line = $1;

        # a file is broken on purpose, and nginx says so

        next if $line =~ m{toucan: .*/conf/[\w-]+[.](?:jwks|json)"};

        $line =~ s/^\S+ \S+ (\[\w+\]) [\d#]+: (?:\*\d+ )?/$1 /;
        $line =~ s/\d{2,}/N/g;
        $self->{hard}{substr $line, 0, 300}++;
    }

    $self->{refused_reloads} += () = $text =~ /\[emerg\] .*toucan: /g;
    $self->{leaks} += () = $text =~ /eyJ[\w-]+\.|tk_(?:live|test)_/g;
}

sub hard  { return $_[0]{hard} }
sub leaks { return $_[0]{leaks} // 0 }
sub refused_reloads { return $_[0]{refused_reloads} // 0 }

sub taken {
    my ($self, $pid, $file) = @_;

    my $both = $self->{taken}{$pid}{$file} // {};

    return if keys %$both < 2;
    return $both->{''} < $both->{'mint '} ? $both->{''} : $both->{'mint '};
}


=head2 stop()

Ends all of it; true when nginx ended by itself, with status 0.

=cut

sub stop {
    my $self = shift;

    my $server = delete $self->{server} // return;
    my $ok = $server->stop('QUIT');

    $self->read_log_of($server);
    delete($self->{echo})->stop;

    close delete $self->{hand};
    waitpid delete $self->{hand_pid}, 0;

    return $ok;
}

sub read_log_of {
    my ($self, $server) = @_;

    local $self->{server} = $server;
    $self->read_log;
}


sub _text {
    open my $in, '<', $_[0] or return '';
    local $/;
    return scalar(<$in>) // '';
}

# Runs commands one after the other, at a lower priority: on a machine of their
# own they would disturb nobody.  A line in: id and arguments; a line out: id,
# status, output.

sub _hand {
    my $self = shift;

    socketpair my $near, my $far, AF_UNIX, SOCK_STREAM, PF_UNSPEC
        or die "socketpair: $!\n";

    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        close $near;
        $SIG{$_} = 'DEFAULT' for qw(TERM);
        $SIG{INT} = 'IGNORE';
        POSIX::nice(NICE);

        while (defined(my $line = <$far>)) {
            chomp $line;
            my ($id, @arguments) = split /\t/, $line, -1;
            my $child = open(my $out, '-|') // POSIX::_exit(1);

            if ($child == 0) {
                open STDERR, '>&', \*STDOUT;
                exec { $self->{tool} } $self->{tool}, @arguments
                    or POSIX::_exit(127);
            }

            my $text = do { local $/; <$out> } // '';
            close $out;

            syswrite $far, join("\t", $id, $? >> 8 || $? & 127,
                                $text =~ tr/\n/\r/r) . "\n";
        }

        POSIX::_exit(0);
    }

    close $far;
    @$self{qw(hand hand_pid)} = ($near, $pid);
}

# The files as they are at the start; api keys are handed out, id => text.

sub _first_keys {
    my $self = shift;

    my $dir = $self->{echo}->dir . '/keys';
    make_path($dir);

    my @organizations = qw(acme globex umbra);

    $self->{api} = { ops => $self->ask_tool(
        'api', '--id', 'ops', '--scopes', 'revoke,introspect', '--file',
        "$dir/api-keys.json") };

    for (@organizations) {
        $self->{api}{"$_-1"} = $self->ask_tool(
            'api', '--id', "$_-1", '--organization', $_,
            grants(), '--file', "$dir/api-keys.json");
    }

    $self->ask_tool(qw(signing --kid s0 --file), "$dir/signing.jwks");
    $self->ask_tool(qw(master --kid m0 --file), "$dir/master.jwks");

    open my $random, '<:raw', '/dev/urandom' or die "/dev/urandom: $!\n";
    sysread $random, $self->{secret}, 32;

    my $issuer = sprintf '{"keys":[{"kty":"oct","kid":"h0","alg":"HS256",'
                         . '"k":"%s"}]}' . "\n",
                         encode_base64url($self->{secret}, '');

    return ('issuer.jwks' => $issuer,
            map { ($_ => _text("$dir/$_")) }
                qw(api-keys.json signing.jwks master.jwks));
}

sub grants {
    return split ' ', '--role explorer --role maker '
        . '--permission dashboard:can_view --permission ai:can_query '
        . '--scopes mint,revoke,introspect';
}

sub api { return $_[0]{api} }


sub _http {
    my ($self, $cache, $break) = @_;

    my $echo = '127.0.0.1:' . $self->{echo}->port;
    my ($zone, $use, $status) = $cache
        ? ('toucan_cache_zone tokens:8m;', 'toucan_cache tokens;',
           '$toucan_cache_status')
        : ('', '', '');
    my %more = (http => '', gate => '', %$break);

    my $keys = join ' ', map { "toucan_key_file $_.jwks;" }
               qw(signing master issuer);
    my @lanes = (['signed', 'signing'], ['sealed', 'master']);
    my $lanes = join '', map { <<"END" } @lanes;
        location = /$_->[0]/mint {
            toucan_mint;
            toucan_mint_key_file $_->[1].jwks;
        }
        location = /$_->[0]/refresh {
            toucan "refresh";
            $keys $use
            toucan_mint_key_file $_->[1].jwks;
            toucan_refresh;
        }
END

    return <<"END";
    toucan_revocation_zone revoked:8m state=revoked;
    $zone
    $more{http}

    upstream echo { server $echo; keepalive 64; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";

    toucan_issuer https://embed.example.com;
    toucan_audience toucan-embed;
    toucan_algorithms EdDSA ES256 HS256 dir A256GCM;
    toucan_leeway 0s;
    toucan_api_key_file api-keys.json;
    toucan_revocation revoked;
    toucan_attribute customerId type=integer required column=customer_id;
    toucan_attribute region type=strings column=region;
    toucan_attribute plan type=string;
    toucan_attribute beta type=boolean;
    toucan_origin https://app.acme.example https://*.globex.example
                  ~https://embed-[0-9]+[.]umbra[.]example;

    server {
        listen 127.0.0.1:%port% reuseport;
        add_header X-Soak "\$pid|\$toucan_reason|$status" always;

$lanes
        location = /keys {
            toucan_keys;
            toucan_mint_key_file signing.jwks;
        }
        location = /introspect { toucan_introspect; $keys }
        location = /revoke { toucan_revoke; }

        location ~ "^/gated/(?<dashboard>[a-z0-9-]{1,64})\$" {
            toucan "dashboards";
            $keys $use
            toucan_permission dashboard can_view \$dashboard;
            $more{gate}
            proxy_pass http://echo;
        }

        location /open/ {
            proxy_pass http://echo;
        }
    }
END
}

# The backend says what it sees.

sub _echo {
    my $map = shift
        // 'map $request_id $id { default $http_x_toucan_distinct_id; }';

    return <<"END";
    $map
    map \$http_authorization \$auth { "" none; default given; }
    keepalive_requests 1000000;
    server {
        listen 127.0.0.1:%port%;
        return 200 "seq=\$http_x_seq
uri=\$request_uri
origin=\$http_x_toucan_origin
kind=\$http_x_toucan_kind
auth=\$auth
id=\$id
role=\$http_x_toucan_role
org=\$http_x_toucan_organization
env=\$http_x_toucan_env
jti=\$http_x_toucan_token_id
exp=\$http_x_toucan_expires
perms=\$http_x_toucan_permissions
customer=\$http_x_toucan_attr_customerid
region=\$http_x_toucan_attr_region
plan=\$http_x_toucan_attr_plan
beta=\$http_x_toucan_attr_beta
rls=\$http_x_toucan_rls
";
    }
END
}


1;
