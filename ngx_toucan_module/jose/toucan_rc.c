
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

    [TOUCAN_CLASS_INTERNAL] = { 500, toucan_string("INTERNAL_ERROR"),
        toucan_string(""),
        toucan_string("the request cannot be checked") },
};


static const toucan_answer_t  toucan_answer_expired =
    { 401, toucan_string("TOKEN_EXPIRED"), toucan_string("invalid_token"),
      toucan_string("the token has expired") };

static const toucan_answer_t  toucan_answer_unavailable =
    { 503, toucan_string("UNAVAILABLE"), toucan_string(""),
      toucan_string("the request cannot be checked now") };


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
    switch (rc) {

    case TOUCAN_EXPIRED:
        return &toucan_answer_expired;

    case TOUCAN_NO_MEMORY:
    case TOUCAN_NOT_READY:
        return &toucan_answer_unavailable;

    default:
        return &toucan_answers[toucan_rc_class(rc)];
    }
}
