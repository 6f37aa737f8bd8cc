#!/usr/bin/env node
// Owns: running the cases in a browser, one file after the other; TAP.

import { mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { launch } from './lib/browser.mjs';
import { breaks } from './lib/breaks.mjs';
import { Case } from './lib/case.mjs';
import { Demo, DemoCase } from './lib/demo.mjs';
import { demoBreaks } from './lib/demo-breaks.mjs';
import { haveLessPatience, within } from './lib/list.mjs';
import { Platform } from './lib/platform.mjs';
import { shoot } from './lib/shots.mjs';

const usage = `\
usage: t/browser/run.mjs [--no-demo] [FILE ...]
       t/browser/run.mjs [--no-demo] --try-breaks [NAME ...]
       t/browser/run.mjs --screenshots FOLDER

Runs the cases of these files, by default all of t/browser/*.mjs, in Chromium
(CHROMIUM, default /usr/bin/chromium) against nginx (TEST_NGINX_BINARY) with
the module (TOUCAN_MODULE): platform.conf with sites made up here, and the demo
of conf-examples (--no-demo: not that). Of a case that fails a picture is kept
in build/browser/. --try-breaks spoils configuration or demo in many ways, one
after the other, and wants the cases to see it. --screenshots makes pictures of
the demo.
`;

// What the cases of a file need to be running, what each one gets, and how
// many may run at a time: those of the demo wait for tokens and answers.

const stages = {
    sites: [Platform, Case, 1],
    demo: [Demo, DemoCase, 2],
};

const here = fileURLToPath(new URL('.', import.meta.url));
const shots = join(here, '../../build/browser');

const say = (text) => process.stdout.write(`${text}\n`);

// To where prove shows it.

const remark = (text) =>
    process.stderr.write(`${text.replace(/^/gm, '# ')}\n`);

// Tokens and API keys are good for this one run; still.

const scrub = (text) => text
    .replace(/eyJ[\w-]{8,}\.[\w-]*\.[\w-]*/g, '(token)')
    .replace(/tk_(live|test)_\w+/g, '(API key)');

async function casesOf(files) {
    const all = [];

    for (const file of files) {
        const { default: cases, stage = 'sites', alone = [] } =
            await import(pathToFileURL(file).href);

        if (stage === 'demo' && !demo) {
            remark(`${basename(file)}: left out, as it needs the demo`);
            continue;
        }

        for (const [name, run] of Object.entries(cases)) {
            all.push({ name: `${basename(file, '.mjs')}: ${name}`, run, stage,
                       alone: alone.includes(name) });
        }
    }

    return all;
}

async function explain(platform, test, error, number) {
    const from = (title, lines) => lines.length > 0
        && remark(scrub(`${title}:\n${lines.slice(-15)
            .map((l) => `    ${l}`).join('\n')}`));

    remark(scrub(error.stack ?? String(error)));
    from('the console', test.messages.all);
    from('the access log', platform.requestLines());
    from('the error log', platform.errorLines());

    mkdirSync(shots, { recursive: true });

    for (const [i, page] of test.pages.entries()) {
        const path = join(shots, `${number}-${i}.png`);

        await page.screenshot({ path, timeout: 3000 })
            .then(() => remark(`${page.url().split('?')[0]}: ${path}`))
            .catch((e) => remark(`no picture: ${e.message.split('\n')[0]}`));
    }
}

// Runs one; whether it passed, and after `quiet' not a word.

let number = 0;

async function runCase(platform, browser, { name, run, stage }, quiet) {
    const test = new stages[stage][1](platform, browser);
    let passed = true;

    try {
        await within(run(test), `the case "${name}"`, 60000);

    } catch (error) {
        passed = false;

        if (!quiet) {
            say(`not ok ${++number} - ${name}`);
            remark(`failed: ${name}`);
            await explain(platform, test, error, number);
        }
    }

    await test.end().catch((e) => remark(`cannot end: ${e.message}`));
    platform.forgetErrors();

    if (passed && !quiet) {
        say(`ok ${++number} - ${name}`);
    }

    return passed;
}

// A stage as `broken' says, and a browser, for as long as `work' takes.

const running = new Set();

async function withPlatform(stage, broken, work) {
    const platform = new stages[stage][0]();
    let browser;

    running.add(platform);

    try {
        await platform.start(broken);
        browser = await launch(platform);
        await work(platform, browser);

    } finally {
        await browser?.close();
        await platform.stop();
        running.delete(platform);
    }
}

async function runAll(files) {
    const cases = await casesOf(files);
    let failed = 0;

    say(`1..${cases.length}`);

    // The stages know nothing of each other, and mostly wait.

    await Promise.all(Object.keys(stages).map(async (stage) => {
        const here = cases.filter((c) => c.stage === stage);

        if (here.length === 0) {
            return;
        }

        await withPlatform(stage, undefined, async (platform, browser) => {
            const run = async (queue) => {
                for (let test; (test = queue.shift());) {
                    const passed = await runCase(platform, browser, test);

                    failed += !passed;
                }
            };
            const shared = here.filter(({ alone }) => !alone);
            const lanes = new Array(stages[stage][2]).fill(shared);

            await Promise.all(lanes.map(run));
            await run(here.filter(({ alone }) => alone));
        });
    }));

    return failed === 0;
}

// Each way to break the configuration is seen by every case that it names.

async function tryBreaks(files, names) {
    const cases = await casesOf(files);
    const all = [
        ...breaks.map((b) => ({ ...b, stage: 'sites' })),
        ...demo ? demoBreaks.map((b) => ({ ...b, stage: 'demo' })) : [],
    ];
    const wanted = all.filter(({ name }) => names.length === 0
                                            || names.includes(name));
    const seen = new Set();
    let missed = 0;

    say(`1..${wanted.length}`);

    for (const [i, { name, stage, change, seenBy }] of wanted.entries()) {
        const blind = [];

        // the demo's pages wait for some seconds themselves

        haveLessPatience(stage === 'demo' ? 8000 : 4000);

        await withPlatform(stage, change, async (platform, browser) => {
            for (const want of seenBy) {
                const test = cases.find((c) => c.name === want);

                if (test === undefined) {
                    blind.push(`no case "${want}"`);

                } else if (await runCase(platform, browser, test, true)) {
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
const files = readdirSync(here)
    .filter((name) => name.endsWith('.mjs') && name !== 'run.mjs')
    .sort().map((name) => join(here, name));

if (args.some((a) => a === '-h' || a === '--help')) {
    process.stdout.write(usage);
    process.exit(0);
}

const took = (option) => args[0] === option && args.shift() === option;

const demo = !took('--no-demo');
const shooting = took('--screenshots');
const trying = took('--try-breaks');
const bad = args.find((a) => a.startsWith('-'));

if (bad !== undefined || (shooting && args.length !== 1)) {
    process.stderr.write(bad === undefined ? usage
        : `run.mjs: no argument "${bad}"\n${usage}`);
    process.exit(2);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => process.exit(1));
}

process.on('exit', () => running.forEach((platform) => platform.stopNow()));

try {
    if (shooting) {
        await shoot(args[0], say, (stage) => running.add(stage));
        process.exit(0);
    }

    const passed = trying ? await tryBreaks(files, args)
                          : await runAll(args.length > 0 ? args : files);

    process.exit(passed ? 0 : 1);

} catch (error) {
    say(`Bail out! ${scrub(error.stack ?? String(error))}`);
    process.exit(1);
}
