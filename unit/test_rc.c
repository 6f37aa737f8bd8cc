
/*
 * Owns: the tests of results: each has its name, sentence and class, and what
 * a client is told of it.
 */


#include "identity.h"


typedef struct {
    toucan_rc_t      rc;
    toucan_class_e   class;
    unsigned         status;
    const char      *code;
    const char      *error;
} answer_row_t;


/* one of each class, and those that differ from their class */

static const answer_row_t  answer_rows[] = {
    { TOUCAN_OK, TOUCAN_CLASS_OK, 200, "OK", "" },
    { TOUCAN_NO_TOKEN, TOUCAN_CLASS_MISSING, 401, "TOKEN_MISSING", "" },
    { TOUCAN_TOKEN_CONFLICT, TOUCAN_CLASS_CONFLICT, 400, "TOKEN_CONFLICT",
      "invalid_request" },
    { TOUCAN_TOO_LARGE, TOUCAN_CLASS_MALFORMED, 401, "TOKEN_INVALID",
      "invalid_token" },
    { TOUCAN_CRIT_UNKNOWN, TOUCAN_CLASS_MALFORMED, 401, "TOKEN_INVALID",
      "invalid_token" },
    { TOUCAN_ALG_NOT_ALLOWED, TOUCAN_CLASS_UNTRUSTED, 401, "TOKEN_INVALID",
      "invalid_token" },
    { TOUCAN_BAD_SIGNATURE, TOUCAN_CLASS_UNTRUSTED, 401, "TOKEN_INVALID",
      "invalid_token" },
    { TOUCAN_BAD_DECRYPT, TOUCAN_CLASS_UNTRUSTED, 401, "TOKEN_INVALID",
      "invalid_token" },
    { TOUCAN_EXPIRED, TOUCAN_CLASS_TIME, 401, "TOKEN_EXPIRED",
      "invalid_token" },
    { TOUCAN_NOT_YET_VALID, TOUCAN_CLASS_TIME, 401, "TOKEN_INVALID",
      "invalid_token" },
    { TOUCAN_REVOKED, TOUCAN_CLASS_REVOKED, 401, "TOKEN_REVOKED",
      "invalid_token" },
    { TOUCAN_ORIGIN_DENIED, TOUCAN_CLASS_PLACE, 403, "ORIGIN_DENIED", "" },
    { TOUCAN_ROLE_DENIED, TOUCAN_CLASS_IDENTITY, 403, "IDENTITY_DENIED", "" },
    { TOUCAN_OBJECT_DENIED, TOUCAN_CLASS_PERMISSION, 403, "PERMISSION_DENIED",
      "insufficient_scope" },
    { TOUCAN_ATTRIBUTE_UNDECLARED, TOUCAN_CLASS_IDENTITY, 403,
      "IDENTITY_DENIED", "" },
    { TOUCAN_SESSION_EXPIRED, TOUCAN_CLASS_TIME, 401, "SESSION_EXPIRED",
      "invalid_token" },
    { TOUCAN_API_KEY_MISSING, TOUCAN_CLASS_API_KEY, 401, "API_KEY_MISSING",
      "" },
    { TOUCAN_API_KEY_INVALID, TOUCAN_CLASS_API_KEY, 401, "API_KEY_INVALID",
      "invalid_token" },
    { TOUCAN_API_KEY_EXPIRED, TOUCAN_CLASS_API_KEY, 401, "API_KEY_INVALID",
      "invalid_token" },
    { TOUCAN_API_KEY_CONFLICT, TOUCAN_CLASS_REQUEST, 400, "INVALID_REQUEST",
      "invalid_request" },
    { TOUCAN_KEY_IN_BROWSER, TOUCAN_CLASS_GRANT, 403, "KEY_IN_BROWSER", "" },
    { TOUCAN_SCOPE_EXCEEDS_KEY, TOUCAN_CLASS_GRANT, 403, "SCOPE_EXCEEDS_KEY",
      "" },
    { TOUCAN_NOT_REFRESHABLE, TOUCAN_CLASS_GRANT, 403, "NOT_REFRESHABLE",
      "" },
    { TOUCAN_BAD_REQUEST, TOUCAN_CLASS_REQUEST, 400, "INVALID_REQUEST", "" },
    { TOUCAN_METHOD_NOT_ALLOWED, TOUCAN_CLASS_REQUEST, 405,
      "METHOD_NOT_ALLOWED", "" },
    { TOUCAN_MEDIA_TYPE, TOUCAN_CLASS_REQUEST, 415, "UNSUPPORTED_MEDIA_TYPE",
      "" },
    { TOUCAN_BODY_TOO_LARGE, TOUCAN_CLASS_REQUEST, 413, "BODY_TOO_LARGE",
      "" },
    { TOUCAN_REVOCATIONS_FULL, TOUCAN_CLASS_INTERNAL, 507,
      "REVOCATIONS_FULL", "" },
    { TOUCAN_STATE_NOT_WRITTEN, TOUCAN_CLASS_INTERNAL, 500, "INTERNAL_ERROR",
      "" },
    { TOUCAN_INTERNAL, TOUCAN_CLASS_INTERNAL, 500, "INTERNAL_ERROR", "" },
    { TOUCAN_NO_MEMORY, TOUCAN_CLASS_INTERNAL, 503, "UNAVAILABLE", "" },
    { TOUCAN_NOT_READY, TOUCAN_CLASS_INTERNAL, 503, "UNAVAILABLE", "" },

    /* no code at all */

    { TOUCAN_RC_MAX, TOUCAN_CLASS_INTERNAL, 500, "INTERNAL_ERROR", "" },
    { (toucan_rc_t) -1, TOUCAN_CLASS_INTERNAL, 500, "INTERNAL_ERROR", "" }
};


