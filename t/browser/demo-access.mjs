// Owns: who can use the demo's pages: by keyboard alone, with a screen reader,
// on a phone, in light and in dark, and without motion.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export const stage = 'demo';

const AXE = readFileSync(createRequire(import.meta.url)
    .resolve('axe-core/axe.min.js'), 'utf8');

const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true,
                hasTouch: true };

const dashboard = (page, user) =>
    page.locator(`tc-dashboard[data-user=${user}]`);
const part = (element, name) => element.locator(`[part=${name}]`);
const framed = (page) => page.frameLocator('iframe').locator('tc-dashboard');
const assistant = (page) => page.locator('tc-ai-assistant');

// A page that shows all it can: rows, a selection, an answer, refusals.

async function busyPage(t, options) {
    const page = await t.app(options);

    await part(framed(page), 'content').waitFor();
    await part(dashboard(page, 'gus'), 'content').waitFor();
    await dashboard(page, 'ana').getByRole('button', { name: 'Apr' }).click();
    await dashboard(page, 'ana').getByText('What the gate told').click();
    await dashboard(page, 'gus').evaluate((e) => {
        e.setAttribute('dashboard-id', 'regions');
    });
    await dashboard(page, 'gus').locator('[data-code]').waitFor();
    await page.getByRole('button', { name: 'Try: No token' }).click();
    await page.locator('output.good').waitFor();
    await assistant(page).getByRole('button', { name: 'What is' }).click();
    await assistant(page).locator('[part=answer]:not([aria-busy])').waitFor();

    return page;
}

// The same of the foreign one.

async function refusedPage(t, options) {
    const page = await t.elsewhere(options);

    await dashboard(page, 'ana').locator('[data-code]').waitFor();
    await assistant(page).getByRole('button', { name: 'What is' }).click();
    await assistant(page).locator('[data-code]').waitFor();

    return page;
}

// A frame with the browser's own words in it, in place of a page.

const blocked = (frame) => frame.evaluate(
    () => location.protocol === 'chrome-error:' || origin === 'null');

// What axe finds, in the page and in its frame, which are looked at by
// themselves (but that a frame needs no <h1>); a line each.

async function violations(page) {
    const found = [];

    for (const frame of page.frames()) {
        const outer = frame === page.mainFrame();

        if (await blocked(frame)) {
            continue;
        }

        await frame.evaluate(AXE);
        const { passes, violations } = await frame.evaluate(
            (outer) => self.axe.run(document, { iframes: false, rules: {
                'page-has-heading-one': { enabled: outer } } }), outer);

        assert.ok(passes.length >= 10, `${passes.length} rules fit`);
        found.push(...violations.flatMap(({ id, nodes }) => nodes.map(
            ({ target, failureSummary }) =>
                `${id}: ${JSON.stringify(target)} ${failureSummary}`)));
    }

    return found;
}

// Presses Tab until the focus is on what has these words, within reason; a
// focus that does not show fails.

async function tabTo(page, words, key = 'Tab') {
    const passed = [];

    for (let i = 0; i < 60; i++) {
        await page.keyboard.press(key);
        const [name, seen] = await page.evaluate(() => {
            let e = document.activeElement;

            while (e.shadowRoot?.activeElement) {
                e = e.shadowRoot.activeElement;
            }

            const shown = e.matches('.switch input')
                ? e.nextElementSibling : e;
            const { outlineStyle, outlineWidth } = getComputedStyle(shown);

            return [(e.ariaLabel ?? e.id) || e.textContent.trim(),
                    e.tagName === 'IFRAME' || (outlineStyle !== 'none'
                        && parseFloat(outlineWidth) >= 2)];
        });

        assert.ok(seen, `the focus does not show on "${name}"`);
        passed.push(name);

        if (name === words) {
            return passed;
        }
    }

    throw new Error(`no Tab leads to "${words}", but to ${passed.join('; ')}`);
}

const looks = {};

for (const [name, open] of [['the host page', busyPage],
                            ['the foreign page', refusedPage]])
{
    looks[`axe finds nothing: ${name}, light and dark`] = async (t) => {
        const page = await open(t, { colorScheme: 'light' });

        assert.deepEqual(await violations(page), []);
        await page.emulateMedia({ colorScheme: 'dark' });
        assert.deepEqual(await violations(page), []);
    };
}

// In how many of the browser's frames the chart has changed, after a product
// was chosen: until it has for `wanted', or many frames have passed.

const chartFrames = (element, product, wanted) => element.evaluate(
    (e, [product, wanted]) =>
    new Promise((done) => {
        let changed = 0, changes = false, left = 120;
        const observer = new MutationObserver(() => { changes = true; });

        observer.observe(e.shadowRoot.querySelector('[part=chart]'), {
            subtree: true, childList: true, attributes: true });
        e.shadowRoot.querySelector(`[data-product=${product}]`).click();

        requestAnimationFrame(function look() {
            changed += changes;
            changes = false;

            if (changed >= wanted || --left === 0) {
                observer.disconnect();
                done(changed);
            } else {
                requestAnimationFrame(look);
            }
        });
    }), [product, wanted]);

const beat = (page) => assistant(page)
    .locator('[part=answer][aria-busy=true]').evaluate(
        (e) => getComputedStyle(e, '::after').animationName);

