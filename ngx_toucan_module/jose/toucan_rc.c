
/*
 * The tables behind toucan_rc.h: reason names and sentences, and what a
 * client is told of each class.
 */


#include "jose/toucan_rc.h"


typedef struct {
    toucan_str_t     name;
    toucan_str_t     sentence;
    toucan_class_e   class;
} toucan_reason_t;


static const toucan_reason_t  toucan_reasons[] = {
    { toucan_string("ok"), toucan_string("accepted"), TOUCAN_CLASS_OK },
#define TOUCAN_RC_ROW(code, name, class, sentence)                            \
    { toucan_string(name), toucan_string(sentence), TOUCAN_CLASS_##class },
    TOUCAN_RC_MAP(TOUCAN_RC_ROW)
#undef TOUCAN_RC_ROW
};


static const toucan_answer_t  toucan_answers[] = {

    [TOUCAN_CLASS_OK] = { 200, toucan_string("OK"), toucan_string(""),
        toucan_string("accepted") },

    [TOUCAN_CLASS_MISSING] = { 401, toucan_string("TOKEN_MISSING"),
        toucan_string(""),
        toucan_string("a token is required") },

    [TOUCAN_CLASS_CONFLICT] = { 400, toucan_string("TOKEN_CONFLICT"),
        toucan_string("invalid_request"),
        toucan_string("the request carries more than one token") },

    [TOUCAN_CLASS_MALFORMED] = { 401, toucan_string("TOKEN_INVALID"),
        toucan_string("invalid_token"),
        toucan_string("the token is not valid") },

    [TOUCAN_CLASS_UNTRUSTED] = { 401, toucan_string("TOKEN_INVALID"),
        toucan_string("invalid_token"),
        toucan_string("the token is not valid") },

    [TOUCAN_CLASS_TIME] = { 401, toucan_string("TOKEN_INVALID"),
        toucan_string("invalid_token"),
        toucan_string("the token is not valid") },

    [TOUCAN_CLASS_REVOKED] = { 401, toucan_string("TOKEN_REVOKED"),
        toucan_string("invalid_token"),
        toucan_string("the token has been revoked") },

    [TOUCAN_CLASS_PLACE] = { 403, toucan_string("ORIGIN_DENIED"),
        toucan_string(""),
        toucan_string("the request may not come from here") },

    [TOUCAN_CLASS_IDENTITY] = { 403, toucan_string("IDENTITY_DENIED"),
        toucan_string(""),
        toucan_string("the user is not accepted here") },

    [TOUCAN_CLASS_PERMISSION] = { 403, toucan_string("PERMISSION_DENIED"),
        toucan_string("insufficient_scope"),
        toucan_string("the token does not permit this") },

    [TOUCAN_CLASS_API_KEY] = { 401, toucan_string("API_KEY_INVALID"),
        toucan_string("invalid_token"),
        toucan_string("the API key is not valid") },

    [TOUCAN_CLASS_GRANT] = { 403, toucan_string("SCOPE_EXCEEDS_KEY"),
        toucan_string(""),
        toucan_string("the API key does not permit this") },

    [TOUCAN_CLASS_REQUEST] = { 400, toucan_string("INVALID_REQUEST"),
        toucan_string(""),
        toucan_string("the request is not of the right form") },

    [TOUCAN_CLASS_INTERNAL] = { 500, toucan_string("INTERNAL_ERROR"),
        toucan_string(""),
        toucan_string("the request cannot be checked") },
};


/* Where a reason has an answer of its own. */

static const struct {
    toucan_rc_t      rc;
    toucan_answer_t  answer;
} toucan_own_answers[] = {

    { TOUCAN_EXPIRED, { 401, toucan_string("TOKEN_EXPIRED"),
        toucan_string("invalid_token"),
        toucan_string("the token has expired") } },

    { TOUCAN_SESSION_EXPIRED, { 401, toucan_string("SESSION_EXPIRED"),
        toucan_string("invalid_token"),
        toucan_string("the session has ended: sign in again") } },

    { TOUCAN_API_KEY_MISSING, { 401, toucan_string("API_KEY_MISSING"),
        toucan_string(""),
        toucan_string("an API key is required") } },

    { TOUCAN_API_KEY_CONFLICT, { 400, toucan_string("INVALID_REQUEST"),
        toucan_string("invalid_request"),
        toucan_string("the request carries more than one API key") } },

    { TOUCAN_KEY_IN_BROWSER, { 403, toucan_string("KEY_IN_BROWSER"),
        toucan_string(""),
        toucan_string("an API key belongs on a server: this one was sent by "
                      "a browser and must be replaced") } },

    { TOUCAN_NOT_REFRESHABLE, { 403, toucan_string("NOT_REFRESHABLE"),
        toucan_string(""),
        toucan_string("this token cannot be refreshed: sign in again") } },

    { TOUCAN_METHOD_NOT_ALLOWED, { 405, toucan_string("METHOD_NOT_ALLOWED"),
        toucan_string(""),
        toucan_string("the method is not allowed here") } },

    { TOUCAN_MEDIA_TYPE, { 415, toucan_string("UNSUPPORTED_MEDIA_TYPE"),
        toucan_string(""),
        toucan_string("the body is of another media type") } },

    { TOUCAN_BODY_TOO_LARGE, { 413, toucan_string("BODY_TOO_LARGE"),
        toucan_string(""),
        toucan_string("the body is too large") } },

    { TOUCAN_REVOCATIONS_FULL, { 507, toucan_string("REVOCATIONS_FULL"),
        toucan_string(""),
        toucan_string("there is no room for another revocation") } },

    { TOUCAN_NO_MEMORY, { 503, toucan_string("UNAVAILABLE"),
        toucan_string(""),
        toucan_string("the request cannot be checked now") } },

    { TOUCAN_NOT_READY, { 503, toucan_string("UNAVAILABLE"),
        toucan_string(""),
        toucan_string("the request cannot be checked now") } }
};


static const toucan_reason_t *
toucan_reason(toucan_rc_t rc)
{
    if ((unsigned) rc >= TOUCAN_RC_MAX) {
        rc = TOUCAN_INTERNAL;
    }

    return &toucan_reasons[rc];
}


toucan_str_t
toucan_rc_name(toucan_rc_t rc)
{
    return toucan_reason(rc)->name;
}


toucan_str_t
toucan_rc_sentence(toucan_rc_t rc)
{
    return toucan_reason(rc)->sentence;
}


toucan_class_e
toucan_rc_class(toucan_rc_t rc)
{
    return toucan_reason(rc)->class;
}


const toucan_answer_t *
toucan_rc_answer(toucan_rc_t rc)
{
    size_t  i;

    for (i = 0; i < sizeof(toucan_own_answers) / sizeof(toucan_own_answers[0]);
         i++)
    {
        if (toucan_own_answers[i].rc == rc) {
            return &toucan_own_answers[i].answer;
        }
    }

    return &toucan_answers[toucan_rc_class(rc)];
}
