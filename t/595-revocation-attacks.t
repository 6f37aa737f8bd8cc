# What would bring a revoked token back: a decision that is older than the
# revocation, a zone that remembers less than a token lasts, state files that
# somebody else has laid, moved, swapped or damaged.

use strict;
use warnings;

use lib 't/lib';
use Toucan::Test;
use Toucan::Server;
use Toucan::Revocations;
use Toucan::Service ();
use Toucan::Sessions ();

use File::Temp ();
use IO::Select ();
use IO::Socket::INET ();

plan('no_plan');

my $MAIN = 'worker_processes 2;';
my ($HEADER, $LINE) = (80, 79);

my $folder = File::Temp->newdir('toucan-state-XXXXXX', TMPDIR => 1);
chmod 0755, $folder;

my $state = "$folder/revoked";
my $alt = "$state.alt";
my $both = [$state, $alt];

my %files = ('conf/keys.jwks' => jwks_public('ec256'),
             'conf/gate.jwks' => jwks_public('ed25519'),
             'conf/mint.jwks' => Toucan::Service::mint_keys('ed25519'),
             'conf/sso.jwks' => jwks_public('rsa1'),
             'conf/apikeys.json' => api_keys());

# an authorization server that takes its time: this process

my $slow = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 5)
    or die "listen: $!\n";

my $server = Toucan::Server->new(main => $MAIN, files => \%files,
                                 http => attacked());

# with max_lifetime => TIME

sub attacked {
    my %o = (max_lifetime => '1h', state => $state, @_);

    return revocations(state => $o{state}, http => <<'END', server => <<"END");
    limit_req_zone $toucan_distinct_id zone=users:1m rate=1r/s;
END
    toucan_leeway 0;
    toucan_max_lifetime $o{max_lifetime};
    toucan_mint_lifetime 60s;
    location = /delayed {
        toucan "t"; toucan_embed server;
        limit_req zone=users burst=5;
        try_files /conf/nginx.conf =404; root .;
    }
    location = /moved {
        toucan "m"; toucan_embed server; toucan_claim distinct_id sub;
        try_files /conf/nginx.conf =404; root .;
    }
    location = /early {
        toucan "e"; toucan_embed server;
        if (\$toucan_distinct_id) { return 418; }
        try_files /conf/nginx.conf =404; root .;
    }
    location = /short {
        toucan "t"; toucan_embed server;
        try_files /conf/nginx.conf =404; root .;
    }
    location = /off {
        toucan "t"; toucan_embed server; toucan_max_lifetime 1h;
        toucan_revocation off;
        try_files /conf/nginx.conf =404; root .;
    }
    location = /refresh {
        toucan "t"; toucan_refresh; toucan_embed server;
        toucan_mint_key_file mint.jwks;
        toucan_issuer https://embed.example.com;
        toucan_audience toucan-embed;
        auth_request /slow;
    }
    location = /slow {
        internal;
        proxy_pass http://127.0.0.1:@{[$slow->sockport]};
    }
    location = /exchange {
        toucan_exchange key_file=sso.jwks issuer=https://login.example.net
                        audience=app-1;
        toucan_mint_key_file mint.jwks;
        toucan_issuer https://embed.example.com;
        toucan_audience toucan-embed;
    }
    location = /exchange/off {
        toucan_revocation off;
        toucan_exchange key_file=sso.jwks issuer=https://login.example.net
                        audience=app-1;
        toucan_mint_key_file mint.jwks;
        toucan_issuer https://embed.example.com;
        toucan_audience toucan-embed;
    }
END
}

