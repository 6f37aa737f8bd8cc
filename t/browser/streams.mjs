// Owns: answers that go on: server-sent events, read by fetch() and by
// EventSource, over HTTP/2 and HTTP/1.1, cut when their token ends.

import assert from 'node:assert/strict';
import { APP, bearer, claims, EVIL, html, PLATFORM, PLATFORM_H1 }
    from './lib/case.mjs';

const PATH = '/streams/events';

// A page of the host's, in which `heard' is what a stream said, and `over'
// is how and when it ended.

async function start(t, site, host = APP) {
    t.backend.serveEvents(`${site}${PATH}`);
    t.serve(`${host}/`, html('host'));

    const page = await t.page(`${host}/`);

    await page.evaluate(() => {
        self.heard = [];
        self.over = [];
    });

    return page;
}

// fetch() in the page, which goes on reading on its own.

const read = (page, url, options) => page.evaluate(async ([url, options]) => {
    const res = await fetch(url, options);
    const reader = res.body.pipeThrough(new TextDecoderStream()).getReader();

    (async () => {
        for (;;) {
            const { done, value } = await reader.read();

            if (done) {
                return 'end';
            }

            self.heard.push(value.trim());
        }
    })().catch((e) => `cut: ${e.name}`)
        .then((how) => self.over.push([how, Date.now() / 1000, url]));

    return res.status;
}, [url, options]);

const heard = (page, text) => page.waitForFunction(
    (text) => self.heard.join('\n').includes(text), text);

async function over(page) {
    await page.waitForFunction(() => self.over.length > 0);

    return (await page.evaluate(() => self.over))[0];
}

// The stream says what it is told until it is cut, by `end'; when it was.

async function cut(t, page, url, token, end) {
    assert.equal(await read(page, url, bearer(token)), 200);
    await heard(page, 'data: first');

    const stream = await t.backend.streams.first(() => true, 'the stream');
    stream.say('second');
    await heard(page, 'data: second');

    await end();

    const [, when] = await over(page);
    await stream.closed;

    return when;
}

const cases = (site, name) => ({
    async [`${name}: cut when its token expires`](t) {
        const page = await start(t, site);
        const token = await t.token({}, 8);
        const { exp } = claims(token);
        const when = await cut(t, page, `${site}${PATH}`, token, () => {});

        assert.ok(when >= exp, `${exp - when} s too early`);
        assert.ok(when < exp + 3, `${when - exp} s too late`);

        const line = await t.request({ uri: PATH, verdict: 'CUT' });
        assert.equal(line.reason, 'expired');
    },

    async [`${name}: cut when its token is revoked`](t) {
        const page = await start(t, site);
        const token = await t.token();
        const { jti } = claims(token);
        let revoked;

        const when = await cut(t, page, `${site}${PATH}`, token, async () => {
            revoked = Date.now() / 1000;
            await t.platform.revoke({ jti });
        });

        assert.ok(when >= revoked && when < revoked + 3,
                  `after ${when - revoked} s`);

        const line = await t.request({ uri: PATH, verdict: 'CUT' });
        assert.equal(line.reason, 'revoked');
    },
});

export default {
    ...cases(PLATFORM, 'HTTP/2'),
    ...cases(PLATFORM_H1, 'HTTP/1.1'),

    async 'HTTP/2: another user\'s stream in the same page goes on'(t) {
        const page = await start(t, PLATFORM);
        const url = `${PLATFORM}${PATH}`;
        const ana = await t.token({ sub: 'ana' });

        for (const token of [ana, await t.token({ sub: 'bo' })]) {
            assert.equal(await read(page, url, bearer(token)), 200);
        }

        await t.backend.streams.first(() => t.backend.streams.all.length > 1,
                                      'two streams');
        await t.platform.revoke({ jti: claims(ana).jti });
        await over(page);

        for (const stream of t.backend.streams.all) {
            stream.say('afterwards');
        }

        await heard(page, 'data: afterwards');
        assert.equal(await page.evaluate(() => self.over.length), 1);
        assert.deepEqual(
            t.requests({ verdict: 'CUT' }).map((line) => line.user), ['ana']);
    },

    async 'EventSource: asks once more when cut, is refused, and rests'(t) {
        const page = await start(t, PLATFORM);
        const token = await t.token();

        await page.evaluate((url) => {
            const events = new EventSource(url);

            events.onmessage = (e) => self.heard.push(e.data);
            events.onerror = () => {
                if (events.readyState === EventSource.CLOSED) {
                    self.over.push(['closed']);
                }
            };
        }, `${PLATFORM}${PATH}?token=${token}`);

        await heard(page, 'first');
        await t.platform.revoke({ jti: claims(token).jti });
        await over(page);
        await t.settle(page);

        assert.deepEqual(
            t.requests({ uri: PATH }).map((l) => [l.status, l.verdict]),
            [[200, 'CUT'], [401, 'REJECTED']]);
    },

    async 'a stream that ends in time is not cut'(t) {
        const page = await start(t, PLATFORM);

        await read(page, `${PLATFORM}${PATH}`, bearer(await t.token()));
        await heard(page, 'data: first');

        const stream = await t.backend.streams.first(() => true);
        stream.finish();

        assert.equal((await over(page))[0], 'end');
        await t.request({ uri: PATH, verdict: 'PASSED' });
    },

    async 'a foreign page gets none'(t) {
        const page = await start(t, PLATFORM, EVIL);
        const token = await t.token();

        await page.evaluate((url) => {
            const events = new EventSource(url);
            events.onerror = () => self.over.push([events.readyState]);
        }, `${PLATFORM}${PATH}?token=${token}`);

        assert.deepEqual(await over(page), [2]);
        await t.request({ uri: PATH, status: 403, reason: 'origin_denied' });
        assert.equal(t.backend.streams.all.length, 0);
    },
};
