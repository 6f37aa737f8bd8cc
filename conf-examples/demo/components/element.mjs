// What <tc-dashboard> and <tc-ai-assistant> have in common: their token.
//
// Owns: where the token is kept (a private field: the `auth-token` attribute
// is read, never written), when a new one is asked for, and requests that
// carry it. A new token changes nothing that a user sees or has selected.
//
//   server-url      attribute: the platform's origin
//   auth-token      attribute: a token to begin with
//   refresh-after   attribute, optional: when to ask for the next one, in
//                   seconds since 1970, as the gate says it
//   getToken        property: async ({reason, token}) => what the gate
//                   answered the host's server, or the token alone. Asked
//                   before a token ends, and once when the gate says that it
//                   has ended (reason: first, refresh or the gate's code)
//   tc-renewed      event: a new token is in use

import { Refusal } from './words.mjs';

const ENDED = ['TOKEN_EXPIRED', 'TOKEN_REVOKED', 'TOKEN_MISSING'];
const LONGEST = 2 ** 31 - 1;

// The gate names the time when a fifth of a life is left, more than a quarter
// of what was waited: three more tries, in twelfths of that, are before its end.

const RETRIES = 3;

// h('p', { class: 'x', onclick }, 'text', child): an element; text is text.

export function h(tag, props = {}, ...children) {
    const element = document.createElement(tag);

    for (const [name, value] of Object.entries(props)) {
        if (name.startsWith('on')) {
            element.addEventListener(name.slice(2), value);
        } else if (value !== undefined && value !== false) {
            element.setAttribute(name, value === true ? '' : value);
        }
    }

    element.append(...children);
    return element;
}

// In how many seconds, from now, to ask for the next token. The times of one
// answer are held against each other, so this machine's clock may be wrong.

function secondsLeft({ token, refreshAfter, expiresAt, expiresInSeconds }) {
    if (refreshAfter && expiresAt && expiresInSeconds) {
        return refreshAfter - (expiresAt - expiresInSeconds);
    }

    if (refreshAfter) {
        return refreshAfter - Date.now() / 1000;
    }

    try {    // a signed token can be read, an encrypted one cannot
        const { exp, iat } = JSON.parse(atob(token.split('.')[1]
            .replaceAll('-', '+').replaceAll('_', '/')));
        return (exp - iat) * 0.8;
    } catch {
        return NaN;
    }
}

export class TokenElement extends HTMLElement {
    static observedAttributes = ['auth-token', 'server-url'];

    #token = '';
    #getToken;
    #asking;
    #failures = 0;
    #due = NaN;
    #span = NaN;
    #timer;
    #waiting = false;

    renewals = 0;

    // --- for the elements that are made of this

    start() {}                  // connected, or something has changed
    renewed() {}                // a new token is in use
    renewalFailed() {}          // the host gave none (e, and whether to end)

    get server() {
        return new URL(this.getAttribute('server-url') || '/',
                       location.href).origin;
    }

    get renewsAt() { return this.#due; }

    // --- the life of an element

    connectedCallback() {
        if (Object.hasOwn(this, 'getToken')) {    // set before the script ran
            const { getToken } = this;
            delete this.getToken;
            this.getToken = getToken;
        }

        this.#wait();
        this.#startSoon();
    }

    disconnectedCallback() {
        clearTimeout(this.#timer);
    }

    attributeChangedCallback(name, before, now) {
        if (name === 'auth-token' && now) {
            this.#take({ token: now, refreshAfter:
                         Number(this.getAttribute('refresh-after')) });
        }
        if (before !== now) {
            this.#startSoon();
        }
    }

    get getToken() { return this.#getToken; }

    set getToken(ask) {
        this.#getToken = ask;
        this.#startSoon();
    }

    // Attributes and properties that are set together start it once.

    #startSoon() {
        if (!this.#waiting) {
            this.#waiting = true;
            queueMicrotask(() => {
                this.#waiting = false;
                if (this.isConnected) {
                    this.start();
                }
            });
        }
    }

