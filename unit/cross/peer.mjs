// Owns: npm's jose as a peer.  The commands are those of ours.c but for public,
// and
//
//     make KIND       a new private JWK

import { hkdfSync } from 'node:crypto';
import { createInterface } from 'node:readline';
import {
    CompactEncrypt, CompactSign, compactDecrypt, compactVerify, exportJWK,
    generateKeyPair, generateSecret, importJWK,
} from 'jose';

// What to ask jose for, so that it makes a key of this kind.

const kinds = {
    oct128: ['secret', 'A128KW'],
    oct192: ['secret', 'A192KW'],
    oct256: ['secret', 'HS256'],
    oct384: ['secret', 'HS384'],
    oct512: ['secret', 'HS512'],
    rsa: ['pair', 'RS256', { modulusLength: 2048 }],
    'P-256': ['pair', 'ES256'],
    'P-384': ['pair', 'ES384'],
    'P-521': ['pair', 'ES512'],
    secp256k1: ['pair', 'ES256K'],
    Ed25519: ['pair', 'EdDSA', { crv: 'Ed25519' }],
    Ed448: ['pair', 'EdDSA', { crv: 'Ed448' }],
    X25519: ['pair', 'ECDH-ES', { crv: 'X25519' }],
    X448: ['pair', 'ECDH-ES', { crv: 'X448' }],
};

const keys = new Map();
const text = new TextEncoder();
const plain = new TextDecoder('utf-8', { fatal: true });
let made = 0;

async function make(kind) {
    const [what, alg, options] = kinds[kind];
    const o = { ...options, extractable: true };
    const key = what === 'secret' ? await generateSecret(alg, o)
        : (await generateKeyPair(alg, o)).privateKey;

    return JSON.stringify(await exportJWK(key));
}

// RFC 5869 by Node

function derive(name, master, info) {
    const secret = Buffer.from(keys.get(master).k, 'base64url');
    const key = Buffer.from(hkdfSync('sha256', secret, '', info, 32));

    keys.set(name, { kty: 'oct', k: key.toString('base64url') });

    return '';
}

function privateKey(name, alg) {
    return importJWK(keys.get(name), alg);
}

function publicKey(name, alg) {
    const { d, p, q, dp, dq, qi, ...jwk } = keys.get(name);

    return importJWK(jwk, alg);
}

async function sign(name, alg, payload) {
    return new CompactSign(text.encode(payload))
        .setProtectedHeader({ alg, typ: 'JWT', kid: name })
        .sign(await privateKey(name, alg));
}

async function encrypt(name, alg, enc, cty, payload) {
    const header = { alg, enc, typ: 'JWT', kid: name };

    if (cty !== '-') {
        header.cty = cty;
    }

    const jwe = new CompactEncrypt(text.encode(payload))
        .setProtectedHeader(header);

    // every other one names the parties

    if (alg.startsWith('ECDH-ES') && made++ % 2) {
        jwe.setKeyManagementParameters({
            apu: text.encode('Alice'), apv: text.encode('Bob!'.repeat(64)),
        });
    }

    return jwe.encrypt(await publicKey(name, alg));
}

async function open(name, inner, token) {
    if (token.split('.').length === 3) {
        const { payload } = await compactVerify(token,
            ({ alg }) => publicKey(name, alg));

        return plain.decode(payload);
    }

    const { plaintext, protectedHeader } = await compactDecrypt(token,
        ({ alg, enc }) => privateKey(name, alg === 'dir' ? enc : alg));

    return protectedHeader.cty === undefined ? plain.decode(plaintext)
        : open(inner, '-', plain.decode(plaintext));
}

async function answer(line) {
    const [command, ...f] = line.split(' ');
    const rest = (n) => f.slice(n).join(' ');

    switch (command) {
    case 'make':
        return make(f[0]);
    case 'key':
        keys.set(f[0], JSON.parse(rest(1)));
        return '';
    case 'derive':
        return derive(f[0], f[1], rest(2));
    case 'sign':
        return sign(f[0], f[1], rest(2));
    case 'encrypt':
        return encrypt(f[0], f[1], f[2], f[3], rest(4));
    case 'open':
        return open(f[0], f[1], rest(2));
    default:
        throw new Error(`no command "${command}"`);
    }
}

for await (const line of createInterface({ input: process.stdin })) {
    try {
        console.log(`ok ${await answer(line)}`);
    } catch (e) {
        console.log(`no ${e.code ?? e.name}: ${e.message}`
            .replaceAll('\n', ' '));
    }
}
