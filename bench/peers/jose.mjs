// Owns: npm's jose as a peer of the bench, asked by nginx's auth_request:
//
//     node jose.mjs PORT KEYS.jwks
//
// The path names the only algorithm that is accepted.  Each key is imported
// once.  200 for a token that verifies and is in time, 401 for any other.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

import { importJWK, jwtDecrypt, jwtVerify } from 'jose';

const [port, file] = process.argv.slice(2);
const keys = new Map();

for (const jwk of JSON.parse(readFileSync(file, 'utf8')).keys) {
  keys.set(`/${jwk.alg}`, { alg: jwk.alg, key: await importJWK(jwk) });
}

const expected = {
  issuer: 'https://embed.example.com',
  audience: 'toucan-embed',
};

async function check(url, authorization = '') {
  const { alg, key } = keys.get(url);
  const token = authorization.replace(/^Bearer /, '');

  if (alg === 'A256GCM') {
    return jwtDecrypt(token, key, {
      ...expected,
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: [alg],
    });
  }

  return jwtVerify(token, key, { ...expected, algorithms: [alg] });
}

const server = createServer((request, response) => {
  check(request.url, request.headers.authorization)
    .then(() => 200, () => 401)
    .then((status) => {
      response.writeHead(status, { 'Content-Length': 0 });
      response.end();
    });
});

server.keepAliveTimeout = 600_000;
server.listen(Number(port), '127.0.0.1');
