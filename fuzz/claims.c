
/*
 * Owns: the fuzz target of payloads.  The input is a payload and, each behind
 * a NUL, the object, path, arguments and Origin of a request.
 */


#define _GNU_SOURCE
#include "policy.h"


typedef struct {
    toucan_str_t         object;
    toucan_str_t         path;
    toucan_str_t         args;
    toucan_str_t         origin;
} fuzz_asked_t;


/* decodeURIComponent(), of what we encoded */

static toucan_str_t
fuzz_decode(unit_arena_t *a, toucan_str_t text)
{
    char      hex[3];
    size_t    i, n;
    uint8_t  *p;

    p = toucan_arena_alloc(&a->arena, text.len);
    n = 0;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] != '%') {
            p[n++] = text.data[i];
            continue;
        }

        fuzz_must(i + 2 < text.len, "a broken escape at the end");

        hex[0] = (char) text.data[++i];
        hex[1] = (char) text.data[++i];
        hex[2] = '\0';

        fuzz_must(strspn(hex, "0123456789ABCDEF") == 2, "%%%s", hex);
        p[n++] = (uint8_t) strtoul(hex, NULL, 16);
    }

    return toucan_str(p, n);
}


/* Nothing of a header can end it, or be trimmed away. */

static void
fuzz_value(toucan_str_t value, unsigned i)
{
    if (value.data == NULL || value.len == 0) {
        return;
    }

    fuzz_must(fuzz_printable(value) && value.data[0] != ' '
              && value.data[value.len - 1] != ' ',
              "header %u: \"%.*s\"", i, toucan_fmt(value));
}


static void
fuzz_headers(unit_arena_t *a, const toucan_policy_t *policy,
    const toucan_claims_t *claims, const toucan_place_t *place)
{
    unsigned             i;
    toucan_str_t         values[TOUCAN_HEADER_MAX + unit_n(fuzz_attrs)], rls;
    const toucan_doc_t  *doc;

    fuzz_must(toucan_headers_fill(policy, claims, place, &a->arena, values)
              == TOUCAN_OK, "headers");

    for (i = 0; i < TOUCAN_HEADER_MAX + policy->nattrs; i++) {
        fuzz_value(values[i], i);
    }

    fuzz_must(toucan_str_eq(fuzz_decode(a, values[TOUCAN_HEADER_DISTINCT_ID]),
                            claims->distinct_id),
              "distinct id: %.*s",
              toucan_fmt(values[TOUCAN_HEADER_DISTINCT_ID]));

    rls = values[TOUCAN_HEADER_RLS];

    if (rls.data != NULL) {
        fuzz_must(toucan_json_parse(rls, &toucan_json_file_limits, &a->arena,
                                    &doc) == TOUCAN_OK,
                  "rls: %.*s", toucan_fmt(rls));
    }
}


/*
 * Written and read again, the payload gives the same claims: the same scope,
 * and the same user.
 */

static void
fuzz_claims_again(unit_arena_t *a, const toucan_policy_t *policy,
    const toucan_claims_t *claims)
{
    toucan_str_t         key, text, perms;
    toucan_claims_t      again;
    const toucan_doc_t  *doc;

    key = toucan_scope_key(policy, claims, &a->arena);
    perms = toucan_permissions_text(claims, &a->arena);

    fuzz_must(key.len == 64 && perms.data != NULL && fuzz_printable(perms),
              "scope key of %zu, permissions of %zu bytes", key.len,
              perms.len);

    text = fuzz_json(a, claims->doc, toucan_json_root(claims->doc));

    fuzz_must(toucan_json_parse(text, &toucan_json_file_limits, &a->arena,
                                &doc) == TOUCAN_OK
              && toucan_claims_read(&again, policy, doc) == TOUCAN_OK,
              "written, and not read again");
    fuzz_must(toucan_str_eq(again.distinct_id, claims->distinct_id)
              && again.exp == claims->exp && again.iat == claims->iat
              && again.nbf == claims->nbf && again.env == claims->env
              && toucan_str_eq(toucan_scope_key(policy, &again, &a->arena),
                               key),
              "written, and read otherwise");
}


