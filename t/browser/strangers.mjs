// Owns: what is no component and no frame: images, scripts, styles, prefetch;
// frames in a sandbox; API keys in a page's code.

import assert from 'node:assert/strict';
import { APP, ask, bearer, frame, html, PLATFORM } from './lib/case.mjs';

const PAGE = `${PLATFORM}/frames/sales`;

const served = (t) => t.backend.requests.count(
    (r) => r.url.startsWith('/frames/') || r.url.startsWith('/data/'));

// A host page in which `tag', made of a URL, asks for the platform's page.

async function embeds(t, tag) {
    t.serve(PAGE, html('<h1>Sales</h1>'));

    const url = `${PAGE}?token=${await t.token()}`;
    t.serve(`${APP}/`, html(tag(url)));

    const page = await t.page(`${APP}/`);
    const line = await t.request({ uri: '/frames/sales' });

    return { page, line };
}

const refused = (tag, kind = 'other') => async (t) => {
    const { line } = await embeds(t, tag);

    assert.deepEqual([line.status, line.reason, line.kind],
                     [403, 'kind_not_allowed', kind]);
    assert.equal(served(t), 0);
};

const passes = (tag) => async (t) => {
    const { line } = await embeds(t, tag);

    assert.deepEqual([line.status, line.reason, line.kind],
                     [200, '', 'frame']);
    assert.equal(served(t), 1);
};

// A frame whose script asks once for data; it writes what it has got.

const inSandbox = (token, path) => html(`<h1>Sales</h1><p></p><script>
    fetch('${path}', { headers: { Authorization: 'Bearer ${token}' } })
        .then((res) => res.status, (e) => 'blocked')
        .then((text) => document.querySelector('p').textContent = text);
</script>`);

async function sandboxed(t, path) {
    t.serve(`${PLATFORM}${path}`, { rows: [] });
    t.serve(PAGE, inSandbox(await t.token(), path));
    t.serve(`${APP}/`, frame(`${PAGE}?token=${await t.token()}`,
                             'sandbox="allow-scripts"'));

    const page = await t.page(`${APP}/`);
    const out = page.frameLocator('iframe').locator('p');

    await out.filter({ hasText: /./ }).waitFor();
    await t.settle(page);

    return out.innerText();
}

export default {
    'an image is refused': refused((url) => `<img src="${url}">`),
    'a script is refused': refused((url) => `<script src="${url}"></script>`),
    'a style is refused': refused(
        (url) => `<link rel="stylesheet" href="${url}">`),
    'a video is refused': refused((url) => `<video src="${url}"></video>`),
    'a script\'s blind fetch is refused': refused(
        (url) => `<script>fetch("${url}", { mode: "no-cors" })</script>`),
    'prefetch is refused': refused(
        (url) => `<link rel="prefetch" href="${url}">`),
    'prefetch of a page is refused': refused(
        (url) => `<link rel="prefetch" as="document" href="${url}">`,
        'component'),
    'a frame passes': passes((url) => `<iframe src="${url}"></iframe>`),
    'an <object> is a frame': passes(
        (url) => `<object type="text/html" data="${url}"></object>`),
    'an <embed> is a frame': passes(
        (url) => `<embed type="text/html" src="${url}">`),

    async 'a frame in a sandbox gets one refusal, and no loop'(t) {
        assert.equal(await sandboxed(t, '/data/rows'), 'blocked');
        await t.message('from origin \'null\' has been blocked by CORS');

        const lines = t.requests({ uri: '/data/rows' });
        assert.deepEqual(lines.map((l) => [l.method, l.status, l.reason]),
                         [['OPTIONS', 403, 'origin_denied']]);
        assert.equal(t.requests({ uri: '/frames/sales' }).length, 1);
    },

    async 'and its rows, where null is in the allowlist'(t) {
        assert.equal(await sandboxed(t, '/data/for-null/rows'), '200');
    },

    async 'an API key in a page never gets past: no CORS at the endpoint'(t) {
        t.serve(`${APP}/`, html('host'));

        const page = await t.page(`${APP}/`);
        const got = await ask(page, `${PLATFORM}/embed/generate-token`, {
            method: 'POST', body: '{"user":{"distinctId":"ana"}}',
            headers: { 'x-api-key': t.platform.apiKey,
                       'Content-Type': 'application/json' },
        });

        assert.match(got.error, /Failed to fetch/);
        await t.message(`generate-token' from origin '${APP}' has been `
                        + 'blocked by CORS');
        await t.settle(page);
        assert.deepEqual(
            t.requests({ uri: '/embed/generate-token' })
                .map((l) => [l.method, l.status]),
            [['OPTIONS', 405]]);
    },

    async 'nor from a page of the platform: KEY_IN_BROWSER, and an alert'(t) {
        t.serve(`${PLATFORM}/admin`, html('ours'));

        const page = await t.page(`${PLATFORM}/admin`);

        for (const headers of [{ 'x-api-key': t.platform.apiKey },
                               bearer(t.platform.apiKey).headers])
        {
            const got = await ask(page, '/embed/generate-token', {
                method: 'POST', body: '{"user":{"distinctId":"ana"}}',
                headers: { ...headers, 'Content-Type': 'application/json' },
            });

            assert.deepEqual([got.status, got.body.code],
                             [403, 'KEY_IN_BROWSER']);
        }

        await t.platform.errors.first(
            (l) => l.includes('[alert]') && l.includes('key_in_browser')
                   && !l.includes(t.platform.apiKey));
    },
};
