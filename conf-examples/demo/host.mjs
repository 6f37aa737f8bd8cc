// The demo's host application: the customer's own app, on an origin of its
// own. Its users are signed in already (it has no passwords to ask for).
//
// Owns: the page that embeds dashboards, the API key, which stays on this
// side, and the hand-over of a short-lived token to that page. mint() is all
// that an application of your own needs.
//
//   GET /               the page
//   GET /setup          who the users are and where the gate is
//   GET /token?user=ID  a token for that user; &flaw=expired|wrongkey spoils
//                       it, to show what the gate says then
//   GET /try/NAME       what the page does not or cannot send; sent from
//                       here, the gate's answer comes back
//
// Environment: PORT, GATE (the gate's origin), API_KEY_FILE.

import http from 'node:http';
import { generateKeyPairSync, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { users } from './users.mjs';

const PORT = Number(process.env.PORT ?? 8081);
const GATE = process.env.GATE ?? 'http://127.0.0.1:8080';
const key = (await readFile(process.env.API_KEY_FILE, 'utf8')).trim();
const hosts = [`127.0.0.1:${PORT}`, `localhost:${PORT}`];
const origin = `http://${hosts[0]}`;

// --- asking the gate --------------------------------------------------------

async function ask(path, options) {
    const res = await fetch(GATE + path, options);

    return { status: res.status, text: await res.text() };
}

const post = (path, body, headers) => ask(path, {
    method: 'POST', body: JSON.stringify(body),
    headers: { 'x-api-key': key, 'Content-Type': 'application/json',
               ...headers },
});

const about = (id) => ({ distinctId: id, role: 'explorer',
                         attributes: users[id].attributes });

// What is not named, permissions and origins, is the API key's.

async function mint(id, more) {
    const { status, text } = await post('/embed/generate-token', {
        user: about(id), resources: users[id].resources, ...more,
    });

    if (status !== 200) {
        throw new Error(`no token: ${status} ${text}`);
    }

    return JSON.parse(text);
}

const sales = (token, headers) => ask('/dashboards/sales', {
    headers: { Authorization: `Bearer ${token}`, Origin: origin, ...headers },
});

// --- showing what is refused ------------------------------------------------

const flaws = {
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

const tries = {
    forged: async () => sales((await mint('ana')).token, {
        'X-Toucan-Attr-customerId': '7',
        'X-Toucan-Rls': '{"customer_id":7,"region":["south"]}',
    }),

    foreign: async () => sales((await mint('ana')).token,
                               { Origin: 'https://elsewhere.example' }),

    async revoked() {
        const { token, sessionId } = await mint('ana');
        await post('/embed/revoke', { sid: sessionId });
        return sales(token);
    },

    more: () => post('/embed/generate-token', {
        user: about('ana'), permissions: { dashboard: ['can_edit'] },
    }),

    browser: () => post('/embed/generate-token', { user: about('ana') },
                        { Origin: origin }),
};

// --- the application --------------------------------------------------------

const files = {};
for (const [name, type] of [
    ['page.html', 'text/html'], ['page.mjs', 'text/javascript'],
    ['chart.mjs', 'text/javascript'],
    ['look.css', 'text/css'], ['page.css', 'text/css'],
]) {
    files[name === 'page.html' ? '/' : `/${name}`] = {
        type: `${type}; charset=utf-8`,
        body: await readFile(new URL(name, import.meta.url)),
    };
}

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; "
               + `connect-src 'self' ${GATE}; frame-src ${GATE}; `
               + 'img-src data:; '
               + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

async function answer(req, res) {
    const url = new URL(req.url, GATE);
    const send = (status, type, body) => res.writeHead(status, {
        'Content-Type': type, 'Content-Security-Policy': policy,
        'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff',
    }).end(body);

    // A name that was rebound to loopback gets no token.

    if (!hosts.includes(req.headers.host) || req.method !== 'GET') {
        return send(403, 'text/plain', 'not here\n');
    }

    if (Object.hasOwn(files, url.pathname)) {
        const { type, body } = files[url.pathname];
        return send(200, type, body);
    }

    if (url.pathname === '/setup') {
        return send(200, 'application/json', JSON.stringify({ gate: GATE,
                                                              users }));
    }

    if (url.pathname === '/token') {
        const user = url.searchParams.get('user') ?? '';
        const flaw = url.searchParams.get('flaw');

        if (!Object.hasOwn(users, user)
            || (flaw && !Object.hasOwn(flaws, flaw)))
        {
            return send(400, 'text/plain', 'no such user or flaw\n');
        }

        return send(200, 'text/plain', flaw ? await flaws[flaw](user)
                                            : (await mint(user)).token);
    }

    const name = /^\/try\/(\w+)$/.exec(url.pathname)?.[1] ?? '';

    if (Object.hasOwn(tries, name)) {
        return send(200, 'application/json',
                    JSON.stringify(await tries[name]()));
    }

    return send(404, 'text/plain', 'no such page\n');
}

http.createServer((req, res) => {
    answer(req, res).catch((e) => {
        console.error(`host: ${e.message}`);
        res.writeHead(500).end();
    });
}).listen(PORT, '127.0.0.1');
