# Owns: a library that, preloaded into nginx, kills or stops a process while it
# cleanses shared memory: then it holds the lock of a zone.

package Toucan::Killer;

use strict;
use warnings;

use Exporter qw(import);
use File::Temp ();
use Test::More ();

our @EXPORT = qw(killer skip_unless_preloaded);


=head1 FUNCTIONS

=head2 skip_unless_preloaded()

Skips the suite where nothing can be preloaded.

=cut

sub skip_unless_preloaded {
    my $nginx = $ENV{TEST_NGINX_BINARY} || 'nginx';

    Test::More::plan(skip_all => 'nothing can be loaded before a sanitizer')
        if `ldd "\$(command -v $nginx)"` =~ /asan/;
}


=head2 killer(OPTIONS)

    every => N      a process kills itself at its Nth piece of shared memory
    flag => 1       instead: one does as soon as there is the file C<flag>
    signal => NAME  what it sends itself; default SIGKILL

A hash with C<so>, for LD_PRELOAD, and C<flag>, the path; its folder goes with
it.  Of the piece one half is cleansed.

=cut

sub killer {
    my %o = @_;

    my $dir = File::Temp->newdir('toucan-killer-XXXXXX', TMPDIR => 1);
    my $self = { dir => $dir, so => "$dir/kill.so", flag => "$dir/now" };

    open my $out, '>', "$dir/kill.c" or die "kill.c: $!\n";
    print $out do { local $/; <DATA> };
    close $out or die "kill.c: $!\n";

    system('cc', '-O1', '-shared', '-fPIC',
           $o{flag} ? qq(-DFLAG="$self->{flag}") : "-DEVERY=$o{every}",
           '-DSIGNAL=' . ($o{signal} // 'SIGKILL'), '-o', $self->{so}, "$dir/kill.c") == 0
        or Test::More::BAIL_OUT('no cc for kill.c');

    return $self;
}


1;

__DATA__
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int
is_shared(const void *p)
{
    int            shared;
    char           line[512], mode[5];
    FILE          *maps;
    unsigned long  first, last, at;

    at = (unsigned long) p;
    shared = 0;
    maps = fopen("/proc/self/maps", "r");

    if (maps == NULL) {
        abort();
    }

    while (fgets(line, sizeof(line), maps)) {
        if (sscanf(line, "%lx-%lx %4s", &first, &last, mode) == 3
            && at >= first && at < last)
        {
            shared = (mode[3] == 's');
            break;
        }
    }

    fclose(maps);

    return shared;
}

static int
is_time(const void *p)
{
#ifdef FLAG

    return access(FLAG, F_OK) == 0 && is_shared(p) && unlink(FLAG) == 0;

#else

    static unsigned  pieces;

    return is_shared(p) && ++pieces == EVERY;

#endif
}

void
OPENSSL_cleanse(void *p, size_t len)
{
    size_t          i;
    volatile char  *bytes = p;

    if (is_time(p)) {

        for (i = 0; i < len / 2; i++) {
            bytes[i] = 0;
        }

        kill(getpid(), SIGNAL);
    }

    for (i = 0; i < len; i++) {
        bytes[i] = 0;
    }
}
