// The rendering backend of the demo: dashboards out of PostgreSQL.
//
// Owns: turning the gate's X-Toucan-* headers into row-level security, and
// nothing else about identity. It never sees a token. It listens on loopback
// only, because whoever can reach it past the gate can set those headers.
//
//   GET /dashboards/<id>    JSON for `Accept: application/json` or curl,
//                           HTML with a chart for a browser's frame
//
// Environment: PORT, and PGHOST PGDATABASE PGUSER PGPASSWORD for `pg`.

import http from 'node:http';
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { chart, escapeText, legend, money, table } from './chart.mjs';

const PORT = Number(process.env.PORT ?? 8082);
const look = await readFile(new URL('look.css', import.meta.url), 'utf8');
const pool = new pg.Pool({ max: 8 });
pool.on('error', (e) => console.error(`backend: database: ${e.message}`));

// The columns that the policies in schema.sql read. Each must come from the
// gate and have its type; a column that no policy reads is an error too.

const columns = {
    customer_id: Number.isSafeInteger,
    region: (v) => Array.isArray(v) && v.length > 0
                   && v.every((e) => typeof e === 'string' && e !== ''),
};

const dashboards = {
    sales: { title: 'Revenue by month and product', labelName: 'Month',
             label: "to_char(month, 'Mon')", order: 'min(month)',
             series: 'product' },
    regions: { title: 'Revenue by region and product', labelName: 'Region',
               label: 'region', order: 'region', series: 'product' },
};

class Refusal extends Error {
    constructor(status, code, message) {
        super(message);
        Object.assign(this, { status, code });
    }
}

// --- what the gate says ---------------------------------------------------

// A value is percent-encoded by the gate, a list is joined by commas after
// that: so decode each element, after splitting and not before. The object in
// X-Toucan-Rls is JSON of its own and is not encoded once more.

function header(req, name) {
    const values = req.headersDistinct[`x-toucan-${name}`.toLowerCase()]
                   ?? [];

    if (values.length !== 1 || values[0] === '') {
        throw new Refusal(403, 'NO_IDENTITY',
            `X-Toucan-${name} is absent, empty or repeated: this backend `
            + 'answers to the gate only');
    }

    return values[0];
}

function identity(req) {
    let rls;

    const distinctId = decodeURIComponent(header(req, 'Distinct-Id'));
    const role = decodeURIComponent(header(req, 'Role'));
    const text = header(req, 'Rls');

    try {
        rls = JSON.parse(text);
    } catch {
        throw new Refusal(500, 'BAD_IDENTITY', 'X-Toucan-Rls is no JSON');
    }

    for (const [column, fits] of Object.entries(columns)) {
        if (!Object.hasOwn(rls ?? {}, column) || !fits(rls[column])) {
            throw new Refusal(500, 'BAD_IDENTITY',
                `X-Toucan-Rls has no usable "${column}"`);
        }
    }

    if (Object.keys(rls).some((column) => !Object.hasOwn(columns, column))) {
        throw new Refusal(500, 'BAD_IDENTITY',
            'X-Toucan-Rls names a column that no policy reads');
    }

    return { distinctId, role, rls };
}

function told(req) {
    return Object.fromEntries(Object.entries(req.headers)
        .filter(([name]) => name.startsWith('x-toucan-')).sort());
}

// The demo's proof that the token stayed at the gate.

function tokenArrived(req) {
    return 'authorization' in req.headers || /[?&]token=/.test(req.url)
           || Object.values(req.headers).some((v) => /eyJ[\w-]+\./.test(v));
}

// --- the data -------------------------------------------------------------

// Settings made with set_config(…, true) end with the transaction, so that
// a pooled connection carries nothing from one user to the next.

async function asUser({ distinctId, role, rls }, work) {
    const client = await pool.connect();
    let broken;

    try {
        await client.query('BEGIN READ ONLY');
        await client.query(
            `SELECT set_config('toucan.distinct_id', $1, true),
                    set_config('toucan.role', $2, true),
                    set_config('toucan.customer_id', $3, true),
                    set_config('toucan.region', $4, true)`,
            [distinctId, role, String(rls.customer_id),
             JSON.stringify(rls.region)]);
        const result = await work(client);
        await client.query('COMMIT');
        return result;

    } catch (e) {
        broken = e;
        throw e;

    } finally {
        client.release(broken);
    }
}

// No customer in this statement: which rows there are is PostgreSQL's word.