static void
fuzz_claims_sound(const toucan_claims_t *claims)
{
    fuzz_must(claims->distinct_id.len > 0
              && claims->distinct_id.len <= TOUCAN_DISTINCT_ID_MAX,
              "a distinct id of %zu bytes", claims->distinct_id.len);
    fuzz_must(claims->exp >= 0 && claims->exp <= TOUCAN_JSON_MAX_INTEGER
              && claims->iat >= 0 && claims->iat <= TOUCAN_JSON_MAX_INTEGER
              && claims->nbf >= 0 && claims->nbf <= TOUCAN_JSON_MAX_INTEGER,
              "exp %lld, iat %lld, nbf %lld", (long long) claims->exp,
              (long long) claims->iat, (long long) claims->nbf);
    fuzz_must(claims->env == TOUCAN_ENV_LIVE
              || claims->env == TOUCAN_ENV_SANDBOX, "env %d", claims->env);
}


/* The attributes whose places were kept are those that a search finds. */

static void
fuzz_claims_attrs(const toucan_policy_t *policy,
    const toucan_claims_t *claims)
{
    unsigned          i;
    toucan_claims_t   searched;

    searched = *claims;
    searched.ndeclared = 0;

    fuzz_must(claims->ndeclared == policy->nattrs
              && toucan_attrs_check(policy, claims)
                 == toucan_attrs_check(policy, &searched),
              "%u of %u attributes kept", claims->ndeclared, policy->nattrs);

    for (i = 0; i < policy->nattrs; i++) {
        fuzz_must(toucan_attr_node(&policy->attrs[i], claims)
                  == toucan_attr_node(&policy->attrs[i], &searched),
                  "attribute %u is kept otherwise", i);
    }
}


static void
fuzz_claims_time(const toucan_policy_t *policy, const toucan_claims_t *claims)
{
    unsigned     i;
    toucan_rc_t  rc;

    const int64_t  times[] = {
        0, FUZZ_NOW, TOUCAN_JSON_MAX_INTEGER, INT64_MAX,
        claims->exp + policy->leeway, claims->exp + policy->leeway - 1,
        claims->iat - policy->leeway, claims->iat - policy->leeway - 1
    };

    for (i = 0; i < unit_n(times); i++) {
        rc = toucan_claims_time(claims, policy, times[i]);

        fuzz_must(rc != TOUCAN_OK
                  || (claims->exp > times[i] - policy->leeway
                      && claims->iat - policy->leeway <= times[i]
                      && claims->nbf - policy->leeway <= times[i]),
                  "good at %lld", (long long) times[i]);
    }
}


/* Each of the token's origins that the allowlist accepts may frame it. */

static void
fuzz_frame(unit_arena_t *a, const toucan_policy_t *policy,
    const toucan_place_t *place, const toucan_claims_t *claims)
{
    toucan_str_t          header, source;
    toucan_origin_t       origin;
    const toucan_node_t  *node;

    header = toucan_frame_ancestors(policy, place, claims, &a->arena);
    fuzz_value(header, 0);
    fuzz_must(header.len > 0 && memchr(header.data, ';', header.len) == NULL
              && memchr(header.data, ',', header.len) == NULL,
              "%.*s", toucan_fmt(header));

    if (claims->origins == NULL || place->origin.len > 0
        || header.len > TOUCAN_ANCESTORS_MAX - TOUCAN_ORIGIN_MAX)
    {
        return;
    }

    for (node = toucan_json_child(claims->doc, claims->origins);
         node != NULL;
         node = toucan_json_sibling(claims->doc, claims->origins, node))
    {
        if (toucan_origin_parse(&origin, toucan_json_string(claims->doc, node))
            != TOUCAN_OK || !toucan_origins_match(policy->origins, &origin))
        {
            continue;
        }

        source = toucan_origin_text(&origin);

        fuzz_must(memmem(header.data, header.len, source.data, source.len)
                  != NULL, "%.*s is not in it: %.*s", toucan_fmt(source),
                  toucan_fmt(header));
    }
}


