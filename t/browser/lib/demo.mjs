// Owns: the demo (conf-examples/demo/run) as a child, on free ports, and what
// nginx's access log says there; and what a case of it has to work with.

import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync,
         symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { List, within } from './list.mjs';
import { Pages } from './pages.mjs';
import { freePorts, MODULE, NGINX, root } from './platform.mjs';

// Short, so that a case can wait for two renewals; and slow enough for what
// happens while an answer comes, but quicker than a token ends.

const SETTINGS = { TOUCAN_DEMO_LIFETIME: '6', TOUCAN_DEMO_PACE: '200' };

// It makes a database of its own.

const START = 60000;

export class Demo {
    lines = new List('lines of the demo\'s access log');

    constructor(settings = SETTINGS, ports) {
        this.settings = settings;
        this.ports = ports;
    }

    // `broken' is a file of conf-examples, what to look for in it, and what
    // to put in its place.

    async start(broken) {
        const run = join(broken ? this.#spoil(broken) : root,
                         'conf-examples/demo/run');

        for (let tries = 3; ; tries--) {
            try {
                await this.#run(run);
                return;

            } catch (e) {
                if (tries === 1 || this.ports
                    || !/is taken: set/.test(e.message))
                {
                    throw e;
                }
            }
        }
    }

    // It ends all that it began.

    async stop() {
        if (this.child?.exitCode === null) {
            const ended = new Promise((done) => this.child.once('exit', done));

            this.child.kill('SIGTERM');
            await within(ended, 'the end of the demo', 20000);
        }

        this.#removeCopy();
    }

    stopNow() {
        if (this.child?.exitCode === null) {
            this.child.kill('SIGTERM');
        }

        this.#removeCopy();
    }

    // *.localhost is this machine, as every browser knows by itself, and
    // there is no other.

    browserArguments() {
        return ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE *.localhost'];
    }

    // The key that the host application's server keeps.

    apiKey() {
        return readFileSync(join(this.folder, 'host/api-key'), 'utf8').trim();
    }

    requestLines() {
        return this.lines.all;
    }

    errorLines() {
        const logs = join(this.folder, 'logs');

        return ['error.log', 'host.log', 'backend.log'].flatMap((name) =>
            readFileSync(join(logs, name), 'utf8').split('\n')
                .filter((line) => line && !/ \[(info|notice)\] /.test(line)));
    }

    forgetErrors() {}

    async #run(run) {
        const [gate, host, backend] = this.ports ?? await freePorts(3);

        this.app = `http://app.localhost:${host}`;
        this.gate = `http://analytics.localhost:${gate}`;
        this.elsewhere = `http://elsewhere.localhost:${host}`;

        this.child = spawn(run, [], {
            stdio: ['ignore', 'pipe', 'pipe'],
            env: { ...process.env, ...this.settings, TOUCAN_MODULE: MODULE,
                   TOUCAN_DEMO_NGINX: NGINX, TOUCAN_DEMO_PORT: gate,
                   TOUCAN_DEMO_HOST_PORT: host,
                   TOUCAN_DEMO_BACKEND_PORT: backend },
        });

        const said = new List('lines of the demo');
        const errors = this.#read(this.child.stderr, new List('its errors'));
        this.#read(this.child.stdout, said, this.lines);

        const failed = new Promise((_, fail) => {
            this.child.once('error', fail);
            this.child.once('close', () => fail(new Error(
                `the demo ended:\n${errors.all.join('\n')}`)));
        });
        failed.catch(() => {});

        const ready = said.first((line) => line.startsWith('# Ctrl-C ends'),
                                 'that it runs', START);

        const line = await Promise.race([ready, failed]);
        ready.catch(() => {});
        this.folder = /demo, and (\S+) goes with it/.exec(line)[1];
    }

    // Its access log is told from its words by the time that it begins with.

    #read(stream, list, log) {
        let rest = '';

        stream.setEncoding('utf8').on('data', (text) => {
            const lines = (rest + text).split('\n');

            rest = lines.pop();
            lines.forEach((line) => (/^\d{4}-\d\d-\d\dT/.test(line) && log
                                     ? log : list).add(line));
        });

        return list;
    }

    // A copy of what the demo needs, with the one change in it.

    #spoil([name, from, to]) {
        this.copy = mkdtempSync(join(tmpdir(), 'toucan-browser.'));

        const there = join(this.copy, 'conf-examples');
        const file = join(there, name);
        const modules = join(root, 'conf-examples/demo/node_modules');

        cpSync(join(root, 'conf-examples'), there, {
            recursive: true, preserveTimestamps: true,
            filter: (path) => path !== modules,
        });
        symlinkSync(join(root, 'util'), join(this.copy, 'util'));

        if (existsSync(modules)) {
            symlinkSync(modules, join(there, 'demo/node_modules'));
        }

        const text = readFileSync(file, 'utf8');

        if (!text.includes(from)) {
            throw new Error(`${name} has no "${from}"`);
        }

        writeFileSync(file, text.replaceAll(from, () => to));
        return this.copy;
    }

    #removeCopy() {
        if (this.copy) {
            rmSync(this.copy, { recursive: true, force: true });
        }
    }
}

export class DemoCase extends Pages {
    constructor(demo, browser) {
        super(browser);
        this.demo = demo;
        this.lines = new List(`new ${demo.lines.what}`);
        demo.lines.tell(this.lines);
    }

    async end() {
        await super.end();
        this.demo.lines.tell(this.lines, false);
    }

    // A page of the demo, once it has shown what it has.

    async open(url, options) {
        const page = await this.page(url, undefined, options);

        await page.locator('#list li, .foreign iframe').first().waitFor();
        await page.locator('tc-dashboard').first()
            .and(page.locator(':defined')).waitFor();

        return page;
    }

    app(options) {
        return this.open(`${this.demo.app}/`, options);
    }

    elsewhere(options) {
        return this.open(`${this.demo.elsewhere}/`, options);
    }

    // A line of nginx's access log, since the case began, with all of these in
    // it.

    logged(...parts) {
        return this.lines.first(
            (line) => parts.every((part) => line.includes(part)),
            parts.join(' '));
    }
}
