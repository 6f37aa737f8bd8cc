// Owns: the answers of the demo's assistant: that they come piece by piece,
// that a reader can stop them, and that they end with the user's access.

import assert from 'node:assert/strict';

export const stage = 'demo';
export const alone = ['signed out while it answers: cut, in words'];

const LONGEST = 'Go through every month';

// A page whose assistant notes the states of its answers, and how they ended.

async function open(t) {
    const page = await t.app();

    await page.evaluate(() => {
        const assistant = document.querySelector('tc-ai-assistant');

        self.states = [];
        self.ended = [];
        new MutationObserver(() => {
            const said = assistant.shadowRoot.querySelector(
                '[part=answer]:last-of-type');

            if (said) {
                self.states.push([said.ariaBusy === 'true',
                                  said.textContent]);
            }
        }).observe(assistant.shadowRoot, { subtree: true, childList: true,
                                           attributes: true });
        assistant.addEventListener('tc-answered', ({ detail }) => {
            self.ended.push(detail.ended);
        });
    });

    return [page, page.locator('tc-ai-assistant')];
}

const part = (element, name) => element.locator(`[part=${name}]`);
const press = (element, name) =>
    element.getByRole('button', { name, exact: true }).click();

// Some of it is there, and more is to come.

const growing = (page) => page.waitForFunction(() =>
    new Set(self.states.filter(([busy, text]) => busy && text)
        .map(([, text]) => text)).size >= 2);

async function ended(page) {
    await page.waitForFunction(() => self.ended.length > 0);

    return page.evaluate(() => self.ended);
}

export default {
    async 'an answer comes piece by piece, from the user\'s rows'(t) {
        const [page, assistant] = await open(t);

        await press(assistant, LONGEST);
        await growing(page);
        assert.equal(await part(assistant, 'answer')
            .getAttribute('aria-busy'), 'true');
        assert.ok(await part(assistant, 'send').isHidden());
        assert.deepEqual(await ended(page), ['done']);

        const text = await part(assistant, 'answer').innerText();
        const states = await page.evaluate(() => self.states);
        const lengths = [...new Set(states.filter(([busy]) => busy)
            .map(([, said]) => said.length))];

        assert.ok(lengths.length >= 5, `${lengths.length} states`);
        assert.deepEqual(lengths, lengths.toSorted?.((a, b) => a - b)
                                  ?? lengths);
        assert.ok(states.every(([, said]) => text.startsWith(said.trim())));

        const { total, labels } = await page.locator(
            'tc-dashboard[data-user=ana]').evaluate((e) => e.data);

        assert.equal(text.split('\n').length, labels.length + 1);
        assert.ok(text.endsWith(
            `Together that is $${total.toLocaleString('en-US')}.`), text);
        await t.logged('"POST /assistant" PASSED', 'user=ana');
    },

    async 'a reader stops it, and asks again'(t) {
        const [page, assistant] = await open(t);

        await press(assistant, LONGEST);
        await growing(page);
        await press(assistant, 'Stop');
        assert.deepEqual(await ended(page), ['stopped']);

        const text = await part(assistant, 'answer').innerText();

        assert.doesNotMatch(text, /Together/);
        assert.equal(await part(assistant, 'stopped').innerText(),
                     'You stopped this answer.');

        await press(assistant, 'What is the total?');
        await page.waitForFunction(() => self.ended.length > 1);
        assert.deepEqual(await page.evaluate(() => self.ended),
                         ['stopped', 'done']);
        assert.equal(await part(assistant, 'answer').first().innerText(),
                     text);
    },

    async 'signed out while it answers: cut, in words'(t) {
        const [page, assistant] = await open(t);
        const sign = page.locator('#sign');

        await press(assistant, LONGEST);
        await growing(page);
        await sign.click();

        try {
            assert.deepEqual(await ended(page), ['CUT']);
            assert.match(await assistant.locator('[data-code=CUT]')
                .innerText(), /^The answer was cut: the connection ended/);

            // what was there before stays

            const text = await part(assistant, 'answer').innerText();

            assert.match(text, /^January: \$/);
            assert.doesNotMatch(text, /Together/);
            await t.logged('"POST /assistant" CUT reason=revoked',
                           'user=ana');

            // and the next question is refused, in other words

            await press(assistant, 'What is the total?');
            await assistant.locator('[data-code=TOKEN_REVOKED]').waitFor();

        } finally {
            await page.locator('#sign:enabled').getByText('Sign in').click();
        }

        await page.locator('#sign:enabled').getByText('Sign out').waitFor();
        await press(assistant, 'What is the total?');
        await assistant.getByText('The total is').waitFor();
    },
};