/* A name as operators see it. */

static int
is_name(toucan_str_t name)
{
    size_t  i;

    for (i = 0; i < name.len; i++) {
        if ((name.data[i] < 'a' || name.data[i] > 'z')
            && (name.data[i] < '0' || name.data[i] > '9')
            && name.data[i] != '_')
        {
            return 0;
        }
    }

    return name.len > 0;
}


static void
test_names(void)
{
    int           same;
    toucan_rc_t   rc, other;
    toucan_str_t  name;

    for (rc = TOUCAN_OK; rc < TOUCAN_RC_MAX; rc++) {
        name = toucan_rc_name(rc);
        same = 0;

        for (other = TOUCAN_OK; other < rc; other++) {
            same |= toucan_str_eq(name, toucan_rc_name(other))
                    || toucan_str_eq(toucan_rc_sentence(rc),
                                     toucan_rc_sentence(other));
        }

        ok(is_name(name) && !same && toucan_rc_sentence(rc).len > 0,
           "%s has a name and a sentence of its own", name.data);

        ok((toucan_rc_class(rc) == TOUCAN_CLASS_OK) == (rc == TOUCAN_OK)
           && (toucan_rc_answer(rc)->status == 200) == (rc == TOUCAN_OK),
           "%s: only OK lets in", name.data);
    }

    is_view(toucan_rc_name(TOUCAN_OK), "ok", "the name of OK");
    is_view(toucan_rc_name(TOUCAN_RC_MAX), "internal", "of no code");
    is_view(toucan_rc_sentence((toucan_rc_t) -1), "an internal error",
            "its sentence");
}


/* "TOKEN_INVALID" */

static int
is_code(toucan_str_t code)
{
    size_t  i;

    for (i = 0; i < code.len; i++) {
        if ((code.data[i] < 'A' || code.data[i] > 'Z')
            && code.data[i] != '_')
        {
            return 0;
        }
    }

    return code.len > 0;
}


/* Each reason has an answer that refuses, and one that its class would give. */

static void
test_all_answers(void)
{
    const char             *name;
    toucan_rc_t             rc;
    toucan_class_e          class;
    const toucan_answer_t  *answer;

    for (rc = TOUCAN_OK + 1; rc < TOUCAN_RC_MAX; rc++) {
        name = (const char *) toucan_rc_name(rc).data;
        class = toucan_rc_class(rc);
        answer = toucan_rc_answer(rc);

        ok(answer->status >= 400 && answer->status < 600, "%s: a refusal",
           name);
        ok(is_code(answer->code), "%s: a code", name);
        ok(answer->message.len > 0 && answer->error.data != NULL,
           "%s: a message, and an error if only an empty one", name);
        ok((class == TOUCAN_CLASS_INTERNAL) == (answer->status >= 500),
           "%s: our fault, or not", name);

        /* RFC 6750 section 3.1: the statuses of its errors */

        ok(!toucan_str_is(answer->error, "invalid_token")
           || answer->status == 401, "%s: invalid_token is 401", name);
        ok(!toucan_str_is(answer->error, "insufficient_scope")
           || answer->status == 403, "%s: insufficient_scope is 403", name);
        ok(!toucan_str_is(answer->error, "invalid_request")
           || answer->status == 400, "%s: invalid_request is 400", name);
    }
}


static void
test_answers(void)
{
    size_t                  i;
    const char             *name;
    const answer_row_t     *row;
    const toucan_answer_t  *answer;

    for (i = 0; i < unit_n(answer_rows); i++) {
        row = &answer_rows[i];
        name = (const char *) toucan_rc_name(row->rc).data;
        answer = toucan_rc_answer(row->rc);

        is_int(toucan_rc_class(row->rc), row->class, "%s: the class", name);
        is_int(answer->status, row->status, "%s: the status", name);
        is_view(answer->code, row->code, "%s: the code", name);
        is_view(answer->error, row->error, "%s: the error", name);
        ok(answer->message.len > 0, "%s: a message", name);
    }
}


int
main(void)
{
    test_names();
    test_all_answers();
    test_answers();

    return done_testing();
}
