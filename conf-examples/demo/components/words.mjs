// Why something is not shown, in words that a user can act on.
//
// Owns: a sentence for each code that the gate or the backend can send, and
// for what only the browser knows. A new code without a sentence shows as it
// is; `run --check` holds this table against the README's.

const sentences = {
    // the token
    TOKEN_MISSING: 'This view was asked for without a token.',
    TOKEN_CONFLICT: 'The page sent more than one token. It should send one.',
    TOKEN_INVALID: 'The page’s token is not one that this platform accepts.',
    TOKEN_EXPIRED: 'Your access has expired, and the page got no new one.',
    TOKEN_REVOKED: 'Your access has been withdrawn. Sign in again.',

    // the place, the user, the permission
    ORIGIN_DENIED: 'This view may not be shown at this place.',
    IDENTITY_DENIED: 'Your account lacks something that this platform needs '
                     + 'to know: role, environment or an attribute.',
    PERMISSION_DENIED: 'You may not see this. Ask whoever manages your '
                       + 'account for access.',

    // the token service, when a host hands its refusal on
    API_KEY_MISSING: 'The host application asked for a token without its '
                     + 'API key.',
    API_KEY_INVALID: 'The host application’s API key is not, or no longer, '
                     + 'valid.',
    KEY_IN_BROWSER: 'An API key has got into this page. It belongs on the '
                    + 'host application’s server: withdraw it.',
    SCOPE_EXCEEDS_KEY: 'The host application asked for more than its API '
                       + 'key may grant.',
    NOT_REFRESHABLE: 'This token cannot be renewed. Open the page again.',
    SESSION_EXPIRED: 'Your session is over. Sign in again.',
    INVALID_REQUEST: 'The platform did not understand the request.',
    METHOD_NOT_ALLOWED: 'The platform does not take this kind of request.',
    UNSUPPORTED_MEDIA_TYPE: 'The request was not in the form that the '
                            + 'platform reads.',
    BODY_TOO_LARGE: 'That was too long. Shorten it.',
    REVOCATIONS_FULL: 'The platform has no room for another revocation.',
    INTERNAL_ERROR: 'The platform has a fault. Try again later.',
    UNAVAILABLE: 'The platform cannot answer right now. Try again shortly.',

    // the backend
    NOT_FOUND: 'There is no such dashboard.',
    NO_IDENTITY: 'The backend was asked past the gate, and does not answer.',
    BAD_IDENTITY: 'The gate and the backend disagree about what a user has.',

    // what the browser knows
    ORIGIN_BLOCKED: 'This page’s origin is not allowed to embed this view: '
                    + 'the browser kept the answer from it.',
    UNREACHABLE: 'The platform cannot be reached. Check the connection.',
    HOST_GAVE_NO_TOKEN: 'The host application gave no token.',
    CUT: 'The answer was cut: the connection ended before the answer did.',
};

export class Refusal extends Error {
    constructor(code, detail = '') {
        super((sentences[code] ?? `The platform said ${code}.`)
              + (detail && ` (${detail})`));
        this.code = code;
        this.detail = detail;
    }

    static async from(res) {
        const { code } = await res.json().catch(() => ({}));

        return new Refusal(typeof code === 'string' ? code
                           : res.status >= 500 ? 'UNAVAILABLE'
                           : `HTTP ${res.status}`);
    }
}
