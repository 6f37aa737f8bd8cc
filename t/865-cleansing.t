# What was decoded of a token is gone when its request is: the worker's memory
# is searched for a claim that nobody was given.

use strict;
use warnings;

BEGIN { delete $ENV{TOUCAN_CACHED} }    # a cache is there to keep claims

use lib 't/lib';
use Toucan::Test;
use Toucan::Server;

my $keys = $ENV{TEST_NGINX_KEYS_DIR};

my $front = Toucan::Server->new(
    http => <<"END", files => { page => "page\n" });
    log_format claims "\$toucan_distinct_id|\$toucan_claim_jti";
    server {
        access_log logs/access.log claims;
        recursive_error_pages on;
        listen 127.0.0.1:%port%;
        root .;
        toucan "t";
        toucan_embed server;
        toucan_token bearer arg=token;
        toucan_key_file $keys/public.jwks;
        toucan_key_file $keys/secret.jwks;
        toucan_algorithms ES256 HS256;

        location /let-in {
            try_files /page =404;
        }
        location /shown {
            try_files /page =404;
            add_header X-Shown \$toucan_claim_hidden;
        }
        location /refused {
            toucan_roles nobody;
        }
        location /redirected {
            toucan_roles nobody;
            error_page 403 = /second;
        }
        location /second {
            toucan_roles nobody;
            toucan_audience another;
            error_page 401 403 = /third;
        }
        location /third {
            toucan off;
            try_files /page =404;
        }
        location /mirrored {
            mirror /subrequest;
            try_files /page =404;
        }
        location /subrequest {
            internal;
            toucan_roles nobody;
        }
    }
END

plan('no_plan');

my ($worker) = $front->workers;
my $nr = 0;

SKIP: {
    skip("the memory of another process is not to be read here", 1)
        if !defined found('toucan_cleanse');

    # the search sees what is there: nginx's own copy of a value

    my $seen = secret('control');
    like($front->get('/shown', bearer(claims => { hidden => $seen }))->{head},
         qr/^X-Shown: $seen\r$/m, 'a claim that is shown');
    ok(found($seen), 'is found in the memory of the worker');

    for my $case (['let in', '/let-in', 200, {}],
                  ['HS256', '/let-in', 200, { key => 'oct256' }],
                  ['refused', '/refused', 403, {}],
                  ['expired', '/let-in', 401, { age => 900, ttl => 600 }],
                  ['not verified', '/let-in', 401, { bad => 1 }],
                  ['led on by error_page, twice', '/redirected', 200, {}],
                  ['a subrequest', '/mirrored', 200, {}])
    {
        my ($what, $path, $status, $o) = @$case;

        for my $size (0, 5000) {
            gone("$what, $size more bytes", $path, $status, $size, %$o);
        }
    }
}

like($front->read('logs/access.log'), qr/^user-\d+\|jti-\d+$/m,
     'the log phase still has the claims');
ok($front->stop('QUIT'), 'it ends well');


sub secret { return "$_[0]-" . $nr++ . '-' . unpack 'H*', pack 'd', rand }


sub gone {
    my ($what, $path, $status, $size, %o) = @_;

    my %marks = map { $_ => secret($_) } qw(claim attribute name header);
    my $bad = delete $o{bad};

    my $token = token(%o, header => { x => $marks{header} }, claims => {
        hidden => ("x" x $size) . $marks{claim},
        'user.attributes.undeclared' => $marks{attribute},
        "member-$marks{name}" => 1,
        'user.distinctId' => "user-$nr", jti => "jti-$nr",
    });

    $token = tampered($token) if $bad;

    my $r = $front->get($size ? $path : "$path?token=$token",
                        $size ? bearer($token) : '');

    is($r->{status}, $status, "$what: $status");

    # it has been answered; the request ends after that

    for my $mark (sort keys %marks) {
        my $left = 1;

        for (1 .. 100) {
            $left = found($marks{$mark}) or last;
            select undef, undef, undef, 0.02;
        }

        ok(!$left, "$what: no $mark is left");
    }
}


# How often a text stands in the worker's memory; undef when that cannot be
# read.  What is larger than any worker is a sanitizer's shadow.

sub found {
    my $text = shift;

    open my $maps, '<', "/proc/$worker/maps" or return;
    open my $mem, '<:raw', "/proc/$worker/mem" or return;

    my ($count, $read) = (0, 0);

    while (my $line = <$maps>) {
        my ($from, $to, $mode) =
            $line =~ /^([0-9a-f]+)-([0-9a-f]+) (\S+)/ or next;
        next if $mode !~ /^rw/;

        my ($at, $end) = map { unpack 'Q>', pack 'H16', sprintf '%016s', $_ }
                         $from, $to;
        my $rest = '';

        next if $end - $at > 1 << 28;

        while ($at < $end) {
            my $want = $end - $at > 1 << 20 ? 1 << 20 : $end - $at;

            sysseek $mem, $at, 0 or last;
            my $n = sysread $mem, my $piece, $want or last;

            $piece = $rest . $piece;
            $count++ while $piece =~ /\Q$text\E/g;
            $rest = length $piece > 64 ? substr($piece, -64) : $piece;
            $at += $n;
            $read += $n;
        }
    }

    return $read ? $count : undef;
}
