// Owns: a session in a frame: what becomes of the token in the URL, who has
// the cookie that it becomes, and what browsers show that keep no cookie.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchProfile } from './lib/browser.mjs';
import { APP, ask, frame, html, PLATFORM, PORTAL } from './lib/case.mjs';

const NAME = '__Host-toucan';
const PAGE = `${PLATFORM}/session/sales`;
const THIRD = 'https://third.test';

const CONTENT = html(`<h1>Sales</h1><p id="who"></p>
    <img alt="" src="${THIRD}/pixel"><a href="/session/costs?q=1">costs</a>
    <script>who.textContent = document.cookie || 'no cookie';</script>`);

function serve(t) {
    t.serve(PAGE, CONTENT);
    t.serve(`${PLATFORM}/session/costs`, html('<h1>Costs</h1>'));
    t.serve(`${PLATFORM}/session/data`, (req, res) => res
        .writeHead(200, { 'Content-Type': 'application/json' })
        .end(JSON.stringify([req.headers['x-toucan-distinct-id']])));
    t.serve(`${THIRD}/pixel`, (req, res) => res.writeHead(204).end());
}

// The page of a host with the frame in it, and the token that it was given.

async function open(t, { host = APP, claims, lifetime, like, more } = {}) {
    serve(t);

    const token = await t.token(claims, lifetime);
    t.serve(`${host}/`, frame(`${PAGE}?token=${token}&view=2`, more));

    return { token, page: await t.page(`${host}/`, like) };
}

// The same without a token: what the cookie alone opens.

async function reopen(t, page, host = APP) {
    t.serve(`${host}/again`, frame(PAGE));

    return t.page(`${host}/again`, page);
}

const heading = (page, name) =>
    page.frameLocator('iframe').getByRole('heading', { name });

const shown = (page, name = 'Sales') => heading(page, name).waitFor();

const statuses = (t) => t.requests({ uri: '/session/sales' })
    .concat(t.requests({ uri: '/session/sales?view=2' }))
    .sort((a, b) => a.time - b.time).map((line) => line.status);

const cookie = async (page) =>
    (await page.context().cookies()).find((c) => c.name === NAME);

// Words instead of the page, after so many requests and no more.

async function words(t, page, wanted) {
    const body = page.frameLocator('iframe').locator('body');

    await body.filter({ hasText: /cookie/i }).waitFor();
    await t.settle(page);
    assert.deepEqual(statuses(t), wanted);
}

// A browser whose user has set something about cookies.

async function withSetting(t, profile, ...switches) {
    const folder = mkdtempSync(join(tmpdir(), 'toucan-profile.'));

    mkdirSync(join(folder, 'Default'));
    writeFileSync(join(folder, 'Default/Preferences'),
                  JSON.stringify({ profile }));

    const context = await launchProfile(t.platform, folder, ...switches);

    t.adopt(context, folder);

    return context.pages()[0] ?? context.newPage();
}

