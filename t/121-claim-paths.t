# toucan_claim: claims that somebody else's issuer has put elsewhere.  The
# backend's view of them is what is compared.

use lib 't/lib';
use Toucan::Test;
use Toucan::Cases;

sub foreign {
    my %change = @_;

    my $now = time;
    my $payload = {
        iss => 'https://idp.example.com', aud => 'analytics', iat => $now,
        exp => $now + 600, sub => 'auth0|7', %change,
    };
    delete @$payload{grep { !defined $payload->{$_} } keys %$payload};

    return bearer(payload => $payload);
}

run_tests();

__DATA__

=== TEST 1: dotted paths
--- gate
toucan_claim distinct_id sub;
toucan_claim role app_metadata.analytics.role;
toucan_claim attributes app_metadata.analytics.attrs;
toucan_claim permissions app_metadata.grants;
toucan_claim organization org_id;
toucan_attribute customerId type=integer required column=customer_id;
toucan_permission dashboard can_view;
add_header X-Seen "$toucan_distinct_id $toucan_role $toucan_organization $toucan_attr_customerId $toucan_permissions $toucan_rls";
--- request
GET /t
--- more_headers eval
foreign(org_id => 'acme', user => {distinctId => 'x', role => 'maker'},
        permissions => {ai => ['can_query']}, organization => 'other',
        app_metadata => {analytics => {role => 'explorer',
                                       attrs => {customerId => 42}},
                         grants => {dashboard => 'can_view'}})
--- response_headers
X-Seen: auth0|7 explorer acme 42 dashboard:can_view {"customer_id":42}


=== TEST 2: pointers, for names that hold a dot or a slash
--- gate
toucan_claim distinct_id /https:~1~1a.example~1id;
toucan_claim role "/a~0b/c d";
toucan_claim organization /o.rg;
add_header X-Seen "$toucan_distinct_id $toucan_role $toucan_organization";
--- request
GET /t
--- more_headers eval
foreign('https://a.example/id' => 'u1', 'a~b' => {'c d' => 'maker'},
        'o.rg' => 'acme', o => {rg => 'other'})
--- response_headers
X-Seen: u1 maker acme


=== TEST 3: what is not where it should be
--- gate
toucan_claim distinct_id who.id;
toucan_claim role who.role;
toucan_claim attributes who.attrs;
toucan_claim permissions who.grants;
toucan_claim resources who.things;
toucan_claim origins who.places;
--- cases eval
my $with = sub { foreign(who => {id => 'u', role => 'maker', @_}) };
[
    ['there', $with->(), 'ok'],
    ['sub may be somebody else', foreign(sub => 'x', who => {
        id => 'u', role => 'maker'}), 'ok'],
    ['no sub', foreign(sub => undef, who => {id => 'u', role => 'maker'}),
     'ok'],
    ['sub of the wrong form', foreign(sub => 5, who => {
        id => 'u', role => 'maker'}), 'bad_claim'],
    ['the usual place does not count',
     foreign(user => {distinctId => 'u', role => 'maker'}), 'bad_claim'],
    ['no id', foreign(who => {role => 'maker'}), 'bad_claim'],
    ['an empty id', $with->(id => ''), 'bad_claim'],
    ['an id of 257 bytes', $with->(id => 'u' x 257), 'bad_claim'],
    ['id is a number', $with->(id => 5), 'bad_claim'],
    ['no role', foreign(who => {id => 'u'}), 'role_denied'],
    ['role is null', $with->(role => null()), 'bad_claim'],
    ['who is a string', foreign(who => 'u'), 'bad_claim'],
    ['who is an array', foreign(who => ['u', {id => 'u'}]), 'bad_claim'],
    ['who is null', foreign(who => null()), 'bad_claim'],
    ['attributes of the wrong form', $with->(attrs => [1]), 'bad_claim'],
    ['permissions of the wrong form', $with->(grants => 'all'), 'bad_claim'],
    ['resources of the wrong form', $with->(things => {}), 'bad_claim'],
    ['origins of the wrong form', $with->(places => 'x'), 'bad_claim'],
    ['the usual places are not looked at',
     foreign(who => {id => 'u', role => 'maker'}, permissions => 5,
             resources => 5, origins => 5, user => 5), 'ok'],
]


=== TEST 4: moved permissions, resources and origins decide
--- gate
toucan_claim distinct_id sub;
toucan_claim role r;
toucan_claim permissions p.x;
toucan_claim resources p.y;
toucan_claim origins p.z;
toucan_embed component server;
toucan_origin https://a.example;
toucan_permission dashboard can_view $arg_d;
--- cases eval
my $with = sub { foreign(r => 'maker', p => {x => {dashboard => 'can_view'},
                                             @_}) };
my $sales = {type => 'dashboard', id => 'sales', actions => ['can_view']};
[
    ['permitted', $with->(), 'ok', 'GET /t?d=sales'],
    ['permitted by the usual claim alone',
     foreign(r => 'maker', permissions => {dashboard => ['can_view']}),
     'permission_denied', 'GET /t?d=sales'],
    ['the object', $with->(y => [$sales]), 'ok', 'GET /t?d=sales'],
    ['another object', $with->(y => [$sales]), 'object_denied',
     'GET /t?d=costs'],
    ['bound to a place', $with->(z => ['https://a.example']),
     'token_origin_denied', 'GET /t?d=sales'],
    ['from that place', $with->(z => ['https://a.example'])
     . "\nOrigin: https://a.example", 'ok', 'GET /t?d=sales'],
    ['bound to another place', $with->(z => ['https://b.example'])
     . "\nOrigin: https://a.example", 'token_origin_denied',
     'GET /t?d=sales'],
]


=== TEST 5: a path of eight names
--- gate
toucan_claim distinct_id a.b.c.d.e.f.g.h;
toucan_roles any;
--- cases eval
my $deep = {h => 'u'};
$deep = {$_ => $deep} for reverse 'b' .. 'g';
[
    ['there', foreign(a => $deep), 'ok'],
    ['too short', foreign(a => {b => {c => 'u'}}), 'bad_claim'],
]


=== TEST 6: numbers are no names of array elements
--- gate
toucan_claim distinct_id sub;
toucan_claim role /roles/0;
--- cases eval
[
    ['an array', foreign(roles => ['maker']), 'bad_claim'],
    ['an object', foreign(roles => {0 => 'maker'}), 'ok'],
]