sub named {
    my ($name, %o) = @_;
    return token(age => 5, %o, claims => {jti => $name, sid => "sid-$name",
        client_id => undef,
        auth_time => time - 10, 'user.distinctId' => "user-$name",
        %{$o{claims} // {}}});
}

sub is_reason {
    my ($token, $want, $name, $path) = @_;
    is(scalar reason_of($server, $token, $path), $want, $name);
}

sub is_204 {
    my ($body, $name) = @_;
    my $r = revoke($server, $body);
    is($r->{status}, 204, $name) or diag($r->{body});
}

sub log_of { $server->read('logs/error.log') }

# the file that counts, and the other one

sub active { return -s $state ? ($state, $alt) : ($alt, $state) }

sub reload {
    my %before = map { $_ => 1 } $server->workers;

    $server->signal('HUP');

    return eventually(sub {
        my @now = $server->workers;
        return @now == 2 && !grep { $before{$_} } @now;
    });
}

# sends a request now; the answer later

sub asked {
    my ($request, $token) = @_;

    my $sock = Toucan::Server::connection($server->port) or die;
    print $sock "$request HTTP/1.1\r\nHost: localhost\r\n"
                . "Connection: close\r\n" . bearer($token) . "\r\n\r\n";
    $sock->flush;

    return sub {
        my $text = '';
        my $select = IO::Select->new($sock);

        while ($select->can_read(10)) {
            last if !sysread $sock, $text, 65536, length $text;
        }

        my ($status) = $text =~ m{^HTTP/1\.1 (\d+)};
        my ($reason) = $text =~ /^X-Why: \d*\|([^\r]*)/m;

        return join ' ', $status // 0, $reason || 'let in';
    };
}


# A request that limit_req delays, after it has looked at a claim

is_reason(named('first'), '', 'delayed: the first is not', '/delayed');
my $later = asked('GET /delayed', named('first'));
is($later->(), '200 let in', 'delayed: a control');

$later = asked('GET /delayed', named('first'));
select undef, undef, undef, 0.2;
is_204({distinctId => 'user-first'}, 'delayed: revoked in the meantime');
is($later->(), '401 revoked', 'delayed: is refused');

is_reason(named('over'), '', 'delayed: another', '/delayed');
$later = asked('GET /delayed', named('over', age => 8, ttl => 10));
is($later->(), '200 let in', 'delayed: a control');
$later = asked('GET /delayed', named('over', age => 10, ttl => 10));
is($later->(), '401 expired', 'delayed: expired before: a control');
$_->() for my @wait = map { asked('GET /delayed', named('over')) } 1 .. 2;
$later = asked('GET /delayed', named('over', age => 10, ttl => 11));
is($later->(), '401 expired', 'delayed: over in the meantime');


# A refresh that another module delays

sub refreshed {
    my ($token, $between) = @_;

    my $answer = asked('POST /refresh', $token);
    my $sock = $slow->accept;
    1 while defined($_ = <$sock>) && /\S/;
    $between->();
    print $sock "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
    close $sock;

    return $answer->();
}

is(refreshed(named('slow'), sub { 1 }), '200 let in', 'a refresh: a control');
is(refreshed(named('slow'), sub {
    is_204({distinctId => 'user-slow'}, 'revoked while it is refreshed')
}), '401 revoked', 'it is not refreshed');


# A claim that stands elsewhere, early questions for it, other realms

is_204({distinctId => 'moved-one'}, 'a user is revoked');
is_reason(named('x', claims => {sub => 'moved-one', 'user.distinctId' => 'z'}),
          'revoked', 'where another claim is the user', '/moved');
is_reason(named('x', claims => {sub => 'z', 'user.distinctId' => 'moved-one'}),
          '', 'not by the claim that is not: a control', '/moved');
is_reason(named('x', claims => {sub => 'z', 'user.distinctId' => 'moved-one'}),
          'bad_claim', 'two users', '/t');
is(asked('GET /early', named('y'))->(), '418 let in',
   'a claim in an "if": a control');
is_204({sid => 'sid-y'}, 'a session is revoked');
is(asked('GET /early', named('y'))->(), '401 revoked', 'it has no claim');


# What the zone has forgotten: an ID token may last longer than a token may
# here, and the cap may be raised

sub id_token {
    my ($name, %o) = @_;

    my $iat = time - ($o{age} // 30);

    return token(key => 'rsa1', payload => {
        iss => 'https://login.example.net', aud => 'app-1', iat => $iat,
        exp => $iat + 36000, sub => "user-$name",
    });
}

sub exchanged {
    my ($path, $token) = @_;

    my $answer = Toucan::Service::ask($server, "POST $path",
        'Content-Type: application/x-www-form-urlencoded',
        Toucan::Sessions::form(
            grant_type => 'urn:ietf:params:oauth:grant-type:token-exchange',
            subject_token_type => 'urn:ietf:params:oauth:token-type:id_token',
            subject_token => $token));

    return join ' ', $answer->{status},
                     $answer->{json}{token} ? 'TOKEN' : $answer->{body};
}

$server->stop('QUIT');
$server->conf($MAIN, attacked(max_lifetime => '60s'));
$server->start;

like(exchanged('/exchange', id_token('sso')), qr/^200 TOKEN/,
     'an ID token of ten hours: a control');
is_204({distinctId => 'user-sso', issuedBefore => time - 190},
       'one of three minutes ago is revoked');
like(exchanged('/exchange/off', id_token('sso', age => 200)),
     qr/^200 TOKEN/, 'where nothing is revoked it is good: a control');
unlike(exchanged('/exchange', id_token('sso', age => 200)), qr/TOKEN"|^200/,
       'where it may be, it is refused');
like(exchanged('/exchange', id_token('sso', age => 100)), qr/^200 TOKEN/,
     'a later one is good');

is_204({jti => 'long', issuedBefore => time - 190},
       'what can be valid nowhere is revoked');
is_reason(named('long', age => 200), 'lifetime_too_long',
          'it is valid nowhere', '/short');
$server->conf($MAIN, attacked(max_lifetime => '1h'));
ok(reload(), 'a reload with a longer lifetime');
is_reason(named('long', age => 200), 'lifetime_too_long',
          'it is refused still', '/short');
is_reason(named('long', age => 200), '', 'where nothing is asked it is good: '
                                         . 'a control', '/off');
is_reason(named('later', age => 100, ttl => 3000), '',
          'what was issued since then is good', '/short');
ok(reload(), 'a reload without a change');
is_reason(named('long', age => 200), 'lifetime_too_long', 'it is refused '
          . 'after that', '/short');


# Files that somebody else has laid

is_204({jti => $_}, "$_ is revoked") for qw(one two);
$server->stop('QUIT');

my $victim = "$folder/victim";

for my $path ($state, $alt) {
    my ($was) = text($path);

    for my $there (1, 0) {
        my $name = 'a link to ' . ($there ? 'another file' : 'no file')
                   . ($path eq $alt ? ', the twin' : '');

        unlink $path, $victim;
        write_text($victim, '') if $there;
        chmod 0644, $victim;
        symlink $victim, $path or die;
        start_fails($server, $both, $name, 'open\(\) of state file');
        is($there ? (stat $victim)[2] & 07777 : -e $victim || 0,
           $there ? 0644 : 0, "$name: what it leads to stays as it is");
        ok(-l $path, "$name: so does the link");
    }

    unlink $path, $victim;
    write_text($victim, '');
    chmod 0644, $victim;
    link $victim, $path or die;
    ok(!eval { $server->start }, 'a second name of another file: no start');
    like($@, qr/\[emerg\].*state file.*other names/, 'and it tells');
    is((stat $victim)[2] & 07777, 0644, 'its mode stays as it is');
    $server->stop;

    unlink $path, $victim;
    write_text($path, $was);
}

link((active())[0], $victim) or die;
ok(eval { $server->start }, 'a second name of our own is none') or diag($@);
is_reason(named('one'), 'revoked', 'all is read');
unlink $victim;


# A zone of another name, and a realm, over the same files

is_204({jti => 'renamed'}, 'one is revoked');
(my $http = attacked(max_lifetime => '1h'))
    =~ s/(toucan_revocation(?:_zone)?) tokens/$1 others/g;
$http =~ s/toucan "t"/toucan "u"/g;
$server->conf($MAIN, $http);
ok(reload(), 'a reload gives the zone another name');
is(revoked_by_all($server, named($_)), '', "$_: holds in all workers")
    for qw(one renamed);
is_204({jti => 'again'}, 'another one is revoked');
$server->conf($MAIN, attacked(max_lifetime => '1h'));
ok(reload(), 'a reload gives it back');
is(revoked_by_all($server, named($_)), '', "$_: holds in all workers")
    for qw(one renamed again);
is_reason(named('nobody'), '', 'another one is let in: a control');


# Moved away under a running nginx

my ($path) = active();
rename $path, "$path.old" or die;
is(revoke($server, {jti => 'moved'})->{status}, 500,
   'moved away: what would not be found is not answered');
like(log_of(), qr/\[crit\].*revoked.*was deleted or moved/,
     'the log tells why');
rename "$path.old", $path or die;
is_204({jti => 'back'}, 'moved back: it goes on');

rename $path, "$path.old" or die;
write_text($path, text("$path.old"));
is(revoke($server, {jti => 'copied'})->{status}, 500,
   'replaced by a copy: not answered');
rename "$path.old", $path or die;
is_204({jti => 'copied'}, 'the first one: it goes on');


# Another file of that kind in its place

$server->stop('QUIT');

sub header {
    my ($generation, $key) = @_;
    return with_crc(sprintf 'toucan-revocations 1 %016x %s', $generation,
                    $key);
}

($path) = active();
my ($other) = $path eq $state ? $alt : $state;
my $text = text($path);
my ($key) = (split ' ', $text)[3];
my $generation = hex((split ' ', $text)[2]);
my $strange = header(1, 'ab' x 16);

$server->start;
open my $file, '+<:raw', $path or die;
print $file $strange;
truncate $file, length $strange;
close $file;
is(revoke($server, {jti => 'strange'})->{status}, 500,
   'another file in its place: not answered');
like(log_of(), qr/\[crit\].*was replaced/, 'the log tells why');
is(text($path), $strange, 'and it is not written over');
$server->stop('QUIT');


# Damage: a last line but for its newline is whole; a header that counts does
# not go over to what is older

my @line = unpack "a$HEADER (a$LINE)*", $text;

for my $last ("\0", 'x', ' ') {
    write_text($path, substr($text, 0, -1) . $last);
    write_text($other, '');
    $server->start;
    is(scalar(grep { reason_of($server, named($_)) ne 'revoked' }
              qw(one two back copied)), 0, 'a newline that is another byte');
    is_204({jti => 'on'}, 'it goes on');
    $server->stop('QUIT');
    ($server->test)[1] or fail('and is read again');
}

write_text($state, header($generation + 1, $key) . $line[1]);
write_text($alt, $text);
substr(my $damaged = text($state), 40, 1) = 'x';
write_text($state, $damaged);
start_fails($server, $both, 'a header that is damaged beside an older one',
            'revoked:1".*no header');
write_text($state, header($generation + 1, 'ab' x 16) . $line[1]);
start_fails($server, $both, 'the twin of another state',
            'revoked.alt:1".*another state');
write_text($state, header($generation + 1, $key) . join '', @line[1 .. $#line]);
ok(eval { $server->start }, 'its own twin: a control') or diag($@);
is_reason(named('copied'), 'revoked', 'it is read');
$server->stop('QUIT');
write_text($alt, $text);
write_text($state, "\0" x $HEADER . $line[1]);
ok(eval { $server->start }, 'one that was never written: a control')
    or diag($@);
$server->stop('QUIT');

write_text($state, "\0" x $HEADER);
write_text($alt, '');
ok(eval { $server->start }, 'zeros where a first header was to be')
    or diag($@);
$server->stop('QUIT');
write_text($state, "\0" x $HEADER . $line[1]);
write_text($alt, '');
start_fails($server, $both, 'zeros, and lines behind them',
            'revoked:1".*no header');


# A start without room on the disk

write_text($state, '');
write_text($alt, '');
$server->start;
my $wrong = 0;
$wrong += revoke($server, {jti => "room-" . $_ % 300})->{status} != 204
    for 1 .. 600;
is($wrong, 0, '300 are revoked twice');
$server->stop('QUIT');

my ($nginx) = $server->command;

$server->write('limited', <<"END");
#!/bin/sh
trap '' XFSZ
ulimit -f 16
exec $nginx "\$@"
END
chmod 0755, $server->dir . '/limited';
$server->{nginx} = $server->dir . '/limited';
$server->write('logs/error.log', '');
ok(eval { $server->start }, 'without room to write it anew it starts')
    or diag($@);
is(scalar(grep { reason_of($server, named("room-$_")) ne 'revoked' }
          map { 30 * $_ } 0 .. 9), 0, 'with all of them');
is(revoke($server, {jti => 'room'})->{status}, 500, 'and answers no more');
$server->{nginx} = $nginx;
$server->stop('QUIT');
$server->start;
is_reason(named('room-299'), 'revoked', 'and again');

is(scalar(grep { /\[alert\]/ } split /^/, log_of()), 0, 'nothing broke')
    or diag(grep { /\[alert\]/ } split /^/, log_of());
ok($server->stop('QUIT'), 'it ends well');
