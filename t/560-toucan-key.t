# util/toucan-key: the keys that it makes are sound, by the measure of CryptX,
# Crypt::JWT and the module; its files keep what they should; what it refuses
# it names.

use strict;
use warnings;

use lib 't/lib';

use Crypt::JWT ();
use Digest::SHA ();
use File::Temp ();
use IPC::Open3 qw(open3);
use JSON::PP ();
use POSIX ();
use Test::More;

use Toucan::Jwe qw(jwe);
use Toucan::Server;
use Toucan::Test;

my $dir = File::Temp->newdir('toucan-key-XXXXXX', TMPDIR => 1);
my $file = "$dir/api.json";
my $json = JSON::PP->new->utf8;

umask 022;


# What it says: status, standard output, standard error.

sub tool {
    my ($args, $input) = @_;

    write_file("$dir/in", $input // '');
    open my $in, '<', "$dir/in" or die "$dir/in: $!\n";
    open my $err, '+>', undef or die "no file: $!\n";
    my $pid = open3('<&' . fileno $in, my $out, '>&' . fileno $err,
                    $^X, 'util/toucan-key', @$args);
    my $text = do { local $/; <$out> } // '';
    waitpid $pid, 0;
    my $status = $? >> 8;

    seek $err, 0, 0;
    my $said = do { local $/; <$err> } // '';

    return ($status, $text, $said);
}

sub made {
    my ($status, $out, $err) = tool(@_);

    is($status, 0, "@{$_[0]}") or diag($err);

    return wantarray ? ($out, $err) : $out;
}

sub jwk { return $json->decode(scalar made([@_])) }

sub refused {
    my ($want, $like, @args) = @_;

    my ($status, $out, $err) = tool([@args], "{}");

    is($status, $want, "refused: @args[0 .. ($#args < 5 ? $#args : 5)]");
    like($err, $like, '  by what is wrong');
    unlike($err, qr/ at \S+ line \d|uninitialized/, '  with no word of perl');
    is($out, '', '  and nothing is made');
}

sub write_file {
    my ($name, $text) = @_;

    open my $out, '>:raw', $name or die "$name: $!\n";
    print $out $text;
    close $out or die "$name: $!\n";
}

sub read_file {
    open my $in, '<:raw', $_[0] or return undef;
    local $/;
    return scalar <$in>;
}

sub keys_of { return $json->decode(read_file($_[0]))->{keys} }
sub mode    { return sprintf '%04o', (stat $_[0])[2] & 07777 }
sub files   { opendir my $d, $dir or die; return grep { !/^\./ } readdir $d }


# help

for my $name (qw(api withdraw list signing encryption master first
                 public))
{
    like(made([$name, '--help']), qr/^usage: toucan-key \Q$name\E\b/,
         '  its help');
    like(scalar made(['--help']), qr/^  \Q$name\E  /m, '  and it is listed');
}

refused(2, qr/^toucan-key: no command\ntry: toucan-key --help$/m);
refused(2, qr/no command "mint"/, 'mint');
refused(2, qr/try: toucan-key api --help/, 'api');
refused(2, qr/unknown option: secret/i, 'api', '--secret', 'x');
refused(2, qr/option id requires an argument/, 'api', '--id');
refused(2, qr/one argument too many: "b"/, 'api', '--id', 'a', 'b');
refused(2, qr/--file is missing/, 'list');


# API keys

{
    my ($key, $entry) = made(['api', '--id', '7f3a']);

    like($key, qr/^tk_live_7f3a_[A-Za-z0-9_-]{43}\n\z/, 'the key alone');
    is_deeply($json->decode($entry),
              {id => '7f3a', env => 'live', scopes => ['mint'],
               sha256 => Digest::SHA::sha256_hex($key =~ s/\n//r)},
              'its entry');
    unlike($entry, qr/\Q${\ substr $key, 13, 43}/, 'has no secret');
    isnt((made(['api', '--id', '7f3a']))[0], $key, 'no two are the same');

    ($key, $entry) = made([qw(api --id a-1 --env sandbox --scope mint
        --scope revoke --scopes),
        'introspect,mint', qw(--role explorer --role maker
        --permission dashboard:can_view --permission dashboard:can_edit
        --permission ai:can_query --origin https://app.acme.example
        --origin http://[::1]:8080 --max-lifetime 900
        --not-after 2096-02-29T23:59:59Z --organization), "acm\xc3\xa9 \"1\""]);

    like($key, qr/^tk_test_a-1_[A-Za-z0-9_-]{43}\n\z/, 'a sandbox key');
    is_deeply($json->decode($entry), {
        id => 'a-1', env => 'sandbox',
        sha256 => Digest::SHA::sha256_hex($key =~ s/\n//r),
        scopes => ['mint', 'revoke', 'introspect'],
        organization => "acm\x{e9} \"1\"", roles => ['explorer', 'maker'],
        permissions => {dashboard => ['can_view', 'can_edit'],
                        ai => ['can_query']},
        origins => ['https://app.acme.example', 'http://[::1]:8080'],
        maxLifetime => 900, notAfter => '2096-02-29T23:59:59Z'},
        'with everything');
    like($entry, qr/"maxLifetime": 900,/, 'a number is one');

    ($key, $entry) = made([qw(api --id d --days 90)]);
    my $end = time + 90 * 86400;
    my %stamp = map { POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $_) => 1 }
                $end - 60 .. $end;
    ok($stamp{$json->decode($entry)->{notAfter}}, 'it ends in 90 days');
}

refused(2, qr/id: "a_b" is not/, qw(api --id a_b));
refused(2, qr/id: "a\.b" is not/, qw(api --id a.b));
refused(2, qr/id: "a{65}" is not/, qw(api --id), 'a' x 65);
made([qw(api --id), 'a' x 64]);
refused(2, qr/id: "a\\n" is not/, qw(api --id), "a\n");
refused(2, qr/--id is empty/, qw(api --id), '');
refused(2, qr/--id is there twice/, qw(api --id a --id b));
refused(2, qr/env: "prod" is not/, qw(api --id a --env prod));
refused(2, qr/scopes: \["admin"\] is not/, qw(api --id a --scope admin));
refused(2, qr/scopes: \["mint",""\] is not/, qw(api --id a --scopes), 'mint,');
refused(2, qr/--permission "dashboard" is not/,
        qw(api --id a --permission dashboard));
refused(2, qr/permissions: \{"dashboard":\["view"\]\} is not/,
        qw(api --id a --permission dashboard:view));
refused(2, qr/permissions: \{"a b":/, qw(api --id a --permission),
        'a b:can_view');
refused(2, qr/origins: \["\Q$_\E"\] is not/, qw(api --id a --origin), $_)
    for 'https://a.example/', 'a.example', 'https://*.a.example',
        'https://a.example:0', 'https://a.example:65536', 'https://a..example',
        'https://u@a.example', 'https://a.example.', 'https://256.1.1.1',
        'https://[::1', 'https://[:::1]', 'null', '*';
made([qw(api --id a --origin), $_])
    for 'https://a.example:65535', 'https://1.2.3.4', 'capacitor://localhost';
refused(2, qr/--max-lifetime "\Q$_\E" is no number/,
        qw(api --id a --max-lifetime), $_) for '0', '1.5', '15m', '99999999999';
refused(2, qr/--days "0" is no number/, qw(api --id a --days 0));
refused(2, qr/notAfter: "\Q$_\E" is not/, qw(api --id a --not-after), $_)
    for '2096-02-30T00:00:00Z', '2096-01-01', '2096-01-01T00:00:00+00:00',
        '2096-01-01T24:00:00Z';
refused(2, qr/--not-after "2020-01-01T00:00:00Z" is over/,
        qw(api --id a --not-after 2020-01-01T00:00:00Z));
refused(2, qr/--days and --not-after exclude/,
        qw(api --id a --days 1 --not-after 2096-01-01T00:00:00Z));
refused(2, qr/organization: .* is not/, qw(api --id a --organization),
        "a\nb");
refused(2, qr/organization: .* is not/, qw(api --id a --organization),
        "\xc3\xa9" x 129);
made([qw(api --id a --organization), "\xc3\xa9" x 128]);
refused(2, qr/--role ".*" is not UTF-8/, qw(api --id a --role), "\xff");


# their file

{
    my ($key, $err) = made([qw(api --id one --file), $file]);

    is($err, '', 'with a file no entry is shown');
    is(mode($file), '0600', 'a new file is for its owner alone');
    is(keys_of($file)->[0]{sha256}, Digest::SHA::sha256_hex($key =~ s/\n//r),
       'the entry is in it');

    chmod 0640, $file;
    my @owner = $> == 0 ? (12, 34) : ($>, (split ' ', $))[0]);
    chown @owner, $file or die "$file: $!\n";
    my $inode = (stat $file)[1];

    open my $before, '<', $file or die "$file: $!\n";
    made([qw(api --id two --env sandbox --organization acme --file), $file]);

    is_deeply([map { $_->{id} } @{keys_of($file)}], ['one', 'two'],
              'another is added');
    is(mode($file), '0640', 'the mode stays');
    is_deeply([(stat $file)[4, 5]], \@owner, 'the owner stays');
    isnt((stat $file)[1], $inode, 'it is another file');
    is_deeply([map { $_->{id} } @{$json->decode(do { local $/; <$before> })
                                  ->{keys}}],
              ['one'], 'whoever reads the old one reads it whole');
    is_deeply([sort(files())], ['api.json', 'in'], 'nothing is left beside');

    my $text = read_file($file);
    refused(1, qr/"\Q$file\E" has already a key "two"/,
            qw(api --id two --file), $file);
    refused(1, qr/"\Q$file\E" has no key "three"/,
            qw(withdraw --id three --file), $file);
    is(read_file($file), $text, 'a refusal changes nothing');

    # by a link, the file behind it

    mkdir "$dir/links" or die "links: $!\n";
    symlink $file, "$dir/links/a" or die "link: $!\n";
    made(['api', '--id', 'old', '--not-after', '2096-01-01T00:00:00Z',
          '--file', "$dir/links/a"]);
    ok(-l "$dir/links/a", 'a link stays one');
    is(scalar @{keys_of($file)}, 3, 'the file behind it has a key more');

    write_file($file, read_file($file) =~ s/2096-/2020-/r);
    is(made([qw(list --file), $file]), <<'END', 'the list');
ID   ENV      ORGANIZATION  SCOPES  NOT AFTER
one  live     -             mint    -
two  sandbox  acme          mint    -
old  live     -             mint    2020-01-01T00:00:00Z (over)
END

    is(made([qw(withdraw --id), $_->[0], '--file', $file]),
       "withdrawn: \"$_->[0]\", keys left: $_->[1]\n", 'withdrawn')
        for ['one', 2], ['old', 1], ['two', 0];
    is_deeply($json->decode(read_file($file)), {keys => []}, 'the last, too');
    is(mode($file), '0640', 'the mode stays');
    unlink "$dir/links/a";
    rmdir "$dir/links";
}

# two at a time: no key is lost

{
    my @pids = map {
        my $id = "p$_";
        my $pid = fork // die "fork: $!\n";
        if ($pid == 0) {
            open STDOUT, '>', "$dir/$id.out";
            exec $^X, 'util/toucan-key', 'api', '--id', $id, '--file', $file
                or POSIX::_exit(127);
        }
        $pid;
    } 1 .. 6;

    for (@pids) {
        waitpid $_, 0;
        is($?, 0, 'one of six at once');
    }

    is(scalar @{keys_of($file)}, 6, 'all are there');
    unlink map { "$dir/p$_.out" } 1 .. 6;
}

refused(1, qr/"\Q$dir\E\/none": there is no such file/,
        qw(withdraw --id a --file), "$dir/none");
refused(1, qr/"\Q$dir\E\/none": there is no such file/,
        qw(first --kid a --file), "$dir/none");
refused(2, qr/--id is missing/, qw(withdraw --file), "$dir/none");
refused(2, qr/--id and --kid exclude each other/,
        qw(withdraw --id a --kid a --file), "$dir/none");
refused(2, qr/--kid is missing/, qw(first --file), "$dir/none");

# the order of a set, and taking one out

{
    my $set = "$dir/set";
    my $kids = sub { join ' ', map { $_->{kid} } @{keys_of($set)} };

    made(['signing', '--kid', $_, '--file', $set]) for qw(a b c);
    is($kids->(), 'a b c', 'three keys');

    is(made([qw(first --kid c --file), $set]), "first: \"c\"\n", 'one is first');
    is($kids->(), 'c a b', 'and the others follow as they were');
    is(made([qw(withdraw --kid a --file), $set]),
       "withdrawn: \"a\", keys left: 2\n", 'one is taken out');
    is($kids->(), 'c b', 'of the set');

    refused(1, qr/"\Q$set\E" has no key "a"/, qw(first --kid a --file), $set);
    refused(1, qr/"\Q$set\E" has no key "a"/,
            qw(withdraw --kid a --file), $set);
    made([qw(withdraw --kid c --file), $set]);
    refused(1, qr/"\Q$set\E" would be left without any key/,
            qw(withdraw --kid b --file), $set);
    is($kids->(), 'b', 'a refusal changes nothing');
    unlink $set;
}
refused(1, qr/"\Q$dir\E\/none": No such file/, qw(list --file), "$dir/none");
refused(1, qr/"\Q$dir\E\/no\/f": No such file/,
        qw(api --id a --file), "$dir/no/f");
refused(1, qr/"\Q$dir\E": not a regular file/, qw(api --id a --file), "$dir");

{
    my $sha = '"sha256":"' . '0a' x 32 . '"';
    my $all = "\"id\":\"a\",$sha,\"scopes\":[\"mint\"]";
    my $list = sub {
        write_file("$dir/f", $_[0]);
        return (qw(list --file), "$dir/f");
    };

    for ("{\"keys\":[{$all}]}", '{"keys":[]}',
         "{\"keys\":[{$all,\"comment\":\"of the shop\"}]}",
         "{\"keys\":[{$all,\"permissions\":{\"ai\":\"can_query\"},"
         . '"maxLifetime":2147483648}]}')
    {
        made([$list->($_)]);
    }

    for (['', 'not a JSON object'],
         ['{"keys":[}', 'not a JSON object, character \d+$'],
         ["{\"keys\":[]} x", 'not a JSON object'], ['[]', 'not a JSON object'],
         ["{\"keys\":[{$all,\"organization\":\"\xff\"}]}", 'not a JSON'],
         ['{}', '"keys" is no array'], ['{"keys":{}}', '"keys" is no array'],
         ['{"keys":[],"more":1}', 'a member beside "keys"'],
         ['{"keys":[1]}', 'key 1: not an object'],
         ["{\"keys\":[{$sha,\"scopes\":[\"mint\"]}]}", 'key 1: it has no id'],
         ['{"keys":[{"id":"a","scopes":["mint"]}]}', '"a": it has no sha256'],
         ["{\"keys\":[{\"id\":\"a\",$sha}]}", '"a": it has no scopes'],
         ["{\"keys\":[{$all},{$all}]}", 'has two keys "a"'],
         ["{\"keys\":[{$all,\"note\":1}]}", '"a": an unknown member "note"'],
         ["{\"keys\":[{$all,\"env\":\"live\",\"env\":\"sandbox\"}]}",
          'the member "env" is there twice'],
         ["{\"keys\":[{$all,\"env\":\"live\",\"\\u0065nv\":\"sandbox\"}]}",
          'is there twice'],
         ["{\"keys\":[{\"id\":7,$sha,\"scopes\":[\"mint\"]}]}", 'id: 7 is not'],
         ["{\"keys\":[{\"id\":\"a\",\"sha256\":\"0a\",\"scopes\":[\"mint\"]}]}",
          'sha256: "0a" is not'],
         (map { ["{\"keys\":[{$all,$_->[0]}]}", $_->[1]] }
          ['"maxLifetime":"900"', 'maxLifetime: "900" is not'],
          ['"maxLifetime":900.5', 'maxLifetime: 900.5 is not'],
          ['"maxLifetime":-1', 'maxLifetime: -1 is not'],
          ['"maxLifetime":null', 'maxLifetime: null is not'],
          ['"roles":[]', 'roles: \[\] is not'],
          ['"roles":"maker"', 'roles: "maker" is not'],
          ['"roles":[1]', 'roles: \[1\] is not'],
          ['"origins":["a"]', 'origins: \["a"\] is not'],
          ['"permissions":["ai"]', 'permissions: \["ai"\] is not'],
          ['"permissions":{"ai":"all"}', 'permissions: .* is not'],
          ['"notAfter":1800000000', 'notAfter: 1800000000 is not'],
          ['"env":null', 'env: null is not'],
          ['"organization":""', 'organization: "" is not']))
    {
        refused(1, qr/^toucan-key: "\Q$dir\E\/f":? .*$_->[1]/m,
                $list->($_->[0]));
    }

    my $text = '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]';
    write_file("$dir/f", $text);
    my ($status, undef, $err) = tool([qw(public --file), "$dir/f"]);
    is($status, 1, 'a broken file of secrets');
    unlike($err, qr/c2Vj/, 'is not repeated');
}


# keys that sign

my %bytes = (HS256 => 32, HS384 => 48, HS512 => 64);
my @month = map { POSIX::strftime('%Y-%m', gmtime time - $_) } 0, 3600;

for my $alg (qw(EdDSA ES256 ES384 ES512 RS256 PS512 HS256 HS384 HS512)) {
    my $jwk = jwk(qw(signing --alg), $alg);
    my $secret = $bytes{$alg};
    my $key = $secret ? unb64u($jwk->{k}) : $jwk;

    is(length $key, $secret, "  $secret bytes") if $secret;
    is("$jwk->{alg} $jwk->{use}", "$alg sig", '  alg, use');
    like($jwk->{kid}, qr/^(?:$month[0]|$month[1])-[0-9a-f]{4}\z/, '  kid');

    my $token = Crypt::JWT::encode_jwt(payload => '{"a":1}', alg => $alg,
                                       key => $key);
    my $half = $secret ? $key
             : $json->decode(scalar made(['public'], to_json($jwk)))->{keys}[0];

    is($half->{d}, undef, '  no private member') if !$secret;
    is(Crypt::JWT::decode_jwt(token => $token, key => $half)->{a}, 1,
       '  what it signs is verified by its public half');
    ok(!eval { Crypt::JWT::decode_jwt(token => tampered($token),
                                      key => $half) },
       '  and nothing else');
}

{
    my $jwk = jwk(qw(signing --kid k.1));
    is("$jwk->{alg} $jwk->{crv} $jwk->{kid}", 'EdDSA Ed25519 k.1', 'default');

    # leading zeros are kept: about one in 128 numbers has some

    my @short = grep { length unb64u($_) != 32 }
                map { my $k = jwk(qw(signing --alg ES256));
                      @$k{qw(x y d)} } 1 .. 12;
    is("@short", '', 'numbers of full length');

    my $rsa = jwk(qw(signing --alg RS256 --bits 2048));
    is(length unb64u($rsa->{n}), 256, '2048 bits');
    is($rsa->{e}, 'AQAB', 'e');
    my $pk = Crypt::PK::RSA->new(\to_json($rsa));
    ok($pk->is_private, 'CryptX takes it');
    is_deeply({%$rsa, %{$json->decode($pk->export_key_jwk('private'))}}, $rsa,
              'and writes the same numbers');
    is(length unb64u(jwk(qw(signing --alg RS256))->{n}), 384, 'default 3072');
}

refused(2, qr/--alg "none" is none for signing/, qw(signing --alg none));
refused(2, qr/--alg "A256KW" is none for signing/, qw(signing --alg A256KW));
refused(2, qr/--bits "1024" is no number/,
        qw(signing --alg RS256 --bits 1024));
refused(2, qr/--bits is for RSA, not for ES256/,
        qw(signing --alg ES256 --bits 2048));
refused(2, qr/--bits "2049" is no multiple/,
        qw(signing --alg RS256 --bits 2049));
refused(2, qr/--kid "a b" holds/, qw(signing --kid), 'a b');
refused(2, qr/--kid "k{257}" is longer/, qw(signing --kid), 'k' x 257);
refused(2, qr/--first is for a --file/, qw(signing --first));


# keys that decrypt

for (['ECDH-ES+A256KW'], ['ECDH-ES'], ['RSA-OAEP-256'],
     ['A128KW', 16], ['A192KW', 24], ['A256KW', 32], ['dir', 32])
{
    my ($alg, $secret) = @$_;
    my $jwk = jwk(qw(encryption --alg), $alg);
    my $key = $secret ? unb64u($jwk->{k}) : $jwk;

    is(length $key, $secret, "  $secret bytes") if $secret;
    is("$jwk->{use} $jwk->{alg}",
       'enc ' . ($alg eq 'dir' ? 'A256GCM' : $alg), '  use, alg');

    my $half = $secret ? $key
             : $json->decode(scalar made(['public'], to_json($jwk)))->{keys}[0];
    my $token = Crypt::JWT::encode_jwt(payload => '{"a":1}', alg => $alg,
                                       enc => 'A256GCM', key => $half);

    is(Crypt::JWT::decode_jwt(token => $token,
                              key => $secret ? $key : $jwk)->{a}, 1,
       '  what is encrypted for it is decrypted');
}

is(jwk('encryption')->{alg}, 'ECDH-ES+A256KW', 'the default');
refused(2, qr/--alg "RSA1_5" is none for encryption/,
        qw(encryption --alg RSA1_5));

{
    my $master = jwk(qw(master --kid m.2026.1));
    is(length unb64u(delete $master->{k}), 32, 'a master key of 32 bytes');
    is_deeply($master, {kty => 'oct', kid => 'm.2026.1',
                        key_ops => ['deriveKey']}, 'and no other member');
    made([qw(master --kid), 'm' x 191]);
}

refused(2, qr/--kid "m{192}" is longer than 191/, qw(master --kid), 'm' x 192);


# their file, and its public halves

{
    my $set = "$dir/sign.jwks";
    my ($kid, $err) = made([qw(signing --file), $set]);

    is($kid, keys_of($set)->[0]{kid} . "\n", 'the kid is told');
    is($err, '', 'and nothing else');
    is(mode($set), '0600', 'a new file is for its owner alone');

    made([qw(signing --alg ES256 --kid b --file), $set]);
    made([qw(signing --alg RS256 --bits 2048 --kid a --first --file), $set]);
    made([qw(master --kid m --file), $set]);
    made([qw(signing --alg HS256 --kid h --file), $set]);
    is_deeply([map { $_->{kid} } @{keys_of($set)}],
              ['a', $kid =~ s/\n//r, 'b', 'm', 'h'], 'first and last');
    refused(1, qr/"\Q$set\E" has already a key "b"/,
            qw(signing --kid b --file), $set);

    my ($out, $said) = made([qw(public --file), $set]);
    my %members = map { my $k = $_; map { $_ => 1 } keys %$k }
                  @{$json->decode($out)->{keys}};
    is_deeply([sort keys %members], [sort qw(kty kid use alg crv x y n e)],
              'no private member in public halves');
    is(scalar @{$json->decode($out)->{keys}}, 3, 'secrets are left out');
    like($said, qr/"oct", "\Q$_\E": no public half/, "and said so: $_")
        for 'm', 'h';

    is(made(['public'], read_file($set)), $out, 'the same by standard input');

    my $secret = read_file($set);
    unlike($out, qr/\Q$_\E/, 'a private number is not in it')
        for map { grep { defined } @$_{qw(d p q dp dq qi k)} }
            @{keys_of($set)};

    chmod 0644, $set;
    (undef, $said) = made([qw(signing --kid open --file), $set]);
    like($said, qr/"\Q$set\E" can be read by everybody/, 'a file too open');
    chmod 0640, $set;
    (undef, $said) = made([qw(signing --kid less --file), $set]);
    is($said, '', 'one for a group is fine');

    # what else stands in a set stays; a single key becomes a set

    write_file($set, '{"comment":"x","keys":[{"kty":"AKP","priv":"c2Vj"}]}');
    made([qw(signing --kid n --file), $set]);
    my $all = $json->decode(read_file($set));
    is($all->{comment}, 'x', 'another member of the set');
    is($all->{keys}[0]{priv}, 'c2Vj', 'a key of a type that is not known');
    unlike(made([qw(public --file), $set]), qr/c2Vj/, 'is not made public');

    write_file($set, '{"kty":"oct","kid":"single","k":"c2Vj"}');
    made([qw(signing --kid n --file), $set]);
    is_deeply([map { $_->{kid} } @{keys_of($set)}], ['single', 'n'],
              'beside a single key');

    refused(1, qr/"\Q$file\E": key "?\w+"?: it has no kty/,
            qw(signing --file), $file);
    refused(1, qr/"\Q$set\E": key 1: it has no id|unknown member/,
            qw(api --id a --file), $set);
}

{
    my $ops = sub {
        return $json->decode(scalar made(['public'], to_json(
            {%{jwk('signing')}, key_ops => [@_]})))->{keys}[0]{key_ops};
    };

    is_deeply($ops->('sign'), ['verify'], 'key_ops of a public half');
    is_deeply($ops->('sign', 'verify'), ['verify'], 'once');
    is_deeply($ops->('decrypt', 'unwrapKey'), ['encrypt', 'wrapKey'],
              'of one that encrypts');
    is($ops->('deriveKey'), undef, 'none of one that agrees');
}

refused(1, qr/"standard input": "keys" is no array/, 'public');

for ('{"kty":"oct","k":"c2Vj"}', '{"keys":[]}', '{"kty":"RSA","n":"AQ"}') {
    my ($status, $out, $err) = tool(['public'], $_);
    is($status, 1, 'no public half');
    like($err, qr/no key has a public half|it has no "e"/, '  is told');
    is($out, '', '  and nothing printed');
}


# openssl: what it is told, and what it may answer

{
    my ($real) = grep { -x } map { "$_/openssl" } split /:/, $ENV{PATH};
    my $fake = sub {
        write_file("$dir/openssl", "#!/bin/sh\n$_[0]\n");
        chmod 0755, "$dir/openssl";
    };
    local $ENV{PATH} = "$dir:$ENV{PATH}";

    $fake->("echo \"\$*\" >>'$dir/told'; exec $real \"\$@\"");
    my @made = map { jwk(@$_) } ['signing'], [qw(signing --alg ES512)],
               [qw(signing --alg RS256 --bits 2048)], ['encryption'],
               [qw(encryption --alg A256KW)], ['master'];
    my ($key) = made([qw(api --id a)]);
    my $told = read_file("$dir/told");

    like($told, qr/^(?:rand \d+\n|genpkey -text -algorithm [\w :-]+\n)+\z/,
         'nothing secret is on its command line');
    unlike($told, qr/\Q$_\E/, 'not this')
        for substr($key, 10, 43), map { grep { defined } @$_{qw(d k)} } @made;

    write_file($file, '{"keys":[]}');

    for (['exit 3', 'openssl rand failed'], ['exit 0', 'too few random bytes'],
         ['echo', 'too few random bytes'], ['kill $$', 'openssl rand failed'])
    {
        $fake->($_->[0]);
        refused(1, qr/$_->[1]/, qw(api --id a --file), $file);
    }

    for (['s/^priv:/other:/', 'openssl tells no "priv"'],
         ['s/^    ..:.*//', 'openssl tells no "priv"'],
         ['s/^ *04:/    05:/', 'a point of another form'],
         ['/^pub:/,$s/^    \(..:\)/    \1\1/', 'another (?:form|length)'],
         ['/^priv:/,/^pub:/s/^    ..:/    /', 'another length'])
    {
        $fake->("[ \"\$1\" = rand ] && exec $real \"\$@\"\n"
                . "$real \"\$@\" | sed '$_->[0]'");
        refused(1, qr/$_->[1]/, qw(signing --alg ES256 --kid a --file), $file);
    }

    is(read_file($file), '{"keys":[]}', 'the file is as it was');

    local $ENV{PATH} = "$dir/none";
    refused(1, qr/openssl: No such file/, 'signing');
    unlink "$dir/openssl", "$dir/told";
}


# what cannot be written whole is not written

{
    my @before = sort(files());
    my $command = "trap '' XFSZ; ulimit -f 0;"
                  . " exec $^X util/toucan-key api --id z --file $file 2>&1";
    my $said = `$command`;

    is($? >> 8, 1, 'a full disk');
    like($said, qr/\.new": File too large/, 'is named');
    unlike($said, qr/tk_live/, 'and no key told');
    is(read_file($file), '{"keys":[]}', 'the file is as it was');
    is_deeply([sort(files())], \@before, 'and nothing is beside it');
}

SKIP: {
    skip '/dev/full is not here', 1 if !-c '/dev/full';

    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        open STDOUT, '>', '/dev/full';
        open STDERR, '>', "$dir/full";
        exec $^X, 'util/toucan-key', 'signing' or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    is($? >> 8, 1, 'output that cannot be written is an error');
    like(read_file("$dir/full"), qr/standard output: No space/, '  named');
}


# the module takes them

{
    my $sign = "$dir/gate.jwks";
    my @algs = qw(EdDSA ES256 ES384 ES512 RS256 PS256 HS256);

    for (@algs) {
        made([qw(signing --kid), "k-$_", '--alg', $_, '--file', $sign]);
    }

    made(['encryption', '--kid', "k-$_", '--alg', $_, '--file',
          "$dir/enc.jwks"])
        for qw(ECDH-ES+A256KW RSA-OAEP-256 A256KW dir);

    my $public = made([qw(public --file), $sign]);
    my @secret = grep { $_->{kty} eq 'oct' } @{keys_of($sign)};

    my $s = Toucan::Server->new(
        files => {'conf/sign.jwks' => $public,
                  'conf/private.jwks' => read_file($sign),
                  'conf/secret.jwks' => to_json({keys => \@secret}),
                  'conf/enc.jwks' => read_file("$dir/enc.jwks")},
        http => <<'END');
server {
    listen 127.0.0.1:%port%;
    toucan_embed server;
    toucan_algorithms EdDSA ES256 ES384 ES512 RS256 PS256 HS256
                      ECDH-ES+A256KW RSA-OAEP-256 A256KW dir A256GCM;
    add_header X-Reason $toucan_reason always;

    location /signed/ {
        toucan "signed";
        toucan_key_file sign.jwks;
        toucan_key_file secret.jwks;
    }

    location /private/ {
        toucan "private";
        toucan_key_file private.jwks;
    }

    location /encrypted/ {
        toucan "encrypted";
        toucan_type encrypted;
        toucan_key_file enc.jwks;
    }

    location /nested/ {
        toucan "nested";
        toucan_type nested;
        toucan_key_file enc.jwks;
        toucan_key_file sign.jwks;
    }
}
END

    my ($said, $ok) = $s->test;
    ok($ok, 'nginx -t') or diag($said);
    unlike($said, qr/\[(?:warn|error|emerg)\]/, 'without a warning')
        or diag($said);

    # whoever is let in finds nothing there: 404

    my $reason = sub {
        my ($path, $token) = @_;
        my $r = $s->get($path, bearer($token));
        return $r->{head} =~ /^X-Reason: (\w+)/m ? $1
             : $r->{status} == 404 ? 'ok' : "status $r->{status}";
    };

    for my $jwk (@{keys_of($sign)}) {
        my $signed = sub {
            my $key = shift;
            return Crypt::JWT::encode_jwt(
                payload => to_json(claims()), alg => $jwk->{alg},
                key => $key->{kty} eq 'oct' ? unb64u($key->{k}) : $key,
                extra_headers => {kid => $jwk->{kid}});
        };

        is($reason->('/signed/', $signed->($jwk)), 'ok',
           "$jwk->{alg}: let in");
        is($reason->('/private/', $signed->($jwk)), 'ok',
           '  by the private file, too');
        is($reason->('/signed/',
                     $signed->(jwk(qw(signing --alg), $jwk->{alg}))),
           'bad_signature', '  another of the kind is not');
    }

    # what anybody can encrypt has a signature within

    my ($ec) = grep { $_->{alg} eq 'ES256' } @{keys_of($sign)};
    my $jws = Crypt::JWT::encode_jwt(
        payload => to_json(claims()), alg => 'ES256', key => $ec,
        extra_headers => {kid => $ec->{kid}});

    for my $jwk (@{keys_of("$dir/enc.jwks")}) {
        my $alg = $jwk->{kid} =~ s/^k-//r;
        my ($path, %o) = $jwk->{kty} eq 'oct' ? '/encrypted/'
                       : ('/nested/', nested => $jws);
        %o = (%o, alg => $alg, kid => $jwk->{kid});

        is($reason->($path, jwe(%o, key => $jwk)), 'ok', "$alg: let in");
        is($reason->($path, jwe(%o, key => jwk(qw(encryption --alg), $alg))),
           'bad_decrypt', '  under another of the kind is not');
    }

    $s->write('conf/enc.jwks', '{"keys":[]}');
    ($said, $ok) = $s->test;
    ok(!$ok, 'control: nginx -t of another file fails');
    ok($s->stop, 'it ends');
}

done_testing();
