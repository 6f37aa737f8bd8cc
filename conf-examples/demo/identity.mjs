// Who asks, as the gate says it.
//
// Owns: reading the X-Toucan-* headers, and refusing when they are absent, of
// the wrong kind, or name what no policy of schema.sql reads.

export class Refusal extends Error {
    constructor(status, code, message) {
        super(message);
        Object.assign(this, { status, code });
    }
}

// The columns that the policies in schema.sql read. Each must come from the
// gate and have its type; a column that no policy reads is an error too.

const columns = {
    customer_id: Number.isSafeInteger,
    region: (v) => Array.isArray(v) && v.length > 0
                   && v.every((e) => typeof e === 'string' && e !== ''),
};

// A value is percent-encoded by the gate, a list is joined by commas after
// that: so decode each element, after splitting and not before. The object in
// X-Toucan-Rls is JSON of its own and is not encoded once more.

function header(req, name) {
    const values = req.headersDistinct[`x-toucan-${name}`.toLowerCase()]
                   ?? [];

    if (values.length !== 1 || values[0] === '') {
        throw new Refusal(403, 'NO_IDENTITY',
            `X-Toucan-${name} is absent, empty or repeated: this backend `
            + 'answers to the gate only');
    }

    return values[0];
}

export function identity(req) {
    let rls;

    const distinctId = decodeURIComponent(header(req, 'Distinct-Id'));
    const role = decodeURIComponent(header(req, 'Role'));
    const expires = Number(header(req, 'Expires'));
    const text = header(req, 'Rls');

    try {
        rls = JSON.parse(text);
    } catch {
        throw new Refusal(500, 'BAD_IDENTITY', 'X-Toucan-Rls is no JSON');
    }

    for (const [column, fits] of Object.entries(columns)) {
        if (!Object.hasOwn(rls ?? {}, column) || !fits(rls[column])) {
            throw new Refusal(500, 'BAD_IDENTITY',
                `X-Toucan-Rls has no usable "${column}"`);
        }
    }

    if (Object.keys(rls).some((column) => !Object.hasOwn(columns, column))) {
        throw new Refusal(500, 'BAD_IDENTITY',
            'X-Toucan-Rls names a column that no policy reads');
    }

    return { distinctId, role, expires, rls };
}

export function told(req) {
    return Object.fromEntries(Object.entries(req.headers)
        .filter(([name]) => name.startsWith('x-toucan-')).sort());
}

// The demo's proof that the token stayed at the gate.

export function tokenArrived(req) {
    return 'authorization' in req.headers || /[?&]token=/.test(req.url)
           || Object.values(req.headers).some((v) => /eyJ[\w-]+\./.test(v));
}
