
/*
 * The one result enum of the lower floors.  Every way of failing has a code,
 * a stable snake_case name (the "reason" that operators see), a class (what
 * the client sees) and a sentence (what the error log says).
 */


#ifndef _TOUCAN_RC_H_INCLUDED_
#define _TOUCAN_RC_H_INCLUDED_


#include "jose/toucan_str.h"


/* XX(code, name, class, sentence) */

#define TOUCAN_RC_MAP(XX)                                                     \
    XX(NO_TOKEN, "no_token", MISSING,                                         \
       "the request carries no token")                                        \
    XX(TOKEN_CONFLICT, "token_conflict", CONFLICT,                            \
       "a token source is repeated, or two sources hold different tokens")    \
    XX(TOO_LARGE, "too_large", MALFORMED,                                     \
       "the token is larger than the limit")                                  \
    XX(BAD_FORMAT, "bad_format", MALFORMED,                                   \
       "the token is not a compact JWS or JWE")                               \
    XX(BAD_BASE64, "bad_base64", MALFORMED,                                   \
       "a part of the token is not base64url")                                \
    XX(BAD_JSON, "bad_json", MALFORMED,                                       \
       "a part of the token is not a strict JSON object")                     \
    XX(BAD_CLAIM, "bad_claim", MALFORMED,                                     \
       "a header parameter or claim is absent or of the wrong form")          \
    XX(CRIT_UNKNOWN, "crit_unknown", MALFORMED,                               \
       "the header names a critical extension that is not understood")        \
    XX(ALG_NOT_ALLOWED, "alg_not_allowed", UNTRUSTED,                         \
       "the algorithm is not allowed here, or not with this key")             \
    XX(KEY_NOT_FOUND, "key_not_found", UNTRUSTED,                             \
       "no key fits the token's kid")                                         \
    XX(BAD_SIGNATURE, "bad_signature", UNTRUSTED,                             \
       "the signature does not verify")                                       \
    XX(BAD_DECRYPT, "bad_decrypt", UNTRUSTED,                                 \
       "the token cannot be decrypted")                                       \
    XX(BAD_ISSUER, "bad_issuer", UNTRUSTED,                                   \
       "the issuer is not one of those configured")                           \
    XX(BAD_AUDIENCE, "bad_audience", UNTRUSTED,                               \
       "the audience does not include one of those configured")               \
    XX(BAD_TYPE, "bad_type", UNTRUSTED,                                       \
       "the token is of a type that is not accepted here")                    \
    XX(EXPIRED, "expired", TIME,                                              \
       "the token has expired")                                               \
    XX(NOT_YET_VALID, "not_yet_valid", TIME,                                  \
       "the token is not valid yet")                                          \
    XX(LIFETIME_TOO_LONG, "lifetime_too_long", TIME,                          \
       "the token's lifetime is longer than the limit")                       \
    XX(REVOKED, "revoked", REVOKED,                                           \
       "the token has been revoked")                                          \
    XX(KIND_NOT_ALLOWED, "kind_not_allowed", PLACE,                           \
       "requests of this kind are not accepted here")                         \
    XX(ORIGIN_MISSING, "origin_missing", PLACE,                               \
       "nothing tells or limits which page embeds this one")                  \
    XX(ORIGIN_MALFORMED, "origin_malformed", PLACE,                           \
       "an Origin or Referer header is repeated or is no origin")             \
    XX(ORIGIN_DENIED, "origin_denied", PLACE,                                 \
       "the origin is not in the allowlist")                                  \
    XX(TOKEN_ORIGIN_DENIED, "token_origin_denied", PLACE,                     \
       "the token is bound to other origins")                                 \
    XX(ROLE_DENIED, "role_denied", IDENTITY,                                  \
       "the role is not one of those accepted")                               \
    XX(ATTRIBUTE_MISSING, "attribute_missing", IDENTITY,                      \
       "a required attribute is absent or empty")                             \
    XX(ATTRIBUTE_TYPE, "attribute_type", IDENTITY,                            \
       "an attribute is of another type than declared")                       \
    XX(ATTRIBUTE_UNDECLARED, "attribute_undeclared", IDENTITY,                \
       "an attribute is not one of those declared")                           \
    XX(ENV_DENIED, "env_denied", IDENTITY,                                    \
       "the token's environment is not accepted here")                        \
    XX(PERMISSION_DENIED, "permission_denied", PERMISSION,                    \
       "the token does not grant the action")                                 \
    XX(OBJECT_DENIED, "object_denied", PERMISSION,                            \
       "the token does not grant the object, or its name is ambiguous")       \
    XX(API_KEY_MISSING, "api_key_missing", API_KEY,                           \
       "the request carries no API key")                                      \
    XX(API_KEY_CONFLICT, "api_key_conflict", REQUEST,                         \
       "the request carries more than one API key")                           \
    XX(API_KEY_INVALID, "api_key_invalid", API_KEY,                           \
       "the API key is none of those in the file")                            \
    XX(API_KEY_EXPIRED, "api_key_expired", API_KEY,                           \
       "the API key's notAfter has passed")                                   \
    XX(KEY_IN_BROWSER, "key_in_browser", GRANT,                               \
       "the API key was sent by a browser")                                   \
    XX(SCOPE_EXCEEDS_KEY, "scope_exceeds_key", GRANT,                         \
       "the request asks for more than the API key may give")                 \
    XX(NOT_REFRESHABLE, "not_refreshable", GRANT,                             \
       "no session of ours, or its API key is gone or may not mint")          \
    XX(SESSION_EXPIRED, "session_expired", TIME,                              \
       "the session has reached its end")                                     \
    XX(BAD_REQUEST, "bad_request", REQUEST,                                   \
       "the request's body is not of the right form")                         \
    XX(METHOD_NOT_ALLOWED, "method_not_allowed", REQUEST,                     \
       "the endpoint is not for this method")                                 \
    XX(MEDIA_TYPE, "media_type", REQUEST,                                     \
       "the body is not of the endpoint's media type")                        \
    XX(BODY_TOO_LARGE, "body_too_large", REQUEST,                             \
       "the body is larger than the limit")                                   \
    XX(REVOCATIONS_FULL, "revocations_full", INTERNAL,                        \
       "the revocation zone is full")                                         \
    XX(STATE_NOT_WRITTEN, "state_not_written", INTERNAL,                      \
       "the revocation could not be written to the state file")               \
    XX(INTERNAL, "internal", INTERNAL,                                        \
       "an internal error")                                                   \
    XX(NO_MEMORY, "no_memory", INTERNAL,                                      \
       "out of memory")                                                       \
    XX(NOT_READY, "not_ready", INTERNAL,                                      \
       "the keys are not loaded")


