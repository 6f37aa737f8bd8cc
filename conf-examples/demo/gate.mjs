// What the host application asks the gate: tokens, and their end.
//
// Owns: the API key, which stays on this side, and every request that carries
// it. mint(), renew() and revoke() are all that an application of your own
// needs; spoiled() and attempts show what the gate says to what it should not
// let in.
//
// Environment: GATE_ADDRESS (where this server reaches the gate), APP (the
// origin of our own pages), ELSEWHERE, API_KEY_FILE, LIFETIME (of tokens, in
// seconds).

import { generateKeyPairSync, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { users } from './users.mjs';

const { GATE_ADDRESS, APP, ELSEWHERE, API_KEY_FILE } = process.env;
const LIFETIME = Number(process.env.LIFETIME ?? 300);
const key = (await readFile(API_KEY_FILE, 'utf8')).trim();

async function ask(path, options) {
    const res = await fetch(GATE_ADDRESS + path, options);

    return { status: res.status, text: await res.text() };
}

const post = (path, body, headers) => ask(path, {
    method: 'POST', body: JSON.stringify(body),
    headers: { 'x-api-key': key, 'Content-Type': 'application/json',
               ...headers },
});

const about = (id) => ({ distinctId: id, role: 'explorer',
                         attributes: users[id].attributes });

function answered({ status, text }, ...good) {
    if (!good.includes(status)) {
        throw new Error(`the gate said ${status} ${text}`);
    }

    return text && JSON.parse(text);
}

// What is not named, permissions and origins, is the API key's.

export async function mint(id, more) {
    return answered(await post('/embed/generate-token', {
        user: about(id), resources: users[id].resources, expiresIn: LIFETIME,
        ...more,
    }), 200);
}

// The same session with a new token, or nothing: then it is for us to say
// whether the user is still signed in. The token is bound to our pages, so
// the request says that it comes from one.

export async function renew(token) {
    const { status, text } = await ask('/embed/refresh', {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, Origin: APP },
    });

    return status === 200 ? JSON.parse(text) : undefined;
}

export async function revoke(what) {
    answered(await post('/embed/revoke', what), 204);
}

// --- what should be refused -------------------------------------------------

export const spoiled = {
    async expired(id) {
        const { token } = await mint(id, { expiresIn: 1 });
        await sleep(2000);
        return token;
    },

    async wrongkey(id) {
        const signed = (await mint(id)).token.split('.').slice(0, 2).join('.');
        const { privateKey } = generateKeyPairSync('ed25519');
        const signature = sign(null, Buffer.from(signed), privateKey);
        return `${signed}.${signature.toString('base64url')}`;
    },
};

const sales = (token, headers) => ask('/dashboards/sales', {
    headers: { Authorization: `Bearer ${token}`, Origin: APP, ...headers },
});

export const attempts = {
    forged: async () => sales((await mint('ana')).token, {
        'X-Toucan-Attr-customerId': '7',
        'X-Toucan-Rls': '{"customer_id":7,"region":["south"]}',
    }),

    foreign: async () => sales((await mint('ana')).token,
                               { Origin: ELSEWHERE }),

    async revoked() {
        const { token, sessionId } = await mint('ana');
        await revoke({ sid: sessionId });
        return sales(token);
    },

    more: () => post('/embed/generate-token', {
        user: about('ana'), permissions: { dashboard: ['can_edit'] },
    }),

    browser: () => post('/embed/generate-token', { user: about('ana') },
                        { Origin: APP }),
};
