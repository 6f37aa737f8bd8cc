// Owns: nginx with the module, as platform.conf says, in a folder of its own:
// ports, keys, certificate, tokens, and what nginx writes about requests.

import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import dgram from 'node:dgram';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync }
    from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Backend } from './backend.mjs';
import { List, within } from './list.mjs';

const here = fileURLToPath(new URL('..', import.meta.url));
export const root = join(here, '../..');
export const MODULE = resolve(process.env.TOUCAN_MODULE
                              ?? join(root, 'build/ngx_toucan_module.so'));
export const NGINX = process.env.TEST_NGINX_BINARY ?? '/usr/sbin/nginx';

const CONFIGURATION = ['platform.conf', 'session.conf', 'streams.conf'];

const ISSUER = 'https://embed.example.test';
const AUDIENCE = 'toucan-embed';

// Listening at once, so that they are not the same one.

export async function freePorts(count) {
    const servers = Array.from({ length: count }, () => net.createServer());

    await Promise.all(servers.map((s) => new Promise((done, fail) => {
        s.once('error', fail);
        s.listen(0, '127.0.0.1', done);
    })));

    const ports = servers.map((s) => s.address().port);

    await Promise.all(servers.map((s) => new Promise((done) => {
        s.close(done);
    })));

    return ports;
}

export class Platform {
    backend = new Backend();
    lines = new List('lines of the access log');
    errors = new List('lines of the error log');

    #known = 0;

    // `broken' is a pair: what to look for in platform.conf, and what to put
    // in its place.

    async start(broken) {
        this.folder = mkdtempSync(join(tmpdir(), 'toucan-browser.'));
        await this.backend.start();
        await this.#listen();
        await this.#makeKeys();
        this.#makeCertificate();

        for (let tries = 3; ; tries--) {
            try {
                await this.#startNginx(broken);
                return;

            } catch (e) {
                if (tries === 1 || !/Address already in use/.test(e.message)) {
                    throw e;
                }
            }
        }
    }

    async stop() {
        if (this.nginx?.exitCode === null) {
            const ended = new Promise((done) => this.nginx.once('exit', done));

            this.nginx.kill('SIGTERM');
            await within(ended, 'the end of nginx', 5000)
                .catch(() => this.nginx.kill('SIGKILL'));
        }

        this.log?.close();
        this.backend.stop();
        this.stopNow();
    }

    // Without waiting, for a process that ends.

    stopNow() {
        if (this.nginx?.exitCode === null) {
            this.nginx.kill('SIGTERM');
        }

        if (this.folder) {
            rmSync(this.folder, { recursive: true, force: true });
        }
    }

    // A token as an issuer of its own makes it; `claims' replace, and those
    // that are undefined go.

    token(claims = {}, lifetime = 300) {
        const now = Math.floor(Date.now() / 1000);
        const { customer = 42, sub = 'ana', ...more } = claims;
        const payload = {
            iss: ISSUER, aud: AUDIENCE, sub, iat: now,
            exp: now + lifetime, jti: randomBytes(12).toString('base64url'),
            user: { distinctId: sub, role: 'explorer',
                    attributes: { customerId: customer } },
            permissions: { dashboard: ['can_view'] },
            ...more,
        };

        return new SignJWT(payload)
            .setProtectedHeader({ alg: 'ES256', kid: 'issuer', typ: 'JWT' })
            .sign(this.issuer);
    }

    // The API key revokes: { jti }, { sid }, { distinctId } or so.

    async revoke(what) {
        const res = await fetch(
            `http://127.0.0.1:${this.ports.plain}/embed/revoke`, {
                method: 'POST', body: JSON.stringify(what),
                headers: { 'x-api-key': this.apiKey,
                           'Content-Type': 'application/json' },
            });

        if (res.status !== 204) {
            throw new Error(`not revoked: ${res.status} ${await res.text()}`);
        }
    }

    // What a browser needs to know: where the names are, whose certificate.

    browserArguments() {
        const at = (port) => `127.0.0.1:${port}`;

        return [
            `--host-resolver-rules=MAP h1.example.test ${at(this.ports.h1)}, `
            + `MAP * ${at(this.ports.tls)}`,
            `--ignore-certificate-errors-spki-list=${this.spki}`,
        ];
    }

    requestLines() {
        return this.lines.all.map((l) => `${l.method} ${l.host}${l.uri} `
            + `${l.status} ${l.reason} ${l.kind}`);
    }