typedef enum {
    TOUCAN_OK = 0,
#define TOUCAN_RC_CODE(code, name, class, sentence)  TOUCAN_##code,
    TOUCAN_RC_MAP(TOUCAN_RC_CODE)
#undef TOUCAN_RC_CODE
    TOUCAN_RC_MAX
} toucan_rc_t;


typedef enum {
    TOUCAN_CLASS_OK = 0,
    TOUCAN_CLASS_MISSING,
    TOUCAN_CLASS_CONFLICT,
    TOUCAN_CLASS_MALFORMED,
    TOUCAN_CLASS_UNTRUSTED,
    TOUCAN_CLASS_TIME,
    TOUCAN_CLASS_REVOKED,
    TOUCAN_CLASS_PLACE,
    TOUCAN_CLASS_IDENTITY,
    TOUCAN_CLASS_PERMISSION,
    TOUCAN_CLASS_API_KEY,
    TOUCAN_CLASS_GRANT,
    TOUCAN_CLASS_REQUEST,
    TOUCAN_CLASS_INTERNAL
} toucan_class_e;


/* What a client is told of a result: points to static memory. */

typedef struct {
    unsigned         status;        /* HTTP status, RFC 9110 section 15 */
    toucan_str_t     code;          /* of the JSON body */
    toucan_str_t     error;         /* RFC 6750 section 3.1; may be empty */
    toucan_str_t     message;       /* says no claim and no value */
} toucan_answer_t;


/* All four point to static memory; an unknown code reads as "internal". */

toucan_str_t toucan_rc_name(toucan_rc_t rc);
toucan_str_t toucan_rc_sentence(toucan_rc_t rc);
toucan_class_e toucan_rc_class(toucan_rc_t rc);
const toucan_answer_t *toucan_rc_answer(toucan_rc_t rc);


#endif /* _TOUCAN_RC_H_INCLUDED_ */
