// Owns: what the users of the demo see of its dashboards: their own rows and
// nobody else's, words where something is refused, and what they have selected
// for as long as they look.

import assert from 'node:assert/strict';
import { ask } from './lib/case.mjs';
import { within } from './lib/list.mjs';

export const stage = 'demo';

// They end Ana's access, which other cases use.

export const alone = ['signed out: words, and no row; signed in: rows again'];

const dashboard = (page, user) =>
    page.locator(`tc-dashboard[data-user=${user}]`);
const part = (element, name) => element.locator(`[part=${name}]`);
const button = (element, name) =>
    element.getByRole('button', { name, exact: true });
const framed = (page) => page.frameLocator('iframe').locator('tc-dashboard');

const choose = (page, label) =>
    page.locator('.switch label', { hasText: label }).click();

const loaded = (element) => part(element, 'content').waitFor();
const dataOf = (element) => element.evaluate((e) => e.data);

// All that the element has in it.

const textOf = (element) =>
    element.evaluate((e) => e.shadowRoot.textContent);

const message = (element, code) =>
    element.locator(`[part=message][data-code=${code}]`).innerText();

// After `count' new tokens.

const renewed = (element, count) => within(element.evaluate((e, count) =>
    new Promise((done) => {
        e.addEventListener('tc-renewed', () => --count === 0 && done());
    }), count), `${count} new tokens`, 30000);

const selected = (element) => part(element, 'selection').innerText();

// What a user does: a product and a month, with the keyboard's focus there.

async function select(element, product, month) {
    await button(element, product).click();
    await button(element, month).focus();
    await button(element, month).press('Enter');
    assert.equal(await selected(element), `Selected: ${product}, ${month}`);
}

async function kept(element, product, month) {
    assert.equal(await selected(element), `Selected: ${product}, ${month}`);
    assert.deepEqual(await element.evaluate((e) => e.selection),
                     { product, label: month });
    assert.equal(await button(element, product).getAttribute('aria-pressed'),
                 'true');
}

