// Owns: what a component, a script on a page of the customer's, gets: rows on
// an allowed origin, nothing and plain words on a foreign one, and refusals
// that it can read.

import assert from 'node:assert/strict';
import { APP, ask, bearer, EVIL, html, PLATFORM, PORTAL }
    from './lib/case.mjs';

// A component as small as can be; its code comes from the platform.

const CODE = `
customElements.define('tc-rows', class extends HTMLElement {
    async connectedCallback() {
        const out = this.attachShadow({ mode: 'open' });

        try {
            const res = await fetch(
                this.getAttribute('server-url') + '/data/rows', { headers: {
                    Authorization: 'Bearer ' + this.getAttribute('auth-token'),
                } });
            const body = await res.json();

            out.innerHTML = res.ok
                ? body.map((row) => '<p class="row">' + row + '</p>').join('')
                : '<p class="code">' + body.code + '</p>';
        } catch (e) {
            out.innerHTML = '<p class="blocked">' + e.name + '</p>';
        }
    }
});`;

const page = (token) => html(
    `<tc-rows server-url="${PLATFORM}" auth-token="${token}"></tc-rows>`,
    `<script src="${PLATFORM}/components/rows.js"></script>`);

// Rows of the customer whom the gate names.

function rows(req, res) {
    const { customer_id } = JSON.parse(req.headers['x-toucan-rls']);

    res.writeHead(200, { 'Content-Type': 'application/json' })
        .end(JSON.stringify([`a row of ${customer_id}`]));
}

function serve(t) {
    t.serve(`${PLATFORM}/components/rows.js`, (req, res) => {
        res.writeHead(200, { 'Content-Type': 'text/javascript' }).end(CODE);
    });
    t.serve(`${PLATFORM}/data/rows`, rows);
}

export default {
    async 'on an allowed origin it shows its user\'s rows'(t) {
        serve(t);
        t.serve(`${APP}/ana`, page(await t.token({ customer: 42 })));
        t.serve(`${PORTAL}/bo`, page(await t.token({ customer: 7 })));

        const ana = await t.page(`${APP}/ana`);
        const bo = await t.page(`${PORTAL}/bo`);

        assert.equal(await ana.locator('tc-rows .row').innerText(),
                     'a row of 42');
        assert.equal(await bo.locator('tc-rows .row').innerText(),
                     'a row of 7');

        const asked = t.backend.requests.all.filter(
            (r) => r.url === '/data/rows');

        assert.deepEqual(asked.map((r) => r.headers['x-toucan-origin']),
                         [APP, PORTAL]);
        assert.ok(asked.every((r) => !r.headers.authorization));
        assert.ok(asked.every((r) => r.headers['x-toucan-kind']
                                     === 'component'));
    },

    async 'on a foreign origin the browser blocks it, and says why'(t) {
        serve(t);
        t.serve(`${EVIL}/`, page(await t.token()));

        const evil = await t.page(`${EVIL}/`);

        await evil.locator('tc-rows .blocked').waitFor();
        await t.message('Access to fetch at '
            + `'${PLATFORM}/data/rows' from origin '${EVIL}' has been `
            + 'blocked by CORS policy');
        await t.message('No \'Access-Control-Allow-Origin\' header');
        await t.request({ method: 'OPTIONS', uri: '/data/rows', status: 403,
                          kind: 'preflight', reason: 'origin_denied' });
        await t.settle(evil);
        assert.equal(t.requests({ uri: '/data/rows' }).length, 1);
        assert.equal(t.backend.requests.count((r) => r.url === '/data/rows'),
                     0);
    },

    async 'with a token bound to another origin it can read the refusal'(t) {
        serve(t);
        t.serve(`${APP}/`, page(await t.token({ origins: [PORTAL] })));
        t.serve(`${PORTAL}/`, page(await t.token({ origins: [PORTAL] })));

        const app = await t.page(`${APP}/`);
        const portal = await t.page(`${PORTAL}/`);

        assert.equal(await app.locator('tc-rows .code').innerText(),
                     'ORIGIN_DENIED');
        await t.request({ uri: '/data/rows', status: 403,
                          reason: 'token_origin_denied' });
        await portal.locator('tc-rows .row').waitFor();
    },

    async 'refusals can be read: status, code, WWW-Authenticate'(t) {
        serve(t);
        t.serve(`${APP}/`, html('host'));

        const app = await t.page(`${APP}/`);
        const url = `${PLATFORM}/data/rows`;
        const cases = [
            ['no token', {}, 401, 'TOKEN_MISSING', /^Bearer realm="data"$/],
            ['garbage', bearer('x.y.z'), 401, 'TOKEN_INVALID',
             /error="invalid_token"/],
            ['expired', bearer(await t.token({}, -5)), 401, 'TOKEN_EXPIRED',
             /error="invalid_token"/],
            ['no permission', bearer(await t.token({ permissions: {} })), 403,
             'PERMISSION_DENIED'],
            ['a role', bearer(await t.token({
                user: { distinctId: 'ana', role: 'admin',
                        attributes: { customerId: 42 } },
            })), 403, 'IDENTITY_DENIED'],
            ['an environment', bearer(await t.token({ env: 'sandbox' })), 403,
             'IDENTITY_DENIED'],
        ];

        for (const [name, options, status, code, header] of cases) {
            const got = await ask(app, url, options);

            assert.equal(got.status, status, `${name}: ${got.error}`);
            assert.equal(got.body.code, code, name);
            assert.match(got.headers['content-type'], /^application\/json/);

            if (header) {
                assert.match(got.headers['www-authenticate'], header, name);
            }
        }

        const jti = `once-${Date.now()}`;
        const revoked = await t.token({ jti });
        const before = await ask(app, url, bearer(revoked));
        await t.platform.revoke({ jti });
        const after = await ask(app, url, bearer(revoked));

        assert.equal(before.status, 200);
        assert.deepEqual([after.status, after.body.code],
                         [401, 'TOKEN_REVOKED']);
    },

    async 'a foreign page can read no refusal, and no answer'(t) {
        serve(t);
        t.serve(`${EVIL}/`, html('evil'));

        const evil = await t.page(`${EVIL}/`);
        const url = `${PLATFORM}/data/rows`;

        // requests without a preflight, and one with

        assert.deepEqual(await ask(evil, url),
                         { error: 'TypeError: Failed to fetch' });
        await t.request({ method: 'GET', uri: '/data/rows', status: 401,
                          reason: 'no_token' });

        const other = `${PLATFORM}/data/by-url/x?token=${await t.token()}`;

        assert.deepEqual(await ask(evil, other),
                         { error: 'TypeError: Failed to fetch' });
        await t.request({ method: 'GET', uri: '/data/by-url/x', status: 403,
                          reason: 'origin_denied' });

        assert.deepEqual(await ask(evil, url, bearer(await t.token())),
                         { error: 'TypeError: Failed to fetch' });
        await t.request({ method: 'OPTIONS', uri: '/data/rows', status: 403,
                          reason: 'origin_denied' });
        assert.equal(t.backend.requests.count(
            (r) => r.host === 'analytics.example.test'), 0);
    },
};
