// Owns: ways to break the demo, and which of its cases must see it, as in
// breaks.mjs. A change is a file of conf-examples, what to look for in it, and
// what to put in its place.

const access = (...names) => names.map((name) => `demo-access: ${name}`);
const answers = (...names) => names.map((name) => `demo-assistant: ${name}`);
const rows = (...names) => names.map((name) => `demo: ${name}`);

export const demoBreaks = [
    { name: 'demo: every row is Ana\'s customer\'s',
      change: ['demo/rows.mjs', 'String(rls.customer_id)', '\'42\''],
      seenBy: rows('two users see other rows from one URL',
                   'the frame shows the same, and its backend got no '
                   + 'token') },

    { name: 'demo: the token stays in the frame\'s URL',
      change: ['quickstart.conf', 'toucan_session     cookie=toucan_demo;',
               ''],
      seenBy: rows('the frame shows the same, and its backend got no '
                   + 'token') },

    { name: 'demo: everybody may embed',
      change: ['quickstart.conf',
               'toucan_origin      http://app.localhost:8081;',
               'toucan_origin      "~^http://";'],
      seenBy: rows('another site: its visitors read that it may not embed') },

    { name: 'demo: every dashboard is everybody\'s',
      change: ['quickstart.conf',
               'toucan_permission  dashboard can_view $dashboard;', ''],
      seenBy: rows('a dashboard that is not the user\'s: words, in place of '
                   + 'rows', 'what the page tries is refused, each by its '
                   + 'code') },

    { name: 'demo: a refused dashboard stays refused',
      change: ['demo/components/dashboard.mjs',
               'this.#refused || this.#data?.dashboard !== id\n'
               + '            || (this.#asked ?? id) !== id',
               'this.#data?.dashboard !== id'],
      seenBy: rows('a dashboard that is not the user\'s: words, in place of '
                   + 'rows') },

    { name: 'demo: a new token takes the selection',
      change: ['demo/components/dashboard.mjs', 'renewed() {',
               'renewed() {\n        this.#selection = {};'],
      seenBy: rows('new tokens keep the selection, in the element and in the '
                   + 'frame', 'signed out: words, and no row; signed in: '
                   + 'rows again') },

    { name: 'demo: nothing is renewed before it ends',
      change: ['demo/components/element.mjs', 'this.#due = ',
               'this.#due = NaN && '],
      seenBy: rows('new tokens keep the selection, in the element and in the '
                   + 'frame') },

    { name: 'demo: a key is sent',
      change: ['demo/components/element.mjs',
               'if (/^tk_(live|test)_/.test(this.#token)) {', 'if (false) {'],
      seenBy: rows('an API key for a token: words, and it is sent nowhere') },

    { name: 'demo: who signs out keeps access',
      change: ['demo/host.mjs', 'await revoke({ distinctId: user });', ''],
      seenBy: [...rows('signed out: words, and no row; signed in: rows '
                       + 'again'),
               ...answers('signed out while it answers: cut, in words')] },

    { name: 'demo: answers are not cut',
      change: ['quickstart.conf', 'toucan             "assistant";',
               'toucan "assistant"; toucan_stream_expiry off;'],
      seenBy: answers('signed out while it answers: cut, in words') },

    { name: 'demo: answers come whole',
      change: ['demo/backend.mjs', 'of pieces(text)) {', 'of [text]) {'],
      seenBy: answers('an answer comes piece by piece, from the user\'s rows',
                      'a reader stops it, and asks again') },

    { name: 'demo: Stop stops nothing',
      change: ['demo/components/assistant.mjs', 'this.#running?.abort();',
               ''],
      seenBy: [...answers('a reader stops it, and asks again'),
               ...access('by keyboard: ask, stop, ask again')] },

    { name: 'demo: no key leads to a month',
      change: ['demo/components/draw.mjs', '\'aria-pressed\': \'false\',',
               '\'aria-pressed\': \'false\', tabindex: \'-1\','],
      seenBy: access('by keyboard: to a month, select it, clear it',
                     'by keyboard: into the frame, and out') },

    { name: 'demo: the focus does not show',
      change: ['demo/components/look.mjs', ':focus-visible { outline: 2px '
               + 'solid var(--accent); outline-offset: 2px; }',
               ':focus-visible { outline: none; }'],
      seenBy: access('by keyboard: to a month, select it, clear it') },

    { name: 'demo: the groups have no name',
      change: ['demo/components/dashboard.mjs',
               'at.chips.setAttribute(\'aria-label\', \'Product\');', ''],
      seenBy: access('names and roles, as a screen reader has them') },

    { name: 'demo: words too faint',
      change: ['demo/components/look.mjs', 'light-dark(#566072, #a3aec0)',
               'light-dark(#aab0b8, #a3aec0)'],
      seenBy: access('axe finds nothing: the host page, light and dark',
                     'axe finds nothing: the foreign page, light and dark') },

    { name: 'demo: words too faint in the dark',
      change: ['demo/components/look.mjs', 'light-dark(#566072, #a3aec0)',
               'light-dark(#566072, #434a55)'],
      seenBy: access('axe finds nothing: the host page, light and dark',
                     'axe finds nothing: the foreign page, light and dark') },

    { name: 'demo: too wide for a phone',
      change: ['demo/components/look.mjs', '.card { ',
               '.card { min-width: 420px; '],
      seenBy: access('nothing goes sideways at 360 pixels') },

    { name: 'demo: it moves',
      change: ['demo/components/look.mjs', 'animation: none !important;',
               ''],
      seenBy: access('who wants no motion gets none') },

    { name: 'demo: the chart moves',
      change: ['demo/components/draw.mjs', '!this.#still.matches', 'true'],
      seenBy: access('who wants no motion gets none') },
];
