# Each answer belongs to its own request: many users at once, on one worker
# and on four, over connections that carry several requests at a time.

use strict;
use warnings;

use lib 't/lib';
use Toucan::Test;
use Toucan::Server;

use IO::Select ();
use List::Util qw(shuffle);
use POSIX ();

my $REQUESTS = 10_000;
my $USERS = 200;
my $CONNECTIONS = 48;
my $PIPELINE = 6;

my @keys = qw(oct256 ed25519 ec256 oct512);

my $keys = $ENV{TEST_NGINX_KEYS_DIR};
my $backend = Toucan::Server->new(plain => 1, http => <<'END');
    server {
        listen 127.0.0.1:%port%;
        keepalive_requests 100000;
        location / {
            return 200 "$http_x_nr|$http_x_toucan_distinct_id|$http_x_toucan_role|$http_x_toucan_organization|$http_x_toucan_token_id|$http_x_toucan_attr_customerid|$http_x_toucan_rls|$http_x_toucan_permissions|$http_authorization|$http_cookie|$args";
        }
    }
END

# what a user is, all of it different from any other's

my @users = map {
    my $n = $_;
    my $claims = {
        'user.distinctId' => "user-$n",
        'user.role' => $n % 2 ? 'maker' : 'explorer',
        'user.attributes' => { customerId => 1000 + $n,
                               region => ["r$n", "s$n"] },
        jti => "jti-$n", organization => "org-$n", sid => "sid-$n",
        permissions => { "model-$n" => ['can_view'] },
    };
    my $key = $keys[$n % @keys];
    my $token = token(key => $key, claims => $claims);

    {
        n => $n,
        good => $token,
        forged => forge($token, $n),
        expired => token(key => $key, claims => $claims, age => 900,
                         ttl => 600),
        sees => join('|', "user-$n", $n % 2 ? 'maker' : 'explorer', "org-$n",
                     "jti-$n", 1000 + $n,
                     qq({"customer_id":) . (1000 + $n)
                     . qq(,"region":["r$n","s$n"]}), "model-$n:can_view",
                     '', 'theme=dark', 'a=1'),
    };
} 1 .. $USERS;

plan('no_plan');

