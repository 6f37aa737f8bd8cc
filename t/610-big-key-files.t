# Files of a thousand keys that change while nginx runs: they are read in
# slices, and requests are answered in between, by the old set until the new
# one is whole, and by the new one from then on.

use strict;
use warnings;

use lib 't/lib';
use Toucan::Test;
use Toucan::Jwe;
use Toucan::Service;
use Toucan::Sessions;

my $N = 1000;

plan('no_plan');


# A set of N keys: the one that counts, somewhere in it, and others that are
# all alike but for their kids.  "cheap" ones are public; a "dear" one, whose
# halves must prove that they belong together, takes half a millisecond, and a
# file of them half a second.

sub filled {
    my ($filler, @keys) = @_;

    my $one = to_json({%$filler, kid => '@'});
    my @all = map { $one =~ s/\@/f$_/r } @keys + 1 .. $N;

    splice @all, @all / 2, 0, map { to_json($_) } @keys;

    return '{"keys":[' . join(',', @all) . ']}';
}

my %filler = (
    cheap => jwk_public('ec256b'),
    dear => jwk_private(['rsa2', alg => 'RSA-OAEP-256']),
    signing => jwk_private(['rsa2', alg => 'RS256']),
);

sub cheap { return filled($filler{cheap}, map { jwk_public($_) } @_) }
sub dear  { return filled($filler{dear}, map { jwk_public($_) } @_) }


sub served {
    my ($text, $workers) = @_;

    my $server = endpoints(<<'END', { 'keys.jwks' => $text },
        location = /t { toucan "t"; toucan_key_file keys.jwks;
                        try_files /file =404; }
END
        workers => $workers);

    eventually('the workers are there', sub {
        (my @now = $server->workers) == $workers
    });

    return $server;
}

sub write_keys { return $_[0]->write('conf/keys.jwks', $_[1]) }

# "ok" or why not, and who says it

sub asked {
    my ($server, $token) = @_;

    my $answer = ask($server, 'GET /t', bearer($token));

    return ("$answer->{status} $answer->{reason}" eq '200 ' ? 'ok'
            : $answer->{reason} || "status $answer->{status}",
            $answer->{pid});
}

sub lines {
    my ($server, $pattern) = @_;

    return scalar(() = $server->read('logs/error.log') =~ /$pattern/g);
}

