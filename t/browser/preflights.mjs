// Owns: what a browser asks before a request of a script: once, and answered
// by the gate alone.

import assert from 'node:assert/strict';
import { APP, ask, bearer, html, PLATFORM, PLATFORM_H1 }
    from './lib/case.mjs';

async function start(t, ...paths) {
    t.serve(`${APP}/`, html('host'));
    paths.forEach((path) => t.serve(path, { rows: [] }));

    return t.page(`${APP}/`);
}

// How many requests the platform has seen of each method.

async function methods(t, page) {
    await t.settle(page);

    return ['OPTIONS', 'GET', 'POST', 'DELETE'].map(
        (method) => t.requests({ method }).length);
}

export default {
    async 'one for many requests, and none reaches the backend'(t) {
        const url = `${PLATFORM}/data/rows`;
        const page = await start(t, url);
        const token = bearer(await t.token());

        for (let i = 0; i < 5; i++) {
            assert.equal((await ask(page, url, token)).status, 200);
        }

        assert.deepEqual(await methods(t, page), [1, 5, 0, 0]);
        await t.request({ method: 'OPTIONS', uri: '/data/rows', status: 204,
                          kind: 'preflight', verdict: 'PASSED' });
        assert.equal(t.backend.requests.count((r) => r.method === 'OPTIONS'),
                     0);
    },

    async 'one for each URL; over HTTP/1.1, too'(t) {
        const urls = ['a', 'b'].map((x) => `${PLATFORM_H1}/data/${x}`);
        const page = await start(t, ...urls);
        const token = bearer(await t.token());

        for (const url of [...urls, ...urls]) {
            assert.equal((await ask(page, url, token)).status, 200);
        }

        assert.deepEqual(await methods(t, page), [2, 4, 0, 0]);
        assert.ok(t.requests({ method: 'GET' }).every(
            (line) => line.http === 'HTTP/1.1'));
    },

    async 'kept for as long as toucan_cors_max_age says: not at all'(t) {
        const url = `${PLATFORM}/data/each-time/rows`;
        const page = await start(t, url);
        const token = bearer(await t.token());

        for (let i = 0; i < 3; i++) {
            assert.equal((await ask(page, url, token)).status, 200);
        }

        assert.deepEqual(await methods(t, page), [3, 3, 0, 0]);
    },

    async 'a new token needs no new one'(t) {
        const url = `${PLATFORM}/data/rows`;
        const page = await start(t, url);

        for (const sub of ['ana', 'bo']) {
            const got = await ask(page, url, bearer(await t.token({ sub })));
            assert.equal(got.status, 200);
        }

        assert.deepEqual(await methods(t, page), [1, 2, 0, 0]);
    },

    async 'methods and headers that are not listed stay in the browser'(t) {
        const url = `${PLATFORM}/data/rows`;
        const page = await start(t, url);
        const { headers } = bearer(await t.token());
        const post = (more) => ask(page, url, {
            method: 'POST', body: '{}', headers: {
                ...headers, 'Content-Type': 'application/json', ...more,
            } });

        assert.equal((await post()).status, 200);

        assert.match((await ask(page, url, { method: 'DELETE', headers }))
            .error, /Failed to fetch/);
        await t.message('Method DELETE is not allowed by '
                        + 'Access-Control-Allow-Methods');

        assert.match((await post({ 'X-Toucan-Role': 'admin' })).error,
                     /Failed to fetch/);
        await t.message('field x-toucan-role is not allowed by '
                        + 'Access-Control-Allow-Headers');

        const [, get, posts, deletes] = await methods(t, page);
        assert.deepEqual([get, posts, deletes], [0, 1, 0]);
    },

    async 'cookies are not for components: the browser says so'(t) {
        const url = `${PLATFORM}/data/rows`;
        const page = await start(t, url);
        const { headers } = bearer(await t.token());

        assert.match((await ask(page, url, { headers,
                                             credentials: 'include' })).error,
                     /Failed to fetch/);
        await t.message('Access-Control-Allow-Credentials');
        assert.equal((await ask(page, url, { headers })).status, 200);
    },
};