export default {
    async 'by keyboard: to a month, select it, clear it'(t) {
        const page = await t.app();
        const ana = dashboard(page, 'ana');
        const selection = () => part(ana, 'selection').innerText();

        await part(ana, 'content').waitFor();
        await part(dashboard(page, 'gus'), 'content').waitFor();

        const passed = await tabTo(page, 'Apr');

        assert.deepEqual(passed.slice(-9), [
            'Reload', 'All products', 'Hardware', 'Services', 'Software',
            'Jan', 'Feb', 'Mar', 'Apr']);

        await page.keyboard.press('Enter');
        assert.equal(await selection(), 'Selected: Apr');
        await page.keyboard.press('Space');
        assert.match(await selection(), /^Nothing selected/);
        await tabTo(page, 'Jun');
        await page.keyboard.press('Space');
        assert.equal(await selection(), 'Selected: Jun');

        await tabTo(page, 'Clear selection');
        await page.keyboard.press('Enter');
        assert.match(await selection(), /^Nothing selected/);

        // the focus is not lost with the button

        await tabTo(page, 'Hardware');
        await page.keyboard.press('Enter');
        assert.equal(await selection(), 'Selected: Hardware');
        await tabTo(page, 'All products', 'Shift+Tab');
    },

    async 'by keyboard: into the frame, and out'(t) {
        const page = await t.app();
        const frame = framed(page);

        await part(frame, 'content').waitFor();
        await page.locator('input[name=dashboard]:checked').focus();
        await page.keyboard.press('Tab');

        const month = frame.getByRole('button', { name: 'Mar' });

        for (let i = 0; i < 20 && !await month.evaluate(
            (e) => e.getRootNode().activeElement === e); i++)
        {
            await page.keyboard.press('Tab');
        }

        await page.keyboard.press('Space');
        assert.equal(await part(frame, 'selection').innerText(),
                     'Selected: Mar');
        await tabTo(page, 'all');
    },

    async 'by keyboard: ask, stop, ask again'(t) {
        const page = await t.app();
        const element = assistant(page);
        const focused = () => element.evaluate(
            (e) => e.shadowRoot.activeElement?.part.value);

        await tabTo(page, 'question');
        await page.keyboard.type('every month');
        await page.keyboard.press('Enter');
        await part(element, 'stop').waitFor();
        assert.equal(await focused(), 'stop');
        await page.keyboard.press('Space');
        await part(element, 'stopped').waitFor();
        assert.equal(await focused(), 'input');
        await page.keyboard.type('the total');
        await page.keyboard.press('Enter');
        await element.getByText('The total is').waitFor();
    },

    async 'names and roles, as a screen reader has them'(t) {
        const page = await t.app();
        const ana = page.getByRole('region', { name: 'Ana Flores, acme' });

        await part(dashboard(page, 'ana'), 'content').waitFor();
        await ana.getByRole('article',
                            { name: 'Revenue by month and product' }).waitFor();
        await ana.getByRole('group', { name: 'Product' }).waitFor();
        await ana.getByRole('img', { name: /^Chart: .*Jan \$[\d,]+, Feb / })
            .waitFor();
        await ana.getByRole('table', { name: /in dollars/ }).waitFor();
        await ana.getByRole('rowheader', { name: 'Apr' }).waitFor();
        await ana.getByRole('button', { name: 'Apr', pressed: false }).click();
        await ana.getByRole('button', { name: 'Apr', pressed: true })
            .waitFor();
        await ana.getByRole('status').getByText('Selected: Apr').waitFor();
        await ana.getByRole('button', { name: 'Clear selection' }).waitFor();

        await page.getByRole('group', { name: 'Signed in as' })
            .getByRole('radio', { name: 'Gus Meyer' }).waitFor();
        await page.getByRole('textbox', { name: 'Question' }).fill('total');
        await page.getByRole('button', { name: 'Ask', exact: true }).click();
        await page.getByRole('log', { name: 'Conversation' })
            .getByText('You asked: total').waitFor();
        assert.equal(await page.locator('h1').count(), 1);
    },

    ...looks,

    async 'nothing goes sideways at 360 pixels'(t) {
        for (const page of await Promise.all([busyPage(t, PHONE),
                                              refusedPage(t, PHONE)]))
        {
            assert.equal(await page.evaluate(() => innerWidth), 360);

            for (const frame of page.frames()) {
                if (await blocked(frame)) {
                    continue;
                }

                assert.deepEqual(await frame.evaluate(() => {
                    const wide = [];

                    (function look(root) {
                        for (const e of root.querySelectorAll('*')) {
                            const { overflowX } = getComputedStyle(e);

                            if (e.scrollWidth > e.clientWidth
                                && (e === document.documentElement
                                    || /auto|scroll/.test(overflowX)))
                            {
                                wide.push(`${e.localName} ${e.className} `
                                    + `${e.scrollWidth} > ${e.clientWidth}`);
                            }
                            if (e.shadowRoot) {
                                look(e.shadowRoot);
                            }
                        }
                    })(document);

                    return wide;
                }), []);
            }
        }
    },

    async 'who wants no motion gets none'(t) {
        const page = await t.app({ reducedMotion: 'no-preference' });
        const ana = dashboard(page, 'ana');

        await part(ana, 'content').waitFor();
        await assistant(page).getByRole('button', { name: 'Go through' })
            .click();
        assert.equal(await beat(page), 'beat');
        assert.equal(await chartFrames(ana, 'Software', 4), 4);

        await page.emulateMedia({ reducedMotion: 'reduce' });
        assert.equal(await beat(page), 'none');

        const frames = await chartFrames(ana, 'Hardware', 4);

        assert.ok(frames === 1 || frames === 2, `changed ${frames} times`);
    },
};
