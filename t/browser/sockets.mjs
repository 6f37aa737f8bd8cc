// Owns: WebSockets, whose token is in Sec-WebSocket-Protocol, because a
// page's script can set no other header of theirs.

import assert from 'node:assert/strict';
import { APP, claims, EVIL, html, PLATFORM } from './lib/case.mjs';
import { within } from './lib/list.mjs';

const PATH = '/streams/socket';
const URL_ = `${PLATFORM.replace('https:', 'wss:')}${PATH}`;

// A socket in a page of `host': `said' holds what came of it, in order.
// `chosen' is the protocol that the backend chooses.

async function open(t, protocols, { host = APP, chosen } = {}) {
    t.backend.serveSocket(`${PLATFORM}${PATH}`, chosen);
    t.serve(`${host}/`, html('host'));

    const page = await t.page(`${host}/`);

    await page.evaluate(([url, protocols]) => {
        const socket = new WebSocket(url, protocols);

        self.said = [];
        socket.onopen = () => self.said.push(`open ${socket.protocol}`);
        socket.onmessage = (e) => self.said.push(`message ${e.data}`);
        socket.onerror = () => self.said.push('error');
        socket.onclose = () => {
            self.said.push('close');
            self.over = Date.now() / 1000;
        };
    }, [URL_, protocols]);

    return page;
}

const said = (page, text) =>
    page.waitForFunction((text) => self.said.includes(text), text);

const all = (page) => page.evaluate(() => self.said);

const asked = (t) => t.backend.requests.all.filter((r) => r.url === PATH);

// Cut by `end': when.

async function cut(t, token, end) {
    const page = await open(t, ['toucan', token]);

    await said(page, 'message first');

    const stream = t.backend.streams.all.at(-1);

    await end();
    await said(page, 'close');

    assert.deepEqual((await all(page)).slice(0, 2),
                     ['open toucan', 'message first']);

    await within(stream.closed, 'the backend\'s end of it');

    return page.evaluate(() => self.over);
}

export default {
    async 'opens with the token beside "toucan", which is answered'(t) {
        const token = await t.token();
        const page = await open(t, ['toucan', token]);

        await said(page, 'message first');
        assert.deepEqual(await all(page), ['open toucan', 'message first']);

        const [{ headers }] = asked(t);
        assert.equal(headers['sec-websocket-protocol'], undefined);
        assert.equal(headers['x-toucan-distinct-id'], 'ana');
        assert.equal(headers['x-toucan-origin'], APP);
        assert.ok(!JSON.stringify(headers).includes(token));
    },

    async 'the backend chooses among the others'(t) {
        const page = await open(t, ['chat.v2', 'toucan', await t.token(),
                                    'chat.v1'], { chosen: 'chat.v1' });

        await said(page, 'message first');
        assert.deepEqual(await all(page),
                         ['open chat.v1', 'message first']);
        assert.equal(asked(t)[0].headers['sec-websocket-protocol'],
                     'chat.v2, chat.v1');
    },

    async 'not without a token, nor with another\'s'(t) {
        for (const [protocols, reason] of [
            [['toucan'], 'no_token'], [['chat.v1'], 'no_token'],
            [['toucan', await t.token({ aud: 'another' })], 'bad_audience'],
        ]) {
            const page = await open(t, protocols, { chosen: protocols[0] });

            await said(page, 'close');
            assert.deepEqual(await all(page), ['error', 'close']);
            await t.request({ uri: PATH, status: 401, reason });
        }

        assert.equal(asked(t).length, 0);
    },

    async 'not from a foreign page'(t) {
        const page = await open(t, ['toucan', await t.token()],
                                { host: EVIL });

        await said(page, 'close');
        assert.deepEqual(await all(page), ['error', 'close']);
        await t.request({ uri: PATH, status: 403, reason: 'origin_denied' });
        assert.equal(asked(t).length, 0);
    },

    async 'cut when its token expires'(t) {
        const token = await t.token({}, 8);
        const { exp } = claims(token);
        const when = await cut(t, token, () => {});

        assert.ok(when >= exp, `${exp - when} s too early`);
        assert.ok(when < exp + 3, `${when - exp} s too late`);

        const line = await t.request({ uri: PATH, verdict: 'CUT' });
        assert.deepEqual([line.status, line.reason], [101, 'expired']);
    },

    async 'cut when its user is revoked, and no other\'s'(t) {
        const other = await open(t, ['toucan', await t.token({ sub: 'bo' })]);
        await said(other, 'message first');

        const sub = `ana-${Date.now()}`;
        let revoked;

        const when = await cut(t, await t.token({ sub }), async () => {
            revoked = Date.now() / 1000;
            await t.platform.revoke({ distinctId: sub });
        });

        assert.ok(when >= revoked && when < revoked + 3,
                  `after ${when - revoked} s`);

        const line = await t.request({ uri: PATH, verdict: 'CUT' });
        assert.equal(line.reason, 'revoked');

        t.backend.streams.all[0].say('still');
        await said(other, 'message still');
    },
};
