// The rendering backend of the demo: dashboards out of PostgreSQL.
//
// Owns: the requests that it answers. It never sees a token. It listens on
// loopback only, because whoever can reach it past the gate can set the
// headers that say who asks.
//
//   GET /dashboards/<id>    JSON for `Accept: application/json` or curl, a
//                           page with the same element for a browser's frame
//   POST /assistant         {"question":"…"}: an answer, by server-sent events
//   GET /components/<file>  the elements' scripts, for any page: no identity
//
// Environment: PORT, PACE (milliseconds between two pieces of an answer), and
// what rows.mjs needs.

import http from 'node:http';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal, identity, told, tokenArrived } from './identity.mjs';
import { asUser, checkDatabase, isDashboard, readDashboard,
         readFacts } from './rows.mjs';
import { answerTo, pieces } from './answers.mjs';

const PORT = Number(process.env.PORT ?? 8082);
const PACE = Number(process.env.PACE ?? 45);
const LONGEST_QUESTION = 4096;

// --- the elements -----------------------------------------------------------

const here = new URL('components/', import.meta.url);
const scripts = new Map();

for (const name of ['toucan', 'element', 'dashboard', 'assistant', 'draw',
                    'look', 'words', 'frame'])
{
    scripts.set(`/components/${name}.mjs`,
                await readFile(new URL(`${name}.mjs`, here)));
}

scripts.set('/components/echarts.mjs', await readFile(new URL(
    'node_modules/echarts/dist/echarts.esm.min.mjs', import.meta.url)));

// A module script of another origin needs CORS; this one is for everybody.

function sendScript(res, body) {
    res.writeHead(200, {
        'Content-Type': 'text/javascript; charset=utf-8',
        'Access-Control-Allow-Origin': '*',
        'Cross-Origin-Resource-Policy': 'cross-origin',
        'Cache-Control': 'max-age=60',
        'X-Content-Type-Options': 'nosniff',
    }).end(body);
}

// --- a dashboard ------------------------------------------------------------

// JSON with one member a line: short enough to read in a terminal.

function json(data) {
    return '{\n' + Object.entries(data).map(([key, value]) =>
        ` ${JSON.stringify(key)}: ${JSON.stringify(value)}`).join(',\n')
        + '\n}\n';
}

const escapeText = (value) => value.replace(/[&<"]/g, (c) =>
    ({ '&': '&amp;', '<': '&lt;', '"': '&quot;' })[c]);

// No token in it: the gate has taken that. The frame asks its parent for the
// next one when four fifths of what is left are over.

function page(data, expires) {
    const now = Math.floor(Date.now() / 1000);
    const island = JSON.stringify({
        data, refreshAfter: now + Math.floor((expires - now) * 0.8),
    }).replaceAll('<', '\\u003c');

    return `<!doctype html>
<html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeText(data.title)}</title>
<script id="data" type="application/json">${island}</script>
<script type="module" src="/components/frame.mjs"></script>
<main><tc-dashboard dashboard-id="${escapeText(data.dashboard)}"></tc-dashboard>
</main>
<noscript>This page draws its dashboard by script.</noscript>
</html>
`;
}

async function sendDashboard(req, res, id) {
    const who = identity(req);

    if (!isDashboard(id)) {
        throw new Refusal(404, 'NOT_FOUND', 'no such dashboard');
    }

    const data = await asUser(who, (client) => readDashboard(client, id));
    data.gate = told(req);
    data.tokenArrived = tokenArrived(req);

    const html = (req.headers.accept ?? '').includes('text/html');

    res.writeHead(200, html ? {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy': "default-src 'none'; script-src 'self'; "
            + "connect-src 'self'; base-uri 'none'; form-action 'none'",
        'Referrer-Policy': 'no-referrer',
        'X-Content-Type-Options': 'nosniff',
        'Vary': 'Accept',
    } : {
        'Content-Type': 'application/json',
        'Vary': 'Accept',
    });
    res.end(req.method === 'HEAD' ? '' : html ? page(data, who.expires)
                                             : json(data));
}

// --- the assistant ----------------------------------------------------------

async function questionOf(req) {
    let text = '', asked;

    for await (const chunk of req.setEncoding('utf8')) {
        text += chunk;
        if (text.length > LONGEST_QUESTION) {
            throw new Refusal(413, 'BODY_TOO_LARGE', 'a question is short');
        }
    }

    try {
        asked = JSON.parse(text).question;
    } catch { /* refused below */ }

    if (typeof asked !== 'string' || asked.trim() === '') {
        throw new Refusal(400, 'INVALID_REQUEST',
                          'the body is {"question":"…"}');
    }

    return asked;
}

async function sendAnswer(req, res) {
    const who = identity(req);
    const question = await questionOf(req);
    const text = answerTo(question, await asUser(who, readFacts));
    const send = (event, data) => res.write(
        `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);

    res.writeHead(200, { 'Content-Type': 'text/event-stream',
                         'Cache-Control': 'no-store' });

    for (const piece of pieces(text)) {
        if (res.destroyed) {
            return;    // stopped by the reader, or cut by the gate
        }
        send('text', piece);
        await sleep(PACE);
    }

    send('done', {});
    res.end();
}

// --- the answers ------------------------------------------------------------

async function answer(req, res) {
    const path = req.url.split('?', 1)[0];
    const id = /^\/dashboards\/([A-Za-z0-9_-]+)$/.exec(path)?.[1];
    const reads = ['GET', 'HEAD'].includes(req.method);

    if (path === '/assistant' ? req.method !== 'POST' : !reads) {
        throw new Refusal(405, 'METHOD_NOT_ALLOWED', 'not here');
    }

    if (scripts.has(path)) {
        sendScript(res, scripts.get(path));
    } else if (path === '/assistant') {
        await sendAnswer(req, res);
    } else if (id !== undefined) {
        await sendDashboard(req, res, id);
    } else {
        throw new Refusal(404, 'NOT_FOUND', 'no such page');
    }
}

function refuse(res, e) {
    const { status, code, message } = e instanceof Refusal
        ? e : new Refusal(500, 'INTERNAL_ERROR', 'see the log');

    if (status === 500) {
        console.error(`backend: ${e.message}`);
    }

    if (res.headersSent) {
        res.destroy();
        return;
    }

    res.writeHead(status, { 'Content-Type': 'application/json' });
    res.end(json({ code, message }));
}

await checkDatabase();

http.createServer((req, res) => {
    answer(req, res).catch((e) => refuse(res, e));
}).listen(PORT, '127.0.0.1');
