// Owns: ways to break platform.conf, and which cases must see it: every case
// is named by one at least. A change is what to look for, and what to put in
// its place.

const ORIGINS = 'toucan_origin  https://app.acme.test '
                + 'https://portal.globex.test;';
const DATA = 'toucan_cors_max_age  600s;';
const FRAMES = `toucan               "frames";
            toucan_token         arg=token;
            toucan_embed         frame;
`;

const FOREIGN = [
    'components: on a foreign origin the browser blocks it, and says why',
    'components: a foreign page can read no refusal, and no answer',
    'frames: not shown by a foreign one, which the gate refuses',
    'frames: nor by one that hides its name: the browser sees to it',
    'frames: nested: foreign inside of an allowed one',
];

const SHOWN = [
    'components: on an allowed origin it shows its user\'s rows',
    'components: with a token bound to another origin it can read the refusal',
    'frames: shown by an allowed host; the backend gets no token',
    'frames: nested: one allowed host in itself',
    'frames: nested: in allowed ones that differ, when none is named',
    'frames: a page in the frame may show pages of ours in frames',
    'strangers: a frame passes',
    'strangers: an <object> is a frame',
    'strangers: an <embed> is a frame',
];

const PREFLIGHTS = [
    'preflights: one for many requests, and none reaches the backend',
    'preflights: one for each URL; over HTTP/1.1, too',
    'preflights: a new token needs no new one',
];

const STRANGERS = [
    'an image', 'a script', 'a style', 'a video', 'a script\'s blind fetch',
    'prefetch', 'prefetch of a page',
].map((what) => `strangers: ${what} is refused`);

const SESSIONS = [
    'no address, Referer or log has the token afterwards',
    'one redirect, which no upstream is asked about',
    'the cookie is partitioned, and no script sees it',
    'it opens pages and data, and no upstream gets it',
    'it does not work on another site, nor in a tab of its own',
    'a new URL brings a new user, in spite of the cookie',
    'it ends with the token: words, and no loop',
    'works where third-party cookies are blocked',
    'where no cookie is kept: words, and no loop',
    'in a sandbox: the page, and one refusal for what it asks',
].map((name) => `sessions: ${name}`);

const CUT = [
    'streams: HTTP/2: cut when its token expires',
    'streams: HTTP/2: cut when its token is revoked',
    'streams: HTTP/1.1: cut when its token expires',
    'streams: HTTP/1.1: cut when its token is revoked',
    'streams: HTTP/2: another user\'s stream in the same page goes on',
    'streams: EventSource: asks once more when cut, is refused, and rests',
    'sockets: cut when its token expires',
    'sockets: cut when its user is revoked, and no other\'s',
];

export const breaks = [
    { name: 'every site may embed',
      change: [ORIGINS, 'toucan_origin "~https://.*" https://*.evil.test '
                        + 'https://app.acme.test;'],
      seenBy: FOREIGN },

    { name: 'nobody may embed',
      change: [ORIGINS, 'toucan_origin https://nobody.test;'],
      seenBy: SHOWN },

    { name: 'no CORS',
      change: [DATA, 'toucan_cors off;'],
      seenBy: [...PREFLIGHTS.slice(0, 2),
               'components: refusals can be read: status, code, '
               + 'WWW-Authenticate'] },

    { name: 'no header is exposed',
      change: ['toucan_cors_expose   www-authenticate;', ''],
      seenBy: ['components: refusals can be read: status, code, '
               + 'WWW-Authenticate'] },

    { name: 'preflights are not kept',
      change: [DATA, 'toucan_cors_max_age 0s;'],
      seenBy: PREFLIGHTS },

    { name: 'preflights are kept',
      change: ['toucan_cors_max_age  0s;', 'toucan_cors_max_age 600s;'],
      seenBy: ['preflights: kept for as long as toucan_cors_max_age says: '
               + 'not at all'] },

    { name: 'any method',
      change: [DATA, 'toucan_cors_methods GET HEAD POST DELETE;'],
      seenBy: ['preflights: methods and headers that are not listed stay in '
               + 'the browser'] },

    { name: 'credentials',
      change: [DATA, 'add_header Access-Control-Allow-Credentials true '
                     + 'always;'],
      seenBy: ['preflights: cookies are not for components: the browser says '
               + 'so'] },

    { name: 'no frame-ancestors',
      change: [FRAMES, `${FRAMES}toucan_frame_ancestors off;`],
      seenBy: [...FOREIGN.slice(2),
               'frames: nested: allowed inside of a foreign one',
               'frames: nor with a token that is bound to another host',
               'frames: nested: the one that is named, and no other around '
               + 'it'] },

    { name: 'no gate for frames',
      change: ['toucan               "frames";', 'toucan off;'],
      seenBy: [...STRANGERS,
               'frames: shown by an allowed host; the backend gets no token',
               'frames: a tab of its own is refused where it is not '
               + 'listed'] },

    { name: 'frames\' own requests are not accepted',
      change: ['toucan_embed         frame;\n            toucan_cors          '
               + 'off;', 'toucan_embed server; toucan_cors off;'],
      seenBy: ['frames: what it asks for passes: it carries our origin, not '
               + 'the host\'s'] },

    { name: 'their origin is another\'s',
      change: ['toucan_cors          off;',
               'toucan_cors off; toucan_own_origin https://app.acme.test;'],
      seenBy: ['frames: what it asks for passes: it carries our origin, not '
               + 'the host\'s'] },

    { name: 'null may embed',
      change: [DATA, 'toucan_origin null;'],
      seenBy: ['strangers: a frame in a sandbox gets one refusal, and no '
               + 'loop'] },

    { name: 'null may not embed',
      change: ['toucan_origin        null;', ''],
      seenBy: ['strangers: and its rows, where null is in the allowlist'] },

    { name: 'an endpoint that lets pages in',
      change: ['location = /embed/generate-token { toucan_mint; }',
               'location = /embed/generate-token {\n'
               + 'add_header Access-Control-Allow-Origin * always;\n'
               + 'add_header Access-Control-Allow-Headers * always;\n'
               + 'return 204;\n}'],
      seenBy: ['strangers: an API key in a page never gets past: no CORS at '
               + 'the endpoint',
               'strangers: nor from a page of the platform: KEY_IN_BROWSER, '
               + 'and an alert'] },

    { name: 'no session',
      change: ['toucan_session       cookie;', ''],
      seenBy: SESSIONS },

    { name: 'no gate for sessions',
      change: ['toucan               "session";\n    toucan_token         '
               + 'bearer arg=token;\n    toucan_session       cookie;',
               'toucan off;'],
      seenBy: ['sessions: it is no token for a script of the host\'s',
               'sessions: a token that has expired is refused, and not put in '
               + 'a cookie'] },

    { name: 'streams go on',
      change: ['toucan_stream_expiry on;', 'toucan_stream_expiry off;'],
      seenBy: CUT },

    { name: 'streams ask nobody',
      change: ['toucan               "streams";', 'toucan off;'],
      seenBy: ['streams: a foreign page gets none',
               'streams: a stream that ends in time is not cut',
               'sockets: not from a foreign page',
               'sockets: not without a token, nor with another\'s',
               'sockets: opens with the token beside "toucan", which is '
               + 'answered'] },

    { name: 'the token stays in the protocols',
      change: ['toucan_stream_expiry on;', 'toucan_forward_token on;'],
      seenBy: ['sockets: opens with the token beside "toucan", which is '
               + 'answered',
               'sockets: the backend chooses among the others'] },
];
