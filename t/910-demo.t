# The demo keeps its promises: its own check, against PostgreSQL and Node.

use strict;
use warnings;

use Cwd qw(abs_path);

my @modules = split ' ', $ENV{TEST_NGINX_LOAD_MODULES}
                         // abs_path('build/ngx_toucan_module.so');

$ENV{PATH} .= ':/usr/sbin:/sbin';

my @missing = missing();

if (@missing) {
    print '1..0 # SKIP the demo needs ', join(', ', @missing), "\n";
    exit 0;
}

$ENV{TOUCAN_MODULE} = $modules[0];
$ENV{TOUCAN_DEMO_NGINX} = $ENV{TEST_NGINX_BINARY} if $ENV{TEST_NGINX_BINARY};

# It prints TAP, ports are free ones, and it ends what it started.

exec 'timeout', 300, 'conf-examples/demo/run', '--check';

die "conf-examples/demo/run: $!\n";


# The parts that are not there, with the names of their packages.

sub missing {
    my @r;

    push @r, "PostgreSQL's server (postgresql)"
        if !(grep { -x } glob('/usr/lib/postgresql/*/bin/initdb'))
           && !in_path('initdb');

    for (['psql', 'postgresql-client'], ['node', 'nodejs'], ['npm', 'npm'],
         ['curl', 'curl'], ['openssl', 'openssl'], ['setpriv', 'util-linux'])
    {
        push @r, "$_->[0] ($_->[1])" if !in_path($_->[0]);
    }

    push @r, 'the module as a file (a dynamic build)' if !@modules;

    return @r;
}

sub in_path {
    my $name = shift;

    return grep { -x "$_/$name" } split /:/, $ENV{PATH};
}
