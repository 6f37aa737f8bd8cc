# While revocations are posted, workers and the whole of nginx are killed at
# random points: whatever was answered 204 holds, in every worker, and no
# start fails.

use strict;
use warnings;

use lib 't/lib';
use Toucan::Test;
use Toucan::Server;
use Toucan::Revocations;

use File::Temp ();
use POSIX ();
use Time::HiRes qw(time);

plan('no_plan');

my $ROUNDS = $ENV{TOUCAN_CRASHES} || 200;
my $POSTERS = 3;

srand(my $seed = $ENV{TOUCAN_SEED} || time);
diag("TOUCAN_SEED=$seed") if $ENV{TOUCAN_CRASHES};

my $folder = File::Temp->newdir('toucan-crash-XXXXXX', TMPDIR => 1);
chmod 0755, $folder;

my $server = Toucan::Server->new(
    main => 'worker_processes 2;',
    http => revocations(state => "$folder/revoked", size => '4m'),
    files => { 'conf/keys.jwks' => jwks_public('ed25519'),
               'conf/apikeys.json' => api_keys() },
);

sub named {
    return token(key => 'ed25519', age => 5, claims => {jti => $_[0]});
}


# One that posts: a line for each answer, "name status"; names differ, but
# for a user in between, so that the file has something to drop.

sub poster {
    my $i = shift;

    my $pid = fork // die "fork: $!\n";
    return $pid if $pid;

    open my $out, '>>', "$folder/answers.$i" or POSIX::_exit(1);

    for my $n (1 .. 1_000_000) {
        my ($name, $body) = $n % 8 ? ("u$i", {distinctId => "u$i"})
                                   : ("p$i-$n", {jti => "p$i-$n"});
        my $status = revoke($server, $body)->{status};
        syswrite $out, "$name $status\n" if $status;
        select undef, undef, undef, $status ? 0.0015 : 0.005;
    }

    POSIX::_exit(0);
}

sub answers {
    my @r;

    for my $i (1 .. $POSTERS) {
        open my $in, '<', "$folder/answers.$i" or next;
        local $/;
        push @r, map { [split / /] } split /\n/, <$in> // '';
    }

    return @r;
}

my @posters = map { poster($_) } 1 .. $POSTERS;

# what was answered, and is not refused by both of the workers

sub lost {
    my @names = @_;
    my @lost;

    for my $name (@names) {
        my $token = named($name);
        my $said = revoked_by_all($server, $token);
        push @lost, "$name: $said" if $said;
    }

    return @lost;
}

sub acknowledged {
    return grep { /^p/ } map { $_->[1] == 204 ? $_->[0] : () } answers();
}

# a while; or until the file is being made anew, which is soon over

my $rewriting = 0;

sub some_time {
    my ($longest, $wait) = @_;

    if (!$wait) {
        select undef, undef, undef, rand $longest;
        return;
    }

    my $end = time + 1.5;

    while (time < $end) {
        if (-s "$folder/revoked" && -s "$folder/revoked.alt") {
            $rewriting++;
            return;
        }
    }
}

# a start that is killed before it has come to its end, with all its children

sub stillborn {
    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        POSIX::setsid();
        open STDOUT, '>', "$folder/stdout";
        open STDERR, '>&', \*STDOUT;
        exec $server->command('-g', 'daemon off;') or POSIX::_exit(127);
    }

    select undef, undef, undef, 0.004 + rand 0.02;

    kill KILL => -$pid;
    waitpid $pid, 0;
    eventually(sub { !alive($pid) }) or diag('children are left');
}

# of that group, but for those that nobody has waited for

sub alive {
    my $group = shift;

    return grep {
        my $opened = open my $in, '<', $_;
        ($opened && <$in> // '') =~ /\) [^ZX] \d+ $group /
    } glob '/proc/[0-9]*/stat';
}

my ($workers, $all, $starts, $failed, @lost) = (0, 0, 0, 0);

for my $round (1 .. $ROUNDS) {

    # some time without a start, in which the file grows

    my $long = $round % 100 < 50;

    some_time(0.04, $long && $round % 12 == 0);

    if ($long || rand() < 0.4) {
        my @now = $server->workers;
        $workers += kill KILL => $round % 3 ? $now[rand @now] : @now if @now;
        next;
    }

    my @before = acknowledged();
    my @last = splice @before, @before > 3 ? -3 : 0;

    $server->slay or diag('not all are gone');
    $all++;

    if (rand() < 0.5) {
        stillborn();
        $starts++;
    }

    if (!eval { $server->start }) {
        diag($@);
        $failed++;
        last;
    }

    push @lost, lost(@last);
}

is($failed, 0, "$workers workers, $all times all of them, $starts starts are "
               . 'killed, and each start that is not is one');
is("@lost", '', 'after it, what was answered last holds');

kill KILL => @posters;
waitpid $_, 0 for @posters;

ok($server->slay, 'killed for the last time') if $server->pid;
ok(eval { $server->start }, 'and started') or diag($@);

my @answers = answers();
my @names = acknowledged();

is(scalar(grep { $_->[1] != 204 } @answers), 0, 'each answer was 204')
    or diag(join ' ', map { "@$_" } grep { $_->[1] != 204 } @answers);
cmp_ok(scalar @names, '>', $ROUNDS, scalar(@names) . ' names were answered');

@lost = lost(@names);
is("@lost", '', 'all of them hold in every worker');
is(scalar reason_of($server, named('nobody')), '', 'others are let in');

my @headers = map {
    open my $in, '<', $_ or die;
    scalar(<$in>) // ''
} map { "$folder/revoked$_" } '', '.alt';
my ($generation) = sort { $b <=> $a }
                   map { /^\S+ 1 (\S+)/ ? hex $1 : 0 } @headers;

cmp_ok($generation, '>', 2, "the file was made anew meanwhile "
                            . "($generation times)");

diag("$workers workers, $all times all of them, $starts starts killed, "
     . "$rewriting times in a rewriting; " . @answers . ' answers, '
     . @names . " names, generation $generation") if $ENV{TOUCAN_CRASHES};

# what nginx says of a worker that had a lock is not our fault

my @bad = grep { /\[(?:alert|crit|emerg)\]/
                 && !/exited on signal 9|"tokens" was locked by/ }
          split /^/, $server->read('logs/error.log');
is(scalar @bad, 0, 'nothing broke') or diag(@bad[0 .. ($#bad > 9 ? 9 : $#bad)]);
ok($server->stop('QUIT'), 'it ends well');