for my $workers (1, 4) {
    my $front = Toucan::Server->new(
        main => "worker_processes $workers;", http => front());
    my ($bad, $count, $pids) = drive($front);

    is($count->{all}, $REQUESTS, "$workers: $REQUESTS answers");
    is(scalar @$bad, 0, "$workers: each answer is that of its request")
        or diag(join "\n", @$bad[0 .. ($#$bad < 9 ? $#$bad : 9)]);
    is(scalar keys %$pids, $workers, "$workers: all workers answered");

    for my $kind (qw(good forged expired none role)) {
        cmp_ok($count->{$kind} // 0, '>', $REQUESTS / 40,
               "$workers: many were $kind");
    }

    my $log = $front->read('logs/error.log');

    is(grep(/\[(?:alert|crit|emerg)\]/, split /^/, $log), 0,
       "$workers: nothing broke");
    is(grep(/eyJ/, split /^/, $log), 0, "$workers: no token is in the log");

    my $refused = () = $log =~ /toucan: refused: /g;
    is($refused, $count->{all} - $count->{good},
       "$workers: each refusal is in the log, once");

    ok($front->stop('QUIT'), "$workers: it ends well");
}

$backend->stop;


# Another user's claims under this signature, or a broken signature.

sub forge {
    my ($token, $n) = @_;

    return tampered($token) if $n % 3;

    my ($h, $p, $s) = split /\./, $token;
    my $claims = unb64u($p);
    $claims =~ s/user-$n/user-1/g;

    return "$h." . b64u($claims) . ".$s";
}


sub front {
    my $gate = <<"END";
            toucan "embed";
            toucan_embed server;
            toucan_token bearer cookie=tc arg=token;
            toucan_key_file $keys/public.jwks;
            toucan_key_file $keys/secret.jwks;
            toucan_algorithms EdDSA ES256 HS256 HS512;
            toucan_attribute customerId type=integer required
                             column=customer_id;
            toucan_attribute region type=strings required column=region;
            proxy_pass http://back;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
END

    return <<"END";
    keepalive_requests 100000;
    underscores_in_headers on;
    upstream back {
        server 127.0.0.1:@{[$backend->port]};
        keepalive 32;
    }
    server {
        listen 127.0.0.1:%port% reuseport;
        add_header X-Answer "\$http_x_nr|\$pid|\$toucan_reason|\$toucan_distinct_id|\$toucan_attr_region"
                   always;
        location /any {
$gate
        }
        location /makers {
$gate
            toucan_roles maker;
        }
    }
END
}


# Request number NR: its bytes, and what must come of it.

sub request {
    my $nr = shift;

    my $user = $users[rand @users];
    my $other = $users[rand @users];
    my $roll = rand 100;
    my $path = rand() < 0.3 ? '/makers' : '/any';
    my $kind = $roll < 60 ? 'good' : $roll < 75 ? 'forged'
               : $roll < 90 ? 'expired' : 'none';

    my $token = $user->{$kind};
    my ($query, $cookie, $authorization) = ('a=1', 'theme=dark', '');

    if (!defined $token) {
        # nothing

    } elsif ($nr % 3 == 0) {
        $authorization = "Authorization: Bearer $token\r\n";

    } elsif ($nr % 3 == 1) {
        $cookie = rand() < 0.5 ? "tc=$token; $cookie" : "$cookie; tc=$token";

    } else {
        $query = rand() < 0.5 ? "token=$token&$query" : "$query&token=$token";
    }

    my $denied = $kind eq 'good' && $path eq '/makers'
                 && $user->{n} % 2 == 0;
    my $reason = $denied ? 'role_denied'
                 : { good => '', forged => 'bad_signature',
                     expired => 'expired', none => 'no_token' }->{$kind};
    my $known = $kind eq 'good';

    return {
        nr => $nr,
        kind => $denied ? 'role' : $kind,
        bytes => "GET $path?$query HTTP/1.1\r\nHost: localhost\r\n"
                 . "X-Nr: $nr\r\nCookie: $cookie\r\n"
                 . "X-Toucan-Distinct-Id: user-$other->{n}\r\n"
                 . "${authorization}X_Toucan_Role: maker\r\n"
                 . "X-Toucan-Rls: {}\r\n\r\n",
        status => $denied ? 403 : $known ? 200 : 401,
        answer => "$reason|" . ($known ? "user-$user->{n}|r$user->{n},"
                                         . "s$user->{n}" : '|'),
        body => $known && !$denied ? "$nr|$user->{sees}" : undef,
    };
}


sub drive {
    my $front = shift;

    my (@bad, %count, %pids, %at);
    my $select = IO::Select->new;
    my $nr = 0;

    for (1 .. $CONNECTIONS) {
        my $sock = Toucan::Server::connection($front->port)
            or die "no connection: $!\n";
        $at{$sock} = { waiting => [], buf => '' };
        $select->add($sock);
        $nr = fill($sock, $at{$sock}, $nr);
    }

    while ($select->count) {
        my @ready = $select->can_read(20);

        if (!@ready) {
            push @bad, 'no answer for 20 seconds';
            last;
        }

        for my $sock (shuffle @ready) {
            my $c = $at{$sock};

            if (!sysread $sock, $c->{buf}, 65536, length $c->{buf}) {
                push @bad, 'a connection ended early' if @{$c->{waiting}};
                $select->remove($sock);
                next;
            }

            while (my $text = answer(\$c->{buf})) {
                my $request = shift @{$c->{waiting}};
                my $problem = check($request, $text, \%pids);

                $count{all}++;
                $count{$request->{kind}}++;
                push @bad, $problem if defined $problem;
            }

            $nr = fill($sock, $c, $nr);

            $select->remove($sock) if !@{$c->{waiting}};
        }
    }

    return (\@bad, \%count, \%pids);
}


# Sends more requests while fewer than $PIPELINE wait, sometimes one by one.

sub fill {
    my ($sock, $c, $nr) = @_;

    my $bytes = '';

    while (@{$c->{waiting}} < $PIPELINE && $nr < $REQUESTS) {
        my $request = request($nr++);
        push @{$c->{waiting}}, $request;
        $bytes .= $request->{bytes};
        last if rand() < 0.2;
    }

    while (length $bytes) {
        my $n = syswrite $sock, $bytes;
        die "write: $!\n" if !defined $n;
        substr $bytes, 0, $n, '';
    }

    return $nr;
}


# Takes one whole answer from the buffer.

sub answer {
    my $buf = shift;

    return if $$buf !~ /\A(.*?\r\n)\r\n/s;

    my ($head, $start) = ($1, $+[0]);
    my ($length) = $head =~ /^Content-Length: (\d+)/m;

    die "an answer without length: $head\n" if !defined $length;
    return if length $$buf < $start + $length;

    my $text = substr $$buf, 0, $start + $length, '';

    return { head => $head, body => substr $text, $start };
}


sub check {
    my ($request, $text, $pids) = @_;

    my ($status) = $text->{head} =~ m{^HTTP/1\.1 (\d+)};
    my ($nr, $pid, $answer) =
        $text->{head} =~ /^X-Answer: (\d+)\|(\d+)\|([^\r]*)/m;

    $pids->{$pid // 0} = 1;

    my $problem = "$request->{nr} ($request->{kind}): ";

    return $problem . "status $status" if $status != $request->{status};
    return $problem . "the answer to $nr" if $nr != $request->{nr};
    return $problem . $answer if $answer ne $request->{answer};

    if (defined $request->{body} && $text->{body} ne $request->{body}) {
        return $problem . $text->{body};
    }

    if (!defined $request->{body} && $text->{body} !~ /^\{"code":/) {
        return $problem . $text->{body};
    }

    return;
}
