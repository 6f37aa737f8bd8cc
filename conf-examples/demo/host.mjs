// The demo's host application: the customer's own app, on an origin of its
// own. Its users are signed in already (it has no passwords to ask for). And,
// under another name, a site that nobody asked to embed anything.
//
// Owns: the pages, and the hand-over of short-lived tokens to them.
//
//   GET  /                the page
//   GET  /setup           who the users are, and where things are
//   POST /token           {"user","token"?}: a new token for that user, in
//                         the session of the one that the page has
//   POST /sign-out        {"user"}: ends the user's tokens, all of them
//   POST /sign-in         {"user"}
//   GET  /token?user=ID   a token as text, for a terminal;
//                         &flaw=expired|wrongkey spoils it
//   GET  /try/NAME        what the page does not or cannot send; sent from
//                         here, the gate's answer comes back
//
// Environment: PORT, GATE, APP and ELSEWHERE (origins, as browsers see
// them), and what gate.mjs needs.

import http from 'node:http';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { attempts, mint, renew, revoke, spoiled } from './gate.mjs';
import { users } from './users.mjs';

const { GATE, APP, ELSEWHERE } = process.env;
const PORT = Number(process.env.PORT ?? 8081);
const signedOut = new Map();

// --- tokens -----------------------------------------------------------------

async function tokenFor(user, token) {
    if (signedOut.has(user)) {
        return [401, { error: `${users[user].name} is signed out` }];
    }

    return [200, (token && await renew(token)) || await mint(user)];
}

async function signOut(user) {
    signedOut.set(user, Math.floor(Date.now() / 1000));
    await revoke({ distinctId: user });
    return [200, {}];
}

// What is made in the second of a revocation has ended with it.

async function signIn(user) {
    const until = (signedOut.get(user) ?? 0) + 1;

    await sleep(Math.max(until * 1000 - Date.now(), 0));
    signedOut.delete(user);
    return [200, {}];
}

// --- the pages --------------------------------------------------------------

const files = {};

for (const [name, type] of [
    ['page.html', 'text/html'], ['elsewhere.html', 'text/html'],
    ['page.mjs', 'text/javascript'], ['tries.mjs', 'text/javascript'],
    ['page.css', 'text/css'],
]) {
    files[`/${name}`] = {
        type: `${type}; charset=utf-8`,
        body: await readFile(new URL(name, import.meta.url)),
    };
}

// What each of the two sites has. The foreign one holds a token of Ana's, by
// whatever way it came by it: it is good, the place is not.

const sites = {
    [new URL(APP).host]: {
        origin: APP, index: '/page.html', users,
        '/token': ({ user, token }) => tokenFor(user, token),
        '/sign-out': ({ user }) => signOut(user),
        '/sign-in': ({ user }) => signIn(user),
    },
    [new URL(ELSEWHERE).host]: {
        origin: ELSEWHERE, index: '/elsewhere.html',
        users: { ana: users.ana },
        '/token': async () => [200, await mint('ana')],
    },
};

const policy = `default-src 'none'; script-src 'self' ${GATE}; `
               + `style-src 'self'; connect-src 'self' ${GATE}; `
               + `frame-src ${GATE}; img-src data:; base-uri 'none'; `
               + "form-action 'none'; frame-ancestors 'none'";

// --- requests ---------------------------------------------------------------

async function bodyOf(req) {
    let text = '';

    for await (const chunk of req.setEncoding('utf8')) {
        text += chunk;
        if (text.length > 16384) {
            throw new Error('a body that is too long');
        }
    }

    return JSON.parse(text);
}

async function answerGet(site, url, send) {
    const path = url.pathname === '/' ? site.index : url.pathname;
    const query = Object.fromEntries(url.searchParams);
    const name = /^\/try\/(\w+)$/.exec(path)?.[1] ?? '';

    if (Object.hasOwn(files, path)) {
        return send(200, files[path].body, files[path].type);
    }

    if (path === '/setup') {
        return send(200, { gate: GATE, app: APP, elsewhere: ELSEWHERE,
                           users: site.users });
    }

    if (site.origin !== APP) {
        return send(404, 'no such page\n');
    }

    if (path === '/token' && Object.hasOwn(users, query.user ?? '')) {
        return send(200, Object.hasOwn(spoiled, query.flaw ?? '')
            ? await spoiled[query.flaw](query.user)
            : (await mint(query.user)).token);
    }

    if (Object.hasOwn(attempts, name)) {
        return send(200, await attempts[name]());
    }

    return send(404, 'no such page\n');
}

// Our own pages alone may post: another site's script, or a name that was
// rebound to loopback, gets no token.

async function answerPost(site, req, url, send) {
    if (req.headers.origin !== site.origin
        || req.headers['content-type'] !== 'application/json')
    {
        return send(403, { error: 'not here' });
    }

    const body = await bodyOf(req);

    if (!url.pathname.startsWith('/')
        || !Object.hasOwn(site, url.pathname)
        || !Object.hasOwn(site.users, body.user ?? ''))
    {
        return send(404, { error: 'no such user or path' });
    }

    return send(...await site[url.pathname](body));
}

async function answer(req, res) {
    const url = new URL(req.url, APP);
    const host = req.headers.host ?? '';
    const site = Object.hasOwn(sites, host) ? sites[host] : undefined;
    const send = (status, body, type) => res.writeHead(status, {
        'Content-Type': type ?? (typeof body === 'string' ? 'text/plain'
                                                         : 'application/json'),
        'Content-Security-Policy': policy, 'Cache-Control': 'no-store',
        'X-Content-Type-Options': 'nosniff',
    }).end(typeof body === 'string' || Buffer.isBuffer(body)
           ? body : JSON.stringify(body));

    if (site === undefined && url.pathname === '/'
        && [`127.0.0.1:${PORT}`, `localhost:${PORT}`].includes(host))
    {
        return res.writeHead(302, { Location: `${APP}/` }).end();
    }

    if (site === undefined || !['GET', 'POST'].includes(req.method)) {
        return send(403, 'not here\n');
    }

    return req.method === 'POST' ? answerPost(site, req, url, send)
                                 : answerGet(site, url, send);
}

http.createServer((req, res) => {
    answer(req, res).catch((e) => {
        console.error(`host: ${e.message}`);
        if (!res.headersSent) {
            res.writeHead(500, { 'Content-Type': 'application/json' })
                .end('{"error":"see the host application\'s log"}');
        }
    });
}).listen(PORT, '127.0.0.1');
