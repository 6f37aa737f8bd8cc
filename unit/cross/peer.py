# Owns: Debian's python3-jwcrypto as a peer.  The commands are those of ours.c
# but for public, and
#
#     make KIND       a new private JWK

import json
import sys

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from jwcrypto import jwe, jwk, jws
from jwcrypto.common import base64url_decode, base64url_encode

KINDS = {
    'oct128': {'kty': 'oct', 'size': 128},
    'oct192': {'kty': 'oct', 'size': 192},
    'oct256': {'kty': 'oct', 'size': 256},
    'oct384': {'kty': 'oct', 'size': 384},
    'oct512': {'kty': 'oct', 'size': 512},
    'rsa': {'kty': 'RSA', 'size': 2048},
    'P-256': {'kty': 'EC', 'crv': 'P-256'},
    'P-384': {'kty': 'EC', 'crv': 'P-384'},
    'P-521': {'kty': 'EC', 'crv': 'P-521'},
    'secp256k1': {'kty': 'EC', 'crv': 'secp256k1'},
    'Ed25519': {'kty': 'OKP', 'crv': 'Ed25519'},
    'Ed448': {'kty': 'OKP', 'crv': 'Ed448'},
    'X25519': {'kty': 'OKP', 'crv': 'X25519'},
    'X448': {'kty': 'OKP', 'crv': 'X448'},
}

keys = {}
made = 0


def make(kind):
    return json.dumps(jwk.JWK.generate(**KINDS[kind]).export(as_dict=True),
                      separators=(',', ':'))


def know(name, text):
    keys[name] = jwk.JWK.from_json(text)
    return ''


# RFC 5869 by what jwcrypto itself is built upon

def derive(name, master, info):
    secret = base64url_decode(keys[master].export(as_dict=True)['k'])
    key = HKDF(SHA256(), 32, None, info.encode()).derive(secret)
    keys[name] = jwk.JWK(kty='oct', k=base64url_encode(key))
    return ''


def sign(name, alg, payload):
    token = jws.JWS(payload.encode())
    token.allowed_algs = [alg]
    token.add_signature(keys[name], alg, json.dumps(
        {'alg': alg, 'typ': 'JWT', 'kid': name}))

    return token.serialize(compact=True)


# Every other one names the parties.

def encrypt(name, alg, enc, cty, payload):
    global made

    header = {'alg': alg, 'enc': enc, 'typ': 'JWT', 'kid': name}

    if cty != '-':
        header['cty'] = cty

    if alg.startswith('ECDH-ES'):
        made += 1

        if made % 2:
            header['apu'] = base64url_encode('Alice')
            header['apv'] = base64url_encode('Bob!' * 64)

    token = jwe.JWE(payload.encode(), json.dumps(header), algs=[alg, enc])
    token.add_recipient(keys[name])

    return token.serialize(compact=True)


def header_of(token):
    return json.loads(jws.base64url_decode(token.split('.')[0]))


def open_token(name, inner, text):
    header = header_of(text)

    if text.count('.') == 2:
        token = jws.JWS()
        token.allowed_algs = [header['alg']]
        token.deserialize(text)
        token.verify(keys[name])

        return token.payload.decode()

    token = jwe.JWE(algs=[header['alg'], header['enc']])
    token.deserialize(text)
    token.decrypt(keys[name])
    payload = token.payload.decode()

    return open_token(inner, '-', payload) if 'cty' in header else payload


COMMANDS = {
    'make': (1, make),
    'key': (2, know),
    'derive': (3, derive),
    'sign': (3, sign),
    'encrypt': (5, encrypt),
    'open': (3, open_token),
}

for line in sys.stdin:
    name, rest = line.rstrip('\n').split(' ', 1)
    count, run = COMMANDS[name]

    try:
        print('ok', run(*rest.split(' ', count - 1)))
    except Exception as e:
        print('no', type(e).__name__, str(e).replace('\n', ' '))