    // --- the token

    #take(answer) {
        this.#token = answer.token;
        this.#failures = 0;
        this.#dueIn(secondsLeft(answer));
    }

    // A due time can be given without a token, too: a page in a frame has its
    // first one in a cookie that no script can read.

    renewAfter(seconds) {
        this.#dueIn(seconds - Date.now() / 1000);
    }

    // A little earlier than the gate says: then it is there in time.

    #dueIn(seconds) {
        this.#span = Math.max(seconds * 0.9, 1);
        this.#due = Date.now() + this.#span * 1000;
        this.#wait();
    }

    #wait() {
        clearTimeout(this.#timer);

        if (this.isConnected && this.#due) {
            const ms = Math.max(this.#due - Date.now(), 1000);
            this.#timer = setTimeout(() => this.#refresh(),
                                     Math.min(ms, LONGEST));
        }
    }

    async #refresh() {
        if (!this.#getToken) {
            return;
        }

        try {
            await this.renew('refresh');
        } catch (e) {
            const over = ++this.#failures > RETRIES;

            if (!over) {
                this.#due = Date.now() + this.#span * 1000 / 12;
                this.#wait();
            }
            this.renewalFailed(e, over);
        }
    }

    renew(reason) {
        this.#asking ??= this.#ask(reason).finally(() => {
            this.#asking = undefined;
        });

        return this.#asking;
    }

    async #ask(reason) {
        let answer;

        try {
            answer = await this.#getToken({ reason, token: this.#token });
        } catch (e) {
            throw new Refusal('HOST_GAVE_NO_TOKEN', e.message);
        }

        if (typeof answer === 'string') {
            answer = { token: answer };
        }
        if (typeof answer?.token !== 'string' || answer.token === '') {
            throw new Refusal('HOST_GAVE_NO_TOKEN');
        }

        this.#take(answer);

        if (reason !== 'first') {
            this.renewals++;
            this.renewed();
            this.dispatchEvent(new CustomEvent('tc-renewed', {
                bubbles: true, composed: true,
                detail: { renewals: this.renewals },
            }));
        }
    }

    // --- requests

    // The answer, when it is a good one; else a Refusal is thrown.

    async request(path, options) {
        if (this.#token === '' && this.#getToken) {
            await this.renew('first');
        }

        try {
            return await this.#send(path, options);

        } catch (e) {
            if (!ENDED.includes(e.code) || !this.#getToken) {
                throw e;
            }
            await this.renew(e.code).catch((why) => {
                this.#dueIn(NaN);
                throw new Refusal(e.code, why.detail);
            });
            return this.#send(path, options);
        }
    }

    async #send(path, { headers, ...options } = {}) {
        let res;

        if (/^tk_(live|test)_/.test(this.#token)) {
            throw new Refusal('KEY_IN_BROWSER');
        }

        try {
            res = await fetch(this.server + path, {
                ...options,
                headers: {
                    ...headers,
                    ...(this.#token
                        && { Authorization: `Bearer ${this.#token}` }),
                },
            });
        } catch (e) {
            throw e.name === 'AbortError' ? e : await this.#noAnswer();
        }

        if (!res.ok) {
            throw await Refusal.from(res);
        }

        return res;
    }

    // fetch() says the same of a page that may not read an answer and of a
    // server that is not there. What needs no permission tells them apart.

    async #noAnswer() {
        try {
            await fetch(new URL('toucan.mjs', import.meta.url), {
                method: 'HEAD', mode: 'no-cors', cache: 'no-store',
            });
        } catch {
            return new Refusal('UNREACHABLE');
        }

        return this.server === location.origin
            ? new Refusal('UNREACHABLE')
            : new Refusal('ORIGIN_BLOCKED', location.origin);
    }
}