export default {
    async 'no address, Referer or log has the token afterwards'(t) {
        const { token, page } = await open(t);

        await shown(page);

        const inside = page.frames()[1];
        assert.equal(inside.url(), `${PAGE}?view=2`);
        assert.ok(['', `${APP}/`].includes(
            await inside.evaluate(() => document.referrer)));

        // neither what it loads from elsewhere, nor what it leads to

        const pixel = await t.backend.requests.first(
            (r) => r.url === '/pixel');
        assert.equal(pixel.headers.referer, `${PLATFORM}/`);

        await inside.getByRole('link').click();
        await shown(page, 'Costs');

        const next = await t.backend.requests.first(
            (r) => r.url === '/session/costs?q=1');
        assert.equal(next.headers.referer, `${PAGE}?view=2`);

        const all = JSON.stringify([t.backend.requests.all,
                                    t.platform.lines.all,
                                    t.platform.errors.all]);
        assert.ok(!all.includes(token));
        assert.ok(!all.includes(token.split('.')[2]));
    },

    async 'one redirect, which no upstream is asked about'(t) {
        serve(t);
        t.serve(`${APP}/`, html('host'));

        const page = await t.page(`${APP}/`);
        const url = `${PAGE}?a=%2f&token=${await t.token()}&b=1`;
        const answer = page.waitForResponse((r) => r.url() === url);

        await page.evaluate((src) => {
            const inside = document.createElement('iframe');
            inside.src = src;
            document.body.append(inside);
        }, url);
        await shown(page);

        const headers = await (await answer).allHeaders();
        assert.equal((await answer).status(), 303);
        assert.equal(headers.location, '/session/sales?a=%2f&b=1');
        assert.equal(headers['referrer-policy'], 'strict-origin');
        assert.match(headers['cache-control'], /no-store/);
        assert.match(headers['content-security-policy'],
                     new RegExp(`frame-ancestors ${APP}$`));
        assert.equal(t.backend.requests.count(
            (r) => r.url.startsWith('/session/')), 1);
    },

    async 'the cookie is partitioned, and no script sees it'(t) {
        const { page } = await open(t, { lifetime: 120 });

        await shown(page);
        assert.equal(await page.frameLocator('iframe').locator('#who')
            .innerText(), 'no cookie');

        const got = await cookie(page);
        assert.equal(got.partitionKey, 'https://acme.test');
        assert.deepEqual(
            [got.httpOnly, got.secure, got.sameSite, got.path, got.domain],
            [true, true, 'None', '/', 'analytics.example.test']);

        const left = got.expires - Date.now() / 1000;
        assert.ok(left > 60 && left <= 121, `${left} s are left`);
    },

    async 'it opens pages and data, and no upstream gets it'(t) {
        const { page } = await open(t);

        await shown(page);

        const again = await reopen(t, page);
        await shown(again);

        const got = await ask(again.frames()[1], '/session/data');
        assert.deepEqual([got.status, got.body], [200, ['ana']]);
        await t.request({ uri: '/session/data', kind: 'own' });

        const seen = t.backend.requests.all.filter(
            (r) => r.url.startsWith('/session/'));
        assert.equal(seen.length, 3);
        assert.ok(seen.every((r) => !r.headers.cookie));
    },

    async 'it does not work on another site, nor in a tab of its own'(t) {
        const { page } = await open(t);

        await shown(page);
        await shown(await reopen(t, page));

        const before = statuses(t);
        await words(t, await reopen(t, page, PORTAL), [...before, 401]);

        // where nothing is in its way, the cookie does not even arrive

        t.serve(`${PLATFORM}/cookies`, html('ours'));
        await t.page(`${PLATFORM}/cookies`, page);

        const tab = await t.backend.requests.first(
            (r) => r.url === '/cookies');
        assert.equal(tab.headers.cookie, undefined);

        const own = page.frames()[1];
        await ask(own, '/cookies');
        const inside = t.backend.requests.all.filter(
            (r) => r.url === '/cookies')[1];
        assert.match(inside.headers.cookie, new RegExp(`^${NAME}=eyJ`));
    },

    async 'it is no token for a script of the host\'s'(t) {
        const { page } = await open(t);

        await shown(page);

        const got = await ask(page, `${PLATFORM}/session/data`,
                              { credentials: 'include' });
        assert.match(got.error, /Failed to fetch/);
        await t.request({ uri: '/session/data', kind: 'component',
                          status: 401, reason: 'no_token' });
    },

    async 'a new URL brings a new user, in spite of the cookie'(t) {
        const { page } = await open(t);

        await shown(page);

        const { page: other } = await open(t, { claims: { sub: 'bo' },
                                                like: page });
        await shown(other);

        const got = await ask(other.frames()[1], '/session/data');
        assert.deepEqual(got.body, ['bo']);
        assert.equal(t.requests({ reason: 'token_conflict' }).length, 0);
    },

    async 'it ends with the token: words, and no loop'(t) {
        const { page } = await open(t, { lifetime: 10 });

        await shown(page);

        const { expires } = await cookie(page);
        await t.until(expires + 1);
        assert.equal(await cookie(page), undefined);
        await words(t, await reopen(t, page), [303, 200, 401]);
    },

    async 'a token that has expired is refused, and not put in a cookie'(t) {
        const { page } = await open(t, { lifetime: -10 });

        await t.request({ reason: 'expired', kind: 'frame' });
        await t.settle(page);
        assert.deepEqual(statuses(t), [401]);
        assert.equal(await cookie(page), undefined);
    },

    async 'works where third-party cookies are blocked'(t) {
        serve(t);
        t.serve(`${PLATFORM}/third`, (req, res) => res.writeHead(200, {
            'Content-Type': 'text/html',
            'Set-Cookie': 'third=1; Path=/; Secure; SameSite=None',
        }).end(html('<h1>third</h1>')));
        t.serve(`${APP}/third`, frame(`${PLATFORM}/third`));

        // and they are blocked; where they are not, it works as well

        for (const [mode, count] of [[1, 0], [0, 1]]) {
            const like = await withSetting(t, { cookie_controls_mode: mode });
            const third = await t.page(`${APP}/third`, like);
            await shown(third, 'third');

            const all = await third.context().cookies();
            assert.equal(all.filter((c) => c.name === 'third').length, count);

            const { page } = await open(t, { like });
            await shown(page);
            assert.equal((await cookie(page)).partitionKey,
                         'https://acme.test');
            await shown(await reopen(t, page));
        }
    },

    async 'where no cookie is kept: words, and no loop'(t) {
        const like = await withSetting(t, {
            default_content_setting_values: { cookies: 2 },
        });
        const { page } = await open(t, { like });

        await words(t, page, [303, 401]);
        assert.deepEqual(await page.context().cookies(), []);
    },

    async 'in a sandbox: the page, and one refusal for what it asks'(t) {
        const { page } = await open(t, { more: 'sandbox="allow-scripts"' });

        await shown(page);

        const got = await ask(page.frames()[1], '/session/data',
                              { credentials: 'include' });
        assert.match(got.error, /Failed to fetch/);
        await t.settle(page);
        assert.deepEqual(statuses(t), [303, 200]);
        assert.deepEqual(
            t.requests({ uri: '/session/data' })
                .map((line) => [line.method, line.status, line.reason]),
            [['GET', 401, 'no_token']]);
    },
};
