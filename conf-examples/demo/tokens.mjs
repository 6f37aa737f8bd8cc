// The demo's users, keys and tokens.
//
// Owns: who the demo's users are, and mintToken(), the one place where a
// token is made. A host application of your own keeps this on its server:
// the page gets the finished token, never the key.
//
// As a program: `node tokens.mjs FOLDER` makes fresh DEMO keys, the public
// one for the gate (FOLDER/keys/demo.jwks), the private one for the host
// application (FOLDER/host/demo-signing.jwk). They are good for one run of
// the demo and for nothing else.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SignJWT, exportJWK, generateKeyPair, importJWK } from 'jose';

export const ISSUER = 'https://harbor.example';
export const AUDIENCE = 'toucan-demo';
const LIFETIME = 15 * 60;

const everything = { dashboard: ['can_view'], ai: ['can_query'] };

// ana may view every dashboard, gus only the one that `resources` names.

export const users = {
    ana: {
        name: 'Ana Flores', customer: 'acme',
        attributes: { customerId: 42, region: ['north', 'west'] },
        permissions: everything,
    },
    gus: {
        name: 'Gus Meyer', customer: 'globex',
        attributes: {
            customerId: 7, region: ['north', 'south', 'east', 'west'],
        },
        permissions: everything,
        resources: [
            { type: 'dashboard', id: 'sales', actions: ['can_view'] },
        ],
    },
};

// The ways in which the demo spoils a token, to show what the gate says.

export const flaws = ['expired', 'wrongkey'];

export async function loadSigner(file) {
    const jwk = JSON.parse(await readFile(file, 'utf8'));
    const stranger = await generateKeyPair('EdDSA');

    return {
        kid: jwk.kid,
        key: await importJWK(jwk, 'EdDSA'),
        strangersKey: stranger.privateKey,
    };
}

// A token of fifteen minutes for one user, bound to the host's own origins.

export async function mintToken(signer, id, { origins, flaw } = {}) {
    const { attributes, permissions, resources } = users[id];
    const now = Math.floor(Date.now() / 1000);
    const iat = flaw === 'expired' ? now - 2 * LIFETIME : now;

    const claims = {
        iss: ISSUER, aud: AUDIENCE, sub: id, jti: randomUUID(),
        iat, exp: iat + LIFETIME,
        organization: 'harbor',
        user: { distinctId: id, role: 'explorer', attributes },
        permissions,
        ...(resources && { resources }),
        ...(origins && { origins }),
    };

    return new SignJWT(claims)
        .setProtectedHeader({ alg: 'EdDSA', kid: signer.kid, typ: 'JWT' })
        .sign(flaw === 'wrongkey' ? signer.strangersKey : signer.key);
}

async function makeKeys(folder) {
    const { publicKey, privateKey } =
        await generateKeyPair('EdDSA', { extractable: true });
    const kid = `demo-only-${randomBytes(4).toString('hex')}`;
    const common = { kid, alg: 'EdDSA', use: 'sig' };

    const jwks = { keys: [{ ...await exportJWK(publicKey), ...common }] };
    const jwk = { ...await exportJWK(privateKey), ...common };

    await mkdir(join(folder, 'keys'), { recursive: true });
    await mkdir(join(folder, 'host'), { recursive: true, mode: 0o700 });
    await writeFile(join(folder, 'keys', 'demo.jwks'),
                    JSON.stringify(jwks, null, 2) + '\n', { mode: 0o644 });
    await writeFile(join(folder, 'host', 'demo-signing.jwk'),
                    JSON.stringify(jwk, null, 2) + '\n', { mode: 0o600 });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    if (process.argv.length !== 3) {
        console.error('usage: node tokens.mjs FOLDER');
        process.exit(2);
    }

    await makeKeys(process.argv[2]);
}
