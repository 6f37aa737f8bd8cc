#!/usr/bin/env node
// Owns: running the cases in a browser, one file after the other; TAP.

import { mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { launch } from './lib/browser.mjs';
import { breaks } from './lib/breaks.mjs';
import { Case } from './lib/case.mjs';
import { haveLessPatience, within } from './lib/list.mjs';
import { has, Platform } from './lib/platform.mjs';

const usage = `\
usage: t/browser/run.mjs [FILE ...]
       t/browser/run.mjs --try-breaks [NAME ...]

Runs the cases of these files, by default all of t/browser/*.mjs, in Chromium
(CHROMIUM, default /usr/bin/chromium) against nginx (TEST_NGINX_BINARY) with
the module (TOUCAN_MODULE). Of a case that fails a picture is kept in
build/browser/. --try-breaks spoils the configuration in many ways, one after
the other, and wants the cases to see it.
`;

const here = fileURLToPath(new URL('.', import.meta.url));
const shots = join(here, '../../build/browser');

const say = (text) => process.stdout.write(`${text}\n`);
const remark = (text) => say(text.replace(/^/gm, '# '));

// Tokens and API keys are good for this one run; still.

const scrub = (text) => text
    .replace(/eyJ[\w-]{8,}\.[\w-]*\.[\w-]*/g, '(token)')
    .replace(/tk_(live|test)_\w+/g, '(API key)');

async function casesOf(files) {
    const all = [];

    for (const file of files) {
        const { default: cases, needs = [] } =
            await import(pathToFileURL(file).href);

        if (!has(needs)) {
            remark(`${basename(file)}: the module has no ${needs}`);
            continue;
        }

        for (const [name, run] of Object.entries(cases)) {
            all.push({ name: `${basename(file, '.mjs')}: ${name}`, run });
        }
    }

    return all;
}

async function explain(test, error, number) {
    const { platform } = test;
    const from = (title, lines) => lines.length > 0
        && remark(scrub(`${title}:\n${lines.slice(-15)
            .map((l) => `    ${l}`).join('\n')}`));

    remark(scrub(error.stack ?? String(error)));
    from('the console', test.messages.all);
    from('the access log', platform.lines.all.map(
        (l) => `${l.method} ${l.host}${l.uri} ${l.status} ${l.reason} `
               + l.kind));
    from('the error log', platform.errors.all.filter(
        (l) => / \[(info|notice)\] (?!.*toucan)/.test(l) === false));

    mkdirSync(shots, { recursive: true });

    for (const [i, page] of test.pages.entries()) {
        const path = join(shots, `${number}-${i}.png`);

        await page.screenshot({ path, timeout: 3000 })
            .then(() => remark(`${page.url().split('?')[0]}: ${path}`))
            .catch((e) => remark(`no picture: ${e.message.split('\n')[0]}`));
    }
}

// Runs one; whether it passed, and after `quiet' not a word.

async function runCase(platform, browser, { name, run }, number, quiet) {
    const test = new Case(platform, browser);
    const errors = platform.errors.all.length;
    let passed = true;

    try {
        await within(run(test), `the case "${name}"`, 60000);

    } catch (error) {
        passed = false;

        if (!quiet) {
            say(`not ok ${number} - ${name}`);
            await explain(test, error, number);
        }
    }

    await test.end().catch((e) => remark(`cannot end: ${e.message}`));
    platform.errors.all.splice(errors);

    if (passed && !quiet) {
        say(`ok ${number} - ${name}`);
    }

    return passed;
}

// nginx as `broken' says, and a browser, for as long as `work' takes.

let now;

async function withPlatform(broken, work) {
    const platform = new Platform();
    let browser;

    now = platform;

    try {
        await platform.start(broken);
        browser = await launch(platform);
        await work(platform, browser);

    } finally {
        await browser?.close();
        await platform.stop();
    }
}

async function runAll(files) {
    const cases = await casesOf(files);
    let failed = 0;

    say(`1..${cases.length}`);

    await withPlatform(undefined, async (platform, browser) => {
        for (const [i, test] of cases.entries()) {
            failed += !await runCase(platform, browser, test, i + 1);
        }
    });

    return failed === 0;
}

// Each way to break the configuration is seen by every case that it names.

async function tryBreaks(files, names) {
    const cases = await casesOf(files);
    const wanted = breaks.filter(({ name, needs = [] }) =>
        has(needs) && (names.length === 0 || names.includes(name)));
    const seen = new Set();
    let missed = 0;

    haveLessPatience();

    say(`1..${wanted.length}`);

    for (const [i, { name, change, seenBy }] of wanted.entries()) {
        const blind = [];

        await withPlatform(change, async (platform, browser) => {
            for (const want of seenBy) {
                const test = cases.find((c) => c.name === want);

                if (test === undefined) {
                    blind.push(`no case "${want}"`);

                } else if (await runCase(platform, browser, test, 0, true)) {
                    blind.push(`"${want}" passes`);

                } else {
                    seen.add(want);
                }
            }
        });

        say(`${blind.length ? 'not ok' : 'ok'} ${i + 1} - ${name}`);
        blind.forEach(remark);
        missed += blind.length;
    }

    remark(`not one break for: ${cases.filter((c) => !seen.has(c.name))
        .map((c) => `\n    ${c.name}`).join('')}`);

    return missed === 0;
}

// --- main -------------------------------------------------------------------

const args = process.argv.slice(2);
const all = readdirSync(here)
    .filter((name) => name.endsWith('.mjs') && name !== 'run.mjs')
    .sort().map((name) => join(here, name));

if (args.some((a) => a === '-h' || a === '--help')) {
    process.stdout.write(usage);
    process.exit(0);
}

const trying = args[0] === '--try-breaks' && args.shift() !== undefined;
const bad = args.find((a) => a.startsWith('-'));

if (bad !== undefined) {
    process.stderr.write(`run.mjs: no argument "${bad}"\n${usage}`);
    process.exit(2);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => process.exit(1));
}

process.on('exit', () => now?.stopNow());

try {
    const passed = trying ? await tryBreaks(all, args)
                          : await runAll(args.length > 0 ? args : all);

    process.exit(passed ? 0 : 1);

} catch (error) {
    say(`Bail out! ${scrub(error.stack ?? String(error))}`);
    process.exit(1);
}
