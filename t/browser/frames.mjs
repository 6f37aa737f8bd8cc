// Owns: who may show a page of the platform in a frame: read from what the
// frame shows, and from what the browser says where it shows nothing.

import assert from 'node:assert/strict';
import { APP, ask, bearer, EVIL, frame, html, PLATFORM, PORTAL }
    from './lib/case.mjs';

const PAGE = `${PLATFORM}/frames/sales`;
const BLOCKED = new RegExp(`'${PLATFORM}/'.*"frame-ancestors (.*?)"`, 's');

// The platform's page, and its URL with a token.

async function dashboard(t, claims) {
    t.serve(PAGE, html('<h1>Sales</h1>'));

    return `${PAGE}?token=${await t.token(claims)}`;
}

// A page for each host, the last one around the frame: their names from the
// outside in. Gives the page of the first one.

async function nest(t, hosts, url, more) {
    hosts.forEach((host, i) => {
        const inside = i + 1 < hosts.length ? `${hosts[i + 1]}/${i + 1}` : url;

        t.serve(`${host}/${i}`, frame(inside, more));
    });

    return t.page(`${hosts[0]}/0`);
}

// The frame that the platform's page is in: this many levels down.

const inner = (page, depth = 1) => {
    let where = page;

    for (let i = 0; i < depth; i++) {
        where = where.frameLocator('iframe');
    }

    return where;
};

const shown = (page, depth) =>
    inner(page, depth).getByRole('heading', { name: 'Sales' }).waitFor();

// What frame-ancestors said when the browser showed nothing.

async function blocked(t) {
    return (await t.message('frame-ancestors')).match(BLOCKED)[1];
}

const served = (t) => t.backend.requests.count(
    (r) => r.url.startsWith('/frames/'));

export default {
    async 'shown by an allowed host; the backend gets no token'(t) {
        const page = await nest(t, [APP], await dashboard(t));

        await shown(page);

        const line = await t.request({ uri: '/frames/sales', status: 200 });
        assert.equal(line.kind, 'frame');

        const got = await t.backend.requests.first(
            (r) => r.url.startsWith('/frames/'));
        assert.equal(got.url, '/frames/sales');
        assert.equal(got.headers['x-toucan-distinct-id'], 'ana');
        assert.equal(got.headers['x-toucan-origin'], APP);
    },

    async 'not shown by a foreign one, which the gate refuses'(t) {
        const page = await nest(t, [EVIL], await dashboard(t));

        assert.equal(await blocked(t), `${APP} ${PORTAL}`);
        await t.request({ uri: '/frames/sales', status: 403, kind: 'frame',
                          reason: 'origin_denied' });
        await t.settle(page);
        assert.equal(served(t), 0);
        assert.equal(t.requests({ uri: '/frames/sales' }).length, 1);
    },

    async 'nor by one that hides its name: the browser sees to it'(t) {
        const url = await dashboard(t);
        const quiet = 'referrerpolicy="no-referrer"';
        const evil = await nest(t, [EVIL], url, quiet);

        assert.equal(await blocked(t), `${APP} ${PORTAL}`);
        await t.request({ uri: '/frames/sales', status: 200, kind: 'frame' });
        assert.equal(await inner(evil).getByRole('heading').count(), 0);

        const page = await nest(t, [APP], url, quiet);
        await shown(page);
    },

    async 'nor with a token that is bound to another host'(t) {
        const page = await nest(t, [APP],
                                await dashboard(t, { origins: [PORTAL] }));

        assert.equal(await blocked(t), PORTAL);
        await t.request({ uri: '/frames/sales', status: 403,
                          reason: 'token_origin_denied' });

        const portal = await nest(t, [PORTAL],
                                  await dashboard(t, { origins: [PORTAL] }));
        await shown(portal);
        assert.equal(served(t), 1);
        await page.close();
    },

    async 'nested: one allowed host in itself'(t) {
        const page = await nest(t, [APP, APP, APP], await dashboard(t));

        await shown(page, 3);
    },

    async 'nested: in allowed ones that differ, when none is named'(t) {
        const page = await nest(t, [APP, PORTAL, APP], await dashboard(t),
                                'referrerpolicy="no-referrer"');

        await shown(page, 3);
    },

    async 'nested: the one that is named, and no other around it'(t) {
        await nest(t, [APP, PORTAL], await dashboard(t));

        assert.equal(await blocked(t), PORTAL);
        await t.request({ uri: '/frames/sales', status: 200, kind: 'frame' });
    },

    async 'nested: allowed inside of a foreign one'(t) {
        const page = await nest(t, [EVIL, APP], await dashboard(t));

        assert.ok((await blocked(t)).includes(APP));
        assert.equal(await inner(page).getByRole('heading').innerText(),
                     'host');
    },

    async 'nested: foreign inside of an allowed one'(t) {
        await nest(t, [APP, EVIL], await dashboard(t));

        assert.equal(await blocked(t), `${APP} ${PORTAL}`);
        assert.equal(served(t), 0);
    },

    async 'a page in the frame may show pages of ours in frames'(t) {
        const url = await dashboard(t);

        t.serve(`${PLATFORM}/frames/outer`, frame(url));

        const outer = `${PLATFORM}/frames/outer?token=${await t.token()}`;
        const page = await nest(t, [APP], outer);

        await shown(page, 2);
    },

    async 'what it asks for passes: it carries our origin, not the host\'s'(t) {
        t.serve(`${PLATFORM}/frames/data/rows`, { rows: [] });

        const page = await nest(t, [APP], await dashboard(t));
        await shown(page);

        const inside = page.frames()[1];
        const token = bearer(await t.token());
        const get = await ask(inside, '/frames/data/rows', token);
        const post = await ask(inside, '/frames/data/rows',
                               { ...token, method: 'POST', body: 'x' });

        assert.deepEqual([get.status, post.status], [200, 200]);

        for (const method of ['GET', 'POST']) {
            await t.request({ method, uri: '/frames/data/rows', kind: 'own' });
        }

        const posted = await t.backend.requests.first(
            (r) => r.method === 'POST');
        assert.equal(posted.headers.origin, PLATFORM);

        // the host's own script gets nothing there

        const host = await ask(page, `${PLATFORM}/frames/data/rows`, token);
        assert.match(host.error, /Failed to fetch/);
        assert.equal(t.requests({ method: 'OPTIONS', status: 204 }).length, 0);
    },

    async 'a tab of its own is refused where it is not listed'(t) {
        const url = await dashboard(t);

        t.serve(`${PLATFORM}/frames/pages/sales`, html('<h1>Sales</h1>'));
        t.serve(`${APP}/`, html(`<a href="${url}">open</a>`));

        const page = await t.page(`${APP}/`);
        const answer = page.waitForResponse((r) => r.url() === url);
        await page.getByRole('link').click();

        assert.equal((await answer).status(), 403);
        assert.match((await answer).headers()['content-type'], /^text\/html/);
        await t.request({ uri: '/frames/sales', kind: 'page',
                          reason: 'kind_not_allowed' });
        assert.equal(served(t), 0);

        await page.goto(url.replace('/frames/', '/frames/pages/'));
        await page.getByRole('heading', { name: 'Sales' }).waitFor();
    },
};
