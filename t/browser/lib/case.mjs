// Owns: what a case of the sites has to work with: their pages, tokens, and
// what the browser, nginx and the backend say. One per case.

import { setTimeout as sleep } from 'node:timers/promises';
import { Pages } from './pages.mjs';

export const APP = 'https://app.acme.test';             // allowed
export const PORTAL = 'https://portal.globex.test';     // allowed
export const EVIL = 'https://www.evil.test';
export const PLATFORM = 'https://analytics.example.test';
export const PLATFORM_H1 = 'https://h1.example.test';   // without HTTP/2

// A page, with the words of `body' in it.

export const html = (body, head = '') =>
    `<!doctype html><html lang="en"><head><meta charset="utf-8">`
    + `<title>a page</title><link rel="icon" href="data:,">${head}</head>`
    + `<body>${body}</body></html>`;

export const frame = (url, more = '') =>
    html(`<h1>host</h1><iframe ${more} src="${url}"></iframe>`);

export class Case extends Pages {
    #settled = 0;

    constructor(platform, browser) {
        super(browser);
        this.platform = platform;
        this.backend = platform.backend;
    }

    async end() {
        await super.end();

        // no line of this one in the next one

        this.backend.endStreams();

        for (const { headers } of this.backend.requests.all) {
            await this.platform.lines.first(
                (line) => line.id === headers['x-request-id'], 'the rest');
        }

        this.backend.forget();
        this.platform.lines.clear();
    }

    // What is served where; see the backend.

    serve(url, answer) {
        this.backend.serve(url, answer);
    }

    token(claims, lifetime) {
        return this.platform.token(claims, lifetime);
    }

    // Requests of the platform that have ended, as nginx logs them.

    requests(wanted) {
        return this.platform.lines.all.filter(
            (line) => line.host.endsWith('example.test')
                      && Object.entries(wanted).every(
                          ([name, value]) => line[name] === value));
    }

    request(wanted) {
        return this.platform.lines.first(
            (line) => Object.entries(wanted).every(
                ([name, value]) => line[name] === value),
            JSON.stringify(wanted));
    }

    // A time, in seconds since 1970: where a token expires, nothing else
    // happens that could be waited for.

    async until(time) {
        await sleep(Math.max(0, time * 1000 - Date.now()));
    }

    // When the page has been to its own server some times more, whatever the
    // browser wanted to send at once has been sent.

    async settle(page) {
        for (let i = 0; i < 10; i++) {
            this.#settled++;
            await page.evaluate((n) => fetch(`/settle/${n}`),
                                this.#settled);
        }

        await this.request({ uri: `/settle/${this.#settled}` });
    }
}

// fetch() by the script of a page or frame: { status, body, headers }, or
// { error } when the browser does not let the script see the answer.

export const ask = (where, url, options) =>
    where.evaluate(async ([url, options]) => {
        try {
            const res = await fetch(url, options);
            const text = await res.text();
            let body = text;

            try {
                body = JSON.parse(text);
            } catch {
                // no JSON
            }

            return { status: res.status, body,
                     headers: Object.fromEntries(res.headers) };
        } catch (e) {
            return { error: String(e) };
        }
    }, [url, options]);

export const bearer = (token) =>
    ({ headers: { Authorization: `Bearer ${token}` } });

export const claims = (token) =>
    JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
