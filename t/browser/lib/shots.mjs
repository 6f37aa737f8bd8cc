// Owns: pictures of the demo, in light and in dark: its first screen, the
// assistant's, the foreign site's, and a phone's.

import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { launch } from './browser.mjs';
import { Demo, DemoCase } from './demo.mjs';

const SCREEN = { viewport: { width: 1280, height: 860 },
                 deviceScaleFactor: 1, reducedMotion: 'reduce' };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true,
                deviceScaleFactor: 1, reducedMotion: 'reduce' };

const dashboard = (page, user) =>
    page.locator(`tc-dashboard[data-user=${user}]`);

// The pages name them, and a reader has these.

const PORTS = [8080, 8081, 8082];

// Each shows what one sees after a moment with the page.

const shots = {
    async app(t, options) {
        const page = await t.app({ ...SCREEN, ...options });

        await dashboard(page, 'gus').locator('[part=content]').waitFor();
        await dashboard(page, 'ana').getByRole('button', { name: 'Apr' })
            .click();

        return page;
    },

    async assistant(t, options) {
        const page = await t.app({ ...SCREEN, ...options });
        const assistant = page.locator('tc-ai-assistant');

        await page.frameLocator('iframe').getByRole(
            'button', { name: 'Software' }).click();
        await assistant.getByRole('button', { name: 'Go through' }).click();
        await assistant.locator('[part=answer]:not([aria-busy])').waitFor();
        await page.locator('#one').evaluate((e) => e.scrollIntoView());

        return page;
    },

    async elsewhere(t, options) {
        const page = await t.elsewhere({ ...SCREEN, ...options });

        await dashboard(page, 'ana').locator('[data-code]').waitFor();
        await page.locator('#frame-note:not(:empty)').waitFor();

        return page;
    },

    async phone(t, options) {
        const page = await t.app({ ...PHONE, ...options });

        await dashboard(page, 'ana').getByRole('button', { name: 'Apr' })
            .click();

        return page;
    },
};

// `started' is told of the demo before it runs.

export async function shoot(folder, say, started) {
    const demo = new Demo({ TOUCAN_DEMO_PACE: '0' }, PORTS);
    let browser;

    mkdirSync(folder, { recursive: true });
    started(demo);

    try {
        await demo.start();
        browser = await launch(demo);

        for (const [name, open] of Object.entries(shots)) {
            for (const colorScheme of ['light', 'dark']) {
                const t = new DemoCase(demo, browser);
                const path = join(folder, `${name}-${colorScheme}.png`);
                const page = await open(t, { colorScheme });

                // no button is under the mouse, nor has the focus

                await page.mouse.move(0, 0);
                await page.evaluate(() => document.activeElement.blur());
                await page.evaluate(() => document.fonts.ready);
                await page.screenshot({ path, animations: 'disabled',
                                        caret: 'hide' });
                await t.end();
                say(`${path}: ${Math.ceil(statSync(path).size / 1000)} kB`);
            }
        }

    } finally {
        await browser?.close();
        await demo.stop();
    }
}
