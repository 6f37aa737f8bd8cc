// Owns: the windows of one case, and what the browser says in its console.
// A case ends what it opened.

import { rmSync } from 'node:fs';
import { List, patience } from './list.mjs';

export class Pages {
    messages = new List('messages of the browser\'s console');

    #contexts = [];
    #folders = [];

    constructor(browser) {
        this.browser = browser;
    }

    async end() {
        for (const context of this.#contexts) {
            await context.close();
        }

        for (const folder of this.#folders) {
            rmSync(folder, { recursive: true, force: true });
        }
    }

    get pages() {
        return this.#contexts.flatMap((context) => context.pages());
    }

    // A new window with nothing in it: no cookie, no cache. Or the tab that
    // one of these (`like') gets beside it. `options' are the window's.

    async page(url, like, options) {
        const context = like?.context()
                        ?? await this.browser.newContext(options);

        if (!like) {
            this.adopt(context);
        }

        const page = await context.newPage();

        if (url) {
            await page.goto(url);
        }

        return page;
    }

    // One that was begun elsewhere, with its folder.

    adopt(context, folder) {
        this.#contexts.push(context);

        if (folder) {
            this.#folders.push(folder);
        }

        context.setDefaultTimeout(patience);
        context.on('console', (m) => this.messages.add(m.text()));
        context.on('weberror', (e) => this.messages.add(String(e.error())));
    }

    // A message of the console with these words in it.

    message(words) {
        return this.messages.first((text) => text.includes(words), words);
    }
}