async function readDashboard(client, id) {
    const { title, labelName, label, order, series } = dashboards[id];

    const cells = (await client.query(
        `SELECT ${label} AS label, ${series} AS series,
                sum(revenue)::integer AS value, count(*)::integer AS rows
           FROM shop.sales GROUP BY 1, 2 ORDER BY ${order}, 2`)).rows;
    const seen = (await client.query(
        `SELECT array(SELECT name FROM shop.customers ORDER BY 1) AS customers,
                array(SELECT DISTINCT region FROM shop.sales ORDER BY 1)
                AS regions`)).rows[0];

    const unique = (key) => [...new Set(cells.map((c) => c[key]))];
    const labels = unique('label');

    return {
        dashboard: id, title, ...seen,
        rows: cells.reduce((n, c) => n + c.rows, 0),
        total: cells.reduce((n, c) => n + c.value, 0),
        labelName, labels,
        series: unique('series').map((name) => ({
            name,
            values: labels.map((l) => cells.find((c) => c.label === l
                && c.series === name)?.value ?? 0),
        })),
    };
}

// The program's own check, before the first request: nothing set, no row.

async function checkDatabase() {
    const { rows: [row] } = await pool.query(
        `SELECT rolsuper OR rolbypassrls AS mighty,
                (SELECT count(*) FROM shop.sales)::integer AS visible
           FROM pg_roles WHERE rolname = current_user`);

    if (row.mighty || row.visible !== 0) {
        throw new Error('row-level security does not hold for this role');
    }
}

// --- the answers ----------------------------------------------------------

// JSON with one member a line: short enough to read in a terminal.

function json(data) {
    return '{\n' + Object.entries(data).map(([key, value]) =>
        ` ${JSON.stringify(key)}: ${JSON.stringify(value)}`).join(',\n')
        + '\n}\n';
}

function page(data) {
    const lines = Object.entries(data.gate).map(([name, value]) =>
        `<dt><code>${escapeText(name)}</code></dt>`
        + `<dd><code>${escapeText(value)}</code></dd>`).join('');

    return `<!doctype html>
<html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(data.title)}</title>
<style>${look}
body { padding: 16px; } h1 { font-size: 18px; } h2 { font-size: 15px; }
section + section { margin-top: 18px; } .told { margin-bottom: 10px; }
@media (min-width: 880px) {
    main { display: grid; gap: 32px;
           grid-template-columns: minmax(0, 560px) minmax(0, 1fr); }
    section + section { margin-top: 0; }
}</style>
<main class="card">
<section>
<h1>${escapeText(data.title)}</h1>
<p class="soft">${escapeText(data.customers.join(', '))}
 · regions ${escapeText(data.regions.join(', '))}</p>
<dl class="figures">
<div><dt>revenue</dt><dd>${money(data.total)}</dd></div>
<div><dt>rows visible</dt><dd>${data.rows}</dd></div></dl>
${legend(data)}
${chart(data, 'chart')}
<details><summary>The numbers as a table</summary>${table(data)}</details>
</section>
<section>
<h2>What the gate told the backend</h2>
<dl class="told">${lines}</dl>
<p class="soft">The token itself ${data.tokenArrived
    ? 'arrived here, which it should not' : 'did not arrive here'}.</p>
</section>
</main>
</html>
`;
}

async function answer(req, res) {
    const match = /^\/dashboards\/([A-Za-z0-9_-]+)$/.exec(
        req.url.split('?', 1)[0]);

    if (req.method !== 'GET' && req.method !== 'HEAD') {
        throw new Refusal(405, 'METHOD', 'GET and HEAD only');
    }

    const who = identity(req);

    if (match === null || !Object.hasOwn(dashboards, match[1])) {
        throw new Refusal(404, 'NOT_FOUND', 'no such dashboard');
    }

    const data = await asUser(who, (client) => readDashboard(client,
                                                             match[1]));
    data.gate = told(req);
    data.tokenArrived = tokenArrived(req);

    const html = (req.headers.accept ?? '').includes('text/html');

    res.writeHead(200, html ? {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy':
            "default-src 'none'; style-src 'unsafe-inline'",
        'Referrer-Policy': 'no-referrer',
        'X-Content-Type-Options': 'nosniff',
        'Vary': 'Accept',
    } : {
        'Content-Type': 'application/json',
        'Vary': 'Accept',
    });
    res.end(req.method === 'HEAD' ? '' : html ? page(data) : json(data));
}

function refuse(res, e) {
    const { status, code, message } = e instanceof Refusal
        ? e : new Refusal(500, 'INTERNAL', 'see the log');

    if (status === 500) {
        console.error(`backend: ${e.message}`);
    }

    res.writeHead(status, { 'Content-Type': 'application/json' });
    res.end(json({ code, message }));
}

await checkDatabase();

http.createServer((req, res) => {
    answer(req, res).catch((e) => refuse(res, e));
}).listen(PORT, '127.0.0.1');