static void
fuzz_claims_asked(unit_arena_t *a, const toucan_policy_t *policy,
    const toucan_claims_t *claims, const fuzz_asked_t *asked)
{
    unsigned           i;
    toucan_rc_t        rc, attrs, perms;
    toucan_str_t       objects[unit_n(fuzz_rules)];
    toucan_place_t     place;
    toucan_request_t   request;

    memset(&request, 0, sizeof(toucan_request_t));

    for (i = 0; i < unit_n(fuzz_rules); i++) {
        objects[i] = fuzz_rules[i].has_object ? asked->object
                                              : toucan_str(NULL, 0);
    }

    request.method = TOUCAN_METHOD_GET;
    request.own_origin = toucan_cstr(UNIT_OWN);
    request.path = asked->path;
    request.args = asked->args;
    request.objects = objects;
    request.now = FUZZ_NOW;
    request.origin.value = asked->origin;
    request.origin.count = asked->origin.len > 0;

    toucan_place_check(policy, &request, &place);

    rc = toucan_decide(policy, &request, &place, claims);
    attrs = toucan_attrs_check(policy, claims);
    perms = toucan_perm_check(policy, &request, claims);

    fuzz_must(rc != TOUCAN_OK
              || (place.rc == TOUCAN_OK && attrs == TOUCAN_OK
                  && perms == TOUCAN_OK
                  && toucan_place_token(policy, &place, claims) == TOUCAN_OK),
              "let in, attributes %d, permissions %d", attrs, perms);

    fuzz_frame(a, policy, &place, claims);
    fuzz_headers(a, policy, claims, &place);
}


/* Any value of a payload can be asked for as $toucan_claim_NAME. */

static void
fuzz_claims_values(unit_arena_t *a, const toucan_doc_t *doc)
{
    uint32_t  i;

    for (i = 0; i < doc->nodes && i < 64; i++) {
        fuzz_value(toucan_header_value(doc, &doc->node[i], &a->arena), i);
    }
}


/* What a configuration may name; a name that is taken is plain ASCII. */

static void
fuzz_words(unit_arena_t *a, toucan_str_t word)
{
    unsigned            i;
    toucan_path_t       path;
    toucan_diag_t       why;
    toucan_attr_type_e  type;

    toucan_diag_init(&why);

    if (toucan_path_parse(&path, word, &a->arena, &why) == TOUCAN_OK) {
        fuzz_must(path.n > 0 && path.n <= TOUCAN_PATH_MAX, "%u segments",
                  path.n);

        for (i = 0; i < path.n; i++) {
            fuzz_must(path.segments[i].len > 0, "segment %u is empty", i);
        }

    } else {
        fuzz_must(path.n == 0, "%u segments of no path", path.n);
        fuzz_told(&why);
    }

    if (toucan_attr_name_valid(word) || toucan_attr_column_valid(word)
        || toucan_model_valid(word))
    {
        fuzz_must(word.len > 0 && fuzz_printable(word)
                  && memchr(word.data, ' ', word.len) == NULL
                  && memchr(word.data, '"', word.len) == NULL,
                  "a name: %.*s", toucan_fmt(word));
    }

    (void) toucan_attr_find(fuzz_policy(0), word);
    (void) toucan_attr_type_find(word, &type);
    (void) toucan_action_find(word);
    (void) toucan_claim_find(word);
    (void) toucan_env_find(word);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned                i;
    toucan_rc_t             rc;
    toucan_str_t            text;
    fuzz_asked_t            asked;
    unit_arena_t            a;
    toucan_claims_t         claims;
    const toucan_doc_t     *doc;
    const toucan_policy_t  *policy;

    unit_arena_init(&a, 0);

    text = fuzz_cut(&a, &data, &size, '\0');
    asked.object = fuzz_cut(&a, &data, &size, '\0');
    asked.path = fuzz_cut(&a, &data, &size, '\0');
    asked.args = fuzz_cut(&a, &data, &size, '\0');
    asked.origin = fuzz_cut(&a, &data, &size, '\0');

    if (toucan_json_parse(text, &toucan_json_token_limits, &a.arena, &doc)
        != TOUCAN_OK)
    {
        unit_arena_done(&a);
        return 0;
    }

    fuzz_words(&a, asked.object);
    fuzz_claims_values(&a, doc);

    for (i = 0; i < FUZZ_POLICIES; i++) {
        policy = fuzz_policy(i);

        memset(&claims, 0xa5, sizeof(toucan_claims_t));
        rc = toucan_claims_read(&claims, policy, doc);

        if (rc != TOUCAN_OK) {
            fuzz_must(rc == TOUCAN_BAD_CLAIM && claims.doc == NULL, "rc %d",
                      rc);
            continue;
        }

        (void) toucan_claims_issuer(&claims, policy);

        fuzz_claims_sound(&claims);
        fuzz_claims_attrs(policy, &claims);
        fuzz_claims_time(policy, &claims);
        fuzz_claims_asked(&a, policy, &claims, &asked);
        fuzz_claims_again(&a, policy, &claims);
    }

    unit_arena_done(&a);

    return 0;
}
