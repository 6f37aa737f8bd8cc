// The demo's host application: the customer's own app, on an origin of its
// own. Its users are signed in already (it has no passwords to ask for).
//
// Owns: the page that embeds dashboards, and the hand-over of a short-lived
// token to that page. The signing key stays on this side; see tokens.mjs.
//
//   GET /               the page
//   GET /setup          who the users are and where the gate is
//   GET /token?user=ID  a token for that user; &flaw=expired|wrongkey spoils
//                       it, to show what the gate says then
//   GET /try/NAME       what no browser would send: a forged header, another
//                       origin; sent from here, the gate's answer comes back
//
// Environment: PORT, GATE (the gate's origin), SIGNING_KEY (a JWK file).

import http from 'node:http';
import { readFile } from 'node:fs/promises';
import { flaws, loadSigner, mintToken, users } from './tokens.mjs';

const PORT = Number(process.env.PORT ?? 8081);
const GATE = process.env.GATE ?? 'http://127.0.0.1:8080';
const hosts = [`127.0.0.1:${PORT}`, `localhost:${PORT}`];
const origins = hosts.map((h) => `http://${h}`);
const signer = await loadSigner(process.env.SIGNING_KEY);

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

const tries = {
    forged: { Origin: origins[0], 'X-Toucan-Attr-customerId': '7',
              'X-Toucan-Rls': '{"customer_id":7,"region":["south"]}' },
    foreign: { Origin: 'https://elsewhere.example' },
};

function get(path, headers) {
    return new Promise((resolve, reject) => {
        http.get(GATE + path, { headers }, (res) => {
            const parts = [];
            res.on('data', (part) => parts.push(part));
            res.on('error', reject);
            res.on('end', () => resolve({
                status: res.statusCode, text: Buffer.concat(parts).toString(),
            }));
        }).on('error', reject);
    });
}

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
        const user = url.searchParams.get('user');
        const flaw = url.searchParams.get('flaw') ?? undefined;

        if (!Object.hasOwn(users, user ?? '')
            || (flaw && !flaws.includes(flaw)))
        {
            return send(400, 'text/plain', 'no such user or flaw\n');
        }

        return send(200, 'text/plain',
                    await mintToken(signer, user, { origins, flaw }));
    }

    const name = /^\/try\/(\w+)$/.exec(url.pathname)?.[1] ?? '';

    if (Object.hasOwn(tries, name)) {
        const token = await mintToken(signer, 'ana', { origins });
        const reply = await get('/dashboards/sales', {
            ...tries[name], Authorization: `Bearer ${token}`,
        });
        return send(200, 'application/json', JSON.stringify(reply));
    }

    return send(404, 'text/plain', 'no such page\n');
}

http.createServer((req, res) => {
    answer(req, res).catch((e) => {
        console.error(`host: ${e.message}`);
        res.writeHead(500).end();
    });
}).listen(PORT, '127.0.0.1');
