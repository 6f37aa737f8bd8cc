// Owns: njs as a peer of the bench, asked by nginx's auth_request.  $jwt_alg
// and $jwt_key (base64 of a public key's SPKI, or of a secret) are set by the
// location.  204 for a token that verifies and is in time, 401 for any other.

const algorithms = {
  HS256: {
    format: 'raw',
    key: { name: 'HMAC', hash: 'SHA-256' },
    verify: { name: 'HMAC' },
  },

  RS256: {
    format: 'spki',
    key: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
    verify: { name: 'RSASSA-PKCS1-v1_5' },
  },

  ES256: {
    format: 'spki',
    key: { name: 'ECDSA', namedCurve: 'P-256' },
    verify: { name: 'ECDSA', hash: 'SHA-256' },
  },
};

// A global of a request ends with it: keys cannot be kept.

async function accepted(r) {
  const name = r.variables.jwt_alg;
  const alg = algorithms[name];
  const token = (r.headersIn.Authorization || '').replace('Bearer ', '');
  const part = token.split('.');

  if (part.length != 3
    || JSON.parse(Buffer.from(part[0], 'base64url')).alg != name)
  {
    return false;
  }

  const key = await crypto.subtle.importKey(
    alg.format, Buffer.from(r.variables.jwt_key, 'base64'), alg.key, false,
    ['verify']);

  const good = await crypto.subtle.verify(
    alg.verify, key, Buffer.from(part[2], 'base64url'),
    Buffer.from(part[0] + '.' + part[1]));

  const claims = JSON.parse(Buffer.from(part[1], 'base64url'));

  return good && claims.iss == 'https://embed.example.com'
       && claims.aud == 'toucan-embed' && claims.exp > Date.now() / 1000;
}

async function check(r) {
  let good = false;

  try {
    good = await accepted(r);

  } catch (e) {
    r.log(`${e}`);
  }

  r.return(good ? 204 : 401);
}

export default { check };