export default {
    async 'two users see other rows from one URL'(t) {
        const page = await t.app();
        const ana = dashboard(page, 'ana'), gus = dashboard(page, 'gus');

        await loaded(ana);
        await loaded(gus);
        assert.equal(await part(ana, 'scope').innerText(),
                     'acme · north, west');
        assert.equal(await part(gus, 'scope').innerText(),
                     'globex · east, north, south, west');

        const [ours, theirs] = [await dataOf(ana), await dataOf(gus)];

        assert.notEqual(ours.total, theirs.total);
        assert.doesNotMatch(await textOf(ana), /globex/);
        assert.doesNotMatch(await textOf(gus), /acme/);

        // the table has them, and their sum

        const values = ours.series.map((series) => series.values[0]);
        const sum = values.reduce((a, b) => a + b);

        assert.deepEqual(
            await part(ana, 'table').locator('tbody tr').first()
                .locator('td').allInnerTexts(),
            [...values, sum].map((n) => '$' + n.toLocaleString('en-US')));

        for (const user of ['ana', 'gus']) {
            await t.logged('"GET /dashboards/sales" PASSED', 'kind=component',
                           `user=${user}`);
        }
    },

    async 'the frame shows the same, and its backend got no token'(t) {
        const page = await t.app();

        await loaded(framed(page));
        await loaded(dashboard(page, 'ana'));

        const data = await dataOf(framed(page));
        const { rows, series } = await dataOf(dashboard(page, 'ana'));

        assert.deepEqual([data.rows, data.series], [rows, series]);
        assert.equal(data.tokenArrived, false);
        assert.equal(page.frames()[1].url(),
                     `${t.demo.gate}/dashboards/sales`);
        await t.logged('"GET /dashboards/sales', 'kind=frame', 'user=ana');
        assert.doesNotMatch(t.lines.all.join('\n'), /eyJ/);

        await choose(page, 'Gus Meyer');
        await page.getByTitle('as Gus Meyer sees it').waitFor();
        await loaded(framed(page));
        assert.deepEqual((await dataOf(framed(page))).customers, ['globex']);
    },

    async 'another site: its visitors read that it may not embed'(t) {
        const page = await t.elsewhere();
        const ana = dashboard(page, 'ana');

        assert.match(await message(ana, 'ORIGIN_BLOCKED'),
                     /origin is not allowed to embed.*elsewhere\.localhost/s);
        assert.equal(await dataOf(ana), undefined);
        assert.ok(await part(ana, 'content').isHidden());
        await t.message(`from origin '${t.demo.elsewhere}' has been blocked `
                        + 'by CORS policy');

        const assistant = page.locator('tc-ai-assistant');

        await button(assistant, 'What is the total?').click();
        assert.match(await message(assistant, 'ORIGIN_BLOCKED'),
                     /origin is not allowed/);

        // the frame: by the browser, then by the page

        assert.match(await t.message('frame-ancestors'),
                     new RegExp(`"frame-ancestors ${t.demo.app}"`));
        await t.logged('"GET /dashboards/sales', 'kind=frame',
                       'REJECTED reason=origin_denied');
        await page.locator('#frame-note')
            .getByText('The browser shows no frame here').waitFor();
    },

    async 'a dashboard that is not the user\'s: words, in place of rows'(t) {
        const page = await t.app();
        const gus = dashboard(page, 'gus');

        // Ana may; a frame of Gus's is told in words by the page around it

        await choose(page, 'regions');
        await page.getByTitle('Dashboard regions as Ana').waitFor();
        await loaded(framed(page));
        await choose(page, 'Gus Meyer');

        await loaded(gus);
        await gus.evaluate((e) => e.setAttribute('dashboard-id', 'regions'));
        assert.match(await message(gus, 'PERMISSION_DENIED'),
                     /^You may not see this\. Ask whoever manages/);
        assert.equal(await part(gus, 'message').getAttribute('role'), 'alert');
        assert.ok(await part(gus, 'content').isHidden());
        await t.logged('"GET /dashboards/regions" REJECTED', 'user=gus',
                       'reason=object_denied');

        // what he may is there again at once, not with the next token

        assert.equal(await gus.evaluate(async (e) => {
            e.setAttribute('dashboard-id', 'sales');
            await new Promise(queueMicrotask);

            return e.shadowRoot.querySelector('[part=card]').ariaBusy;
        }), 'true');
        await loaded(gus);
        assert.ok(await part(gus, 'message').isHidden());

        await page.locator('#frame-note')
            .getByText('Gus Meyer’s token names the dashboard “sales” only')
            .waitFor();
    },

    async 'new tokens keep the selection, in the element and in the frame'(t) {
        const page = await t.app();
        const ana = dashboard(page, 'ana'), frame = framed(page);

        await loaded(ana);
        await loaded(frame);

        const waiting = [renewed(ana, 2), renewed(frame, 2)];
        const refused = [];

        page.on('response', (response) => response.status() >= 400
                                          && refused.push(response.url()));

        await select(ana, 'Software', 'Apr');
        await select(frame, 'Hardware', 'Feb');


        await Promise.all(waiting);
        await kept(ana, 'Software', 'Apr');
        await kept(frame, 'Hardware', 'Feb');

        // the frame was the last one that the keyboard was in

        assert.equal(await frame.evaluate(
            (e) => e.shadowRoot.activeElement?.textContent), 'Feb');
        assert.match(await part(ana, 'renewal').innerText(),
                     /^Access renewed \d+ times, next at /);
        assert.deepEqual(refused, []);

        // and it goes when the user says so

        await button(ana, 'Clear selection').click();
        assert.match(await selected(ana), /^Nothing selected/);
    },

    async 'signed out: words, and no row; signed in: rows again'(t) {
        const page = await t.app();
        const ana = dashboard(page, 'ana');
        const sign = page.locator('#sign');

        await loaded(ana);
        await select(ana, 'Software', 'Apr');
        await sign.click();

        try {
            assert.match(await message(ana, 'TOKEN_REVOKED'),
                         /Your access has been withdrawn.*is signed out/s);
            assert.ok(await part(ana, 'content').isHidden());
            await page.locator('#frame-note')
                .getByText('Ana Flores is signed out').waitFor();
            assert.equal(await page.locator('iframe').count(), 0);

        } finally {
            await page.locator('#sign:enabled')
                .getByText('Sign in').click();
        }

        await page.locator('#sign:enabled').getByText('Sign out').waitFor();
        await loaded(ana);
        assert.equal(await selected(ana), 'Selected: Software, Apr');
        assert.ok(await part(ana, 'message').isHidden());
        await loaded(framed(page));
    },

    async 'an API key for a token: words, and it is sent nowhere'(t) {
        const page = await t.app();
        const key = t.demo.apiKey();
        const sent = [];

        page.context().on('request', (request) => {
            sent.push(request.allHeaders().then((headers) => JSON.stringify(
                [request.url(), headers, request.postData()])));
        });

        await page.evaluate(([key, gate]) => {
            const made = document.createElement('tc-dashboard');

            made.id = 'author';
            made.setAttribute('dashboard-id', 'sales');
            made.setAttribute('server-url', gate);
            made.setAttribute('auth-token', key);
            document.querySelector('main').prepend(made);
        }, [key, t.demo.gate]);

        const author = page.locator('#author');

        assert.match(await message(author, 'KEY_IN_BROWSER'),
                     /^An API key has got into this page\..*withdraw it/s);
        assert.ok(!(await textOf(author)).includes(key));

        // one that is a token, in the same place, gets rows

        const token = await page.evaluate(
            async () => (await fetch('/token?user=ana')).text());

        await author.evaluate((e, token) => {
            e.setAttribute('auth-token', token);
        }, token);
        await loaded(author);

        const all = (await Promise.all(sent)).join('\n');

        assert.ok(all.includes(token));
        assert.ok(!all.includes(key));

        // nor does a script of the author's own get past

        assert.deepEqual(
            await ask(page, `${t.demo.gate}/embed/generate-token`, {
                method: 'POST', body: '{}', headers: { 'x-api-key': key },
            }), { error: 'TypeError: Failed to fetch' });
    },

    async 'what the page tries is refused, each by its code'(t) {
        const page = await t.app();
        const rows = page.locator('#list li');

        await page.locator('#all').click();
        await page.locator('#list output:not(:empty)').nth(8).waitFor();
        assert.deepEqual(
            await rows.evaluateAll((all) => all.map((row) =>
                `${row.querySelector('output').className} `
                + row.querySelector('output code').textContent.trim())),
            ['good TOKEN_MISSING', 'good TOKEN_EXPIRED', 'good TOKEN_INVALID',
             'good PERMISSION_DENIED', 'good ORIGIN_DENIED',
             'good TOKEN_REVOKED',
             'good SCOPE_EXCEEDS_KEY /permissions/dashboard',
             'good KEY_IN_BROWSER', 'good changes nothing: rows of acme']);
    },
};