sub taken { return lines($_[0], qr/keys\.jwks" was read again: $N keys/) }


# The time that the workers have worked, in ticks of 10 ms

sub ticks {
    my $sum = 0;

    for my $pid ($_[0]->workers) {
        open my $in, '<', "/proc/$pid/stat" or next;
        my ($user, $system) = (split ' ', (<$in> // '') =~ s/.*\) //sr)[11, 12];
        $sum += $user + $system;
    }

    return $sum;
}

# Writes the file, and waits until the workers, which have nothing else to do,
# are in the midst of it.

sub in_the_midst {
    my ($name, $server, $text) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my ($lines, $ticks) = (taken($server), ticks($server));

    write_keys($server, $text);

    for (1 .. 2000) {
        last if ticks($server) > $ticks + 5;
        select undef, undef, undef, 0.005;
    }

    return is(taken($server), $lines, "$name: in the midst of it");
}

sub is_sound {
    my ($name, $server, $signal) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    ok($server->stop($signal // 'QUIT'), "$name: it ends well");

    my $log = $server->read('logs/error.log');

    is(join('', grep { /\[(?:alert|crit|emerg)\]/ } split /^/, $log), '',
       "$name: nothing broke");
}


# Taken over while requests go on: each worker turns from the old set to the
# new one, once.

{
    my $server = served(cheap('ec256'), 2);
    my %token = (old => token(key => 'ec256'), new => token(key => 'ed25519'));
    my (%set, %wrong, %count);

    my $ask = sub {
        my $which = shift;
        my ($reason, $pid) = asked($server, $token{$which});
        my $set = $reason eq 'ok' ? $which
                  : $reason ne 'key_not_found' ? "none: $reason"
                  : $which eq 'old' ? 'new' : 'old';

        $wrong{"$set after " . ($set{$pid} // 'nothing')}++
            if $set !~ /^(?:old|new)$/
               || ($set{$pid} // '') eq 'new' && $set eq 'old';

        $set{$pid} = $set;
        $count{$set}++;
    };

    my $sets = sub {
        return join ' ', map { $set{$_} // '?' } $server->workers;
    };

    eventually('before: both workers have the old set', sub {
        $ask->($_) for 'old', 'new';
        return $sets->() eq 'old old';
    });

    write_keys($server, cheap('ed25519'));

    eventually('both workers take the new set over', sub {
        $ask->($_) for 'old', 'new';
        return taken($server) == 2 && $sets->() eq 'new new';
    });

    $ask->($_) for ('old', 'new') x 50;

    is(join(', ', map { "$wrong{$_} times $_" } sort keys %wrong), '',
       'every answer is that of the old set, and then that of the new one');
    cmp_ok($count{old}, '>', 10, 'many are of the old one');
    cmp_ok($count{new}, '>', 10, 'and many of the new one');
    is((asked($server, $token{old}))[0], 'key_not_found',
       'the old key is refused');
    is((asked($server, token(key => 'ec256b', kid => 'f1000')))[0], 'ok',
       'a key at the end of the file is in force');


    # broken at its end, where all the others have been read

    my $broken = cheap('ec256') =~ s/"x":"[^"]*"([^{]*)\z/"x":"AAAA"$1/r;

    write_keys($server, $broken);
    eventually('a broken one is told by both', sub {
        lines($server, qr/keys\.jwks" was not taken over/) == 2
    });
    is(lines($server, qr/key "f$N": x and y of 3 and 32 bytes/), 2,
       'and which key it is');
    $ask->($_) for ('old', 'new') x 20;
    is($sets->(), 'new new', 'the set from before stays');
    is(taken($server), 2, 'nothing is taken over');

    write_keys($server, cheap('ec256'));
    %set = ();
    eventually('put right it is taken over', sub {
        $ask->($_) for 'old', 'new';
        return $sets->() eq 'old old';
    });

    is_sound('requests', $server);
}


# Requests are answered while half a second of work is done; read at once, the
# first of them would wait for all of it.

{
    my $server = served(cheap('ec256'), 1);
    my ($old, $new) = (token(key => 'ec256'), token(key => 'ed25519'));
    my ($answered, $wrong) = (0, 0);

    in_the_midst('answers', $server, dear('ed25519'));

    for (1 .. 10_000) {
        my ($reason) = asked($server, $old);
        last if taken($server);
        $answered++;
        $wrong++ if $reason ne 'ok';
    }

    is($wrong, 0, 'answers: by the old set until the new one is whole');
    cmp_ok($answered, '>=', 10, 'answers: many, in the midst of it');
    is((asked($server, $new))[0], 'ok', 'answers: then the new one');
    is((asked($server, $old))[0], 'key_not_found', 'answers: and only it');


    # another file in its place while it is read: the last one counts

    in_the_midst('changed again', $server, dear('ec256'));
    write_keys($server, dear('rsa1'));
    eventually('changed again: the newest is in force', sub {
        (asked($server, token(key => 'rsa1')))[0] eq 'ok'
    });
    is((asked($server, $_))[0], 'key_not_found',
       'changed again: and no other') for $old, $new;

    # from a sound one to a broken one, and back

    in_the_midst('broken again', $server, dear('ec256'));
    write_keys($server, substr(dear('ed25519'), 0, -1));
    eventually('broken again: it is told', sub {
        lines($server, qr/keys\.jwks" was not taken over/)
    });
    is((asked($server, $old))[0], 'ok',
       'broken again: what was read in between is in force');
    write_keys($server, cheap('ed25519'));
    eventually('broken again: until there is a sound one', sub {
        (asked($server, $new))[0] eq 'ok'
    });

    # nor is one missed that is gone when it has been read

    in_the_midst('gone', $server, dear('ec256'));
    unlink $server->dir . '/conf/keys.jwks' or die "unlink: $!\n";
    eventually('gone: it is told', sub {
        lines($server, qr/keys\.jwks" cannot be looked at/)
    });
    is((asked($server, $old))[0], 'ok', 'gone: what was read is in force');
    write_keys($server, cheap('ed25519'));
    eventually('gone: another comes back', sub {
        (asked($server, $new))[0] eq 'ok'
    });

    is_sound('changes', $server);
}


# A file that is read for two ends, of which one takes long: they change
# together, and what is minted is always let in.

{
    my $key = wide_key('k', scopes => ['mint']);
    my $shared = sub { return filled($filler{signing}, jwk_private($_[0])) };

    # what signs stands in front

    my $file = sub {
        my $name = shift;
        my $first = to_json(jwk_private($name));
        return $shared->($name) =~ s/\Q,$first\E//r
               =~ s/\[/[$first,/r;
    };

    my $server = endpoints(<<'END', {
        toucan_api_key_file api.json;
        location = /mint { toucan_mint; toucan_mint_key_file keys.jwks; }
        location = /t { toucan "t"; toucan_key_file keys.jwks;
                        try_files /file =404; }
END
        'api.json' => api_keys($key), 'keys.jwks' => $file->('ec256'),
    });

    my %kids;
    my $refused = 0;

    my $mint = sub {
        my $answer = mint($server, $key);
        my $token = $answer->{json}{token} // return 'none';
        my ($header) = peek($token);
        return ($header->{kid}, $token);
    };

    my $round = sub {
        my ($kid, $token) = $mint->();
        my $reason = defined $token ? (asked($server, $token))[0] : 'none';

        $kids{$kid}++;

        # but for the one that was minted just before the change

        $refused++ if $reason ne 'ok' && ($mint->())[0] eq $kid;
    };

    $round->() for 1 .. 5;
    is(join(' ', sort keys %kids), 'ec256', 'two ends: the old one signs');
    is($refused, 0, 'two ends: and is let in');

    write_keys($server, $file->('ed25519'));
    eventually('two ends: both are read again', sub {
        $round->();
        return taken($server) == 2;
    });
    $round->() for 1 .. 5;

    is(join(' ', sort keys %kids), 'ec256 ed25519',
       'two ends: the new one signs');
    is($refused, 0, 'two ends: what is minted is let in, at any time');
    is_sound('two ends', $server);
}


# The end of a worker in the midst of it

{
    my $server = served(cheap('ec256'), 2);
    my %before = map { $_ => 1 } $server->workers;

    # the master is quicker with what it finds than they are

    in_the_midst('reload', $server, dear('ed25519'));
    write_keys($server, cheap('rsa1'));
    $server->signal('HUP');
    eventually('reload: the old workers go', sub {
        my @now = $server->workers;
        return @now == 2 && !grep { $before{$_} } @now;
    });
    is(taken($server), 0, 'reload: without an end of their reading');
    is((asked($server, token(key => 'rsa1')))[0], 'ok',
       'reload: the new ones have the newest set');
    is((asked($server, token(key => $_)))[0], 'key_not_found',
       "reload: and not that of $_") for 'ec256', 'ed25519';

    in_the_midst('quit', $server, dear('ec256'));
    is_sound('quit', $server);
}

{
    my $server = served(cheap('ec256'), 1);

    in_the_midst('stop', $server, dear('ed25519'));
    is_sound('stop', $server, 'TERM');
}