    errorLines() {
        return this.errors.all.slice(this.#known).filter(
            (line) => / \[(info|notice)\] (?!.*toucan)/.test(line) === false);
    }

    forgetErrors() {
        this.#known = this.errors.all.length;
    }

    // nginx says of each request that ended what platform.conf has in `line'.

    async #listen() {
        this.log = dgram.createSocket('udp4');
        this.log.on('message', (message) => {
            const text = message.toString();
            this.lines.add({ ...JSON.parse(text.slice(text.indexOf('{'))),
                             text });
        });

        await new Promise((done, fail) => {
            this.log.once('error', fail);
            this.log.bind(0, '127.0.0.1', done);
        });
    }

    async #makeKeys() {
        const set = (key) => JSON.stringify({ keys: [key] });
        const make = async (kid) => {
            const pair = await generateKeyPair('ES256', { extractable: true });
            const more = { kid, alg: 'ES256', use: 'sig' };

            return { key: pair.privateKey,
                     own: { ...await exportJWK(pair.privateKey), ...more },
                     all: { ...await exportJWK(pair.publicKey), ...more } };
        };

        const issuer = await make('issuer');
        const signing = await make('signing');

        this.issuer = issuer.key;
        this.apiKey = `tk_live_browser_${randomBytes(32).toString('hex')}`;

        const keys = join(this.folder, 'keys');
        mkdirSync(keys, { mode: 0o700 });
        writeFileSync(join(keys, 'issuer.jwks'), set(issuer.all));
        writeFileSync(join(keys, 'signing.jwks'), set(signing.own));
        writeFileSync(join(keys, 'api-keys.json'), set({
            id: 'browser', scopes: ['mint', 'revoke'], roles: ['explorer'],
            sha256: createHash('sha256').update(this.apiKey).digest('hex'),
            permissions: { dashboard: ['can_view'] },
        }));
    }

    #makeCertificate() {
        const names = ['acme.test', 'globex.test', 'evil.test', 'third.test',
                       'example.test'].flatMap((n) => [n, `*.${n}`]);
        const openssl = (args, input) => execFileSync('openssl', args, {
            cwd: this.folder, input, stdio: ['pipe', 'pipe', 'ignore'],
        });

        openssl(['req', '-x509', '-newkey', 'ec', '-pkeyopt',
                 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
                 '-subj', '/CN=browser', '-keyout', 'tls.key',
                 '-out', 'tls.crt', '-addext',
                 `subjectAltName=${names.map((n) => `DNS:${n}`)}`]);

        const pem = openssl(['x509', '-in', 'tls.crt', '-noout', '-pubkey']);
        const der = openssl(['pkey', '-pubin', '-outform', 'DER'], pem);

        this.spki = createHash('sha256').update(der).digest('base64');
    }

    async #startNginx(broken) {
        const [tls, h1, plain] = await freePorts(3);
        this.ports = { tls, h1, plain };

        const values = { PORT: tls, PORT_H1: h1, PORT_PLAIN: plain,
                         LOG_PORT: this.log.address().port,
                         BACKEND: this.backend.port };
        let changed = broken === undefined;

        for (const name of CONFIGURATION) {
            let conf = readFileSync(join(here, name), 'utf8');

            if (broken && conf.includes(broken[0])) {
                conf = conf.replaceAll(...broken);
                changed = true;
            }

            writeFileSync(join(this.folder, name), conf.replaceAll(
                /@(\w+)@/g, (_, value) => values[value]));
        }

        if (!changed) {
            throw new Error(`no configuration has "${broken[0]}"`);
        }

        // the keys are root's, if root runs this

        const user = process.getuid() === 0 ? 'user root;' : '';

        this.nginx = spawn(NGINX, [
            '-p', `${this.folder}/`, '-c', `${this.folder}/platform.conf`,
            '-e', 'stderr', '-g', `load_module "${MODULE}"; ${user}`,
        ], { stdio: ['ignore', 'ignore', 'pipe'] });

        let rest = '';
        this.nginx.stderr.setEncoding('utf8').on('data', (text) => {
            const lines = (rest + text).split('\n');
            rest = lines.pop();
            lines.forEach((line) => this.errors.add(line));
        });

        const failed = new Promise((_, fail) => {
            this.nginx.once('error', fail);
            this.nginx.once('close', () => fail(new Error(
                `nginx ended:\n${this.errors.all.join('\n')}`)));
        });
        failed.catch(() => {});

        await Promise.race([
            this.errors.first((line) => /start worker process /.test(line),
                              'the start of nginx'),
            failed,
        ]);
    }
}
