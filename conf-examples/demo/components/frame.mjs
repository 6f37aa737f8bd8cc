// The script of the page that the backend renders for a frame: the same
// element as everywhere, with the data that came with the page.
//
// Owns: asking the embedding page for the next token, since a frame knows
// neither the user's session there nor an API key. Whoever embeds is allowed
// to: the browser holds the gate's frame-ancestors. The question is no secret,
// and only the parent's answer counts.
//
//   to the parent    { toucan: 'ready', height }, { toucan: 'token', id }
//   from the parent  { toucan: 'token', id, answer } or { …, error }

import './toucan.mjs';

const sheet = new CSSStyleSheet();
sheet.replaceSync(`body { margin: 0; }
tc-dashboard::part(card) { border: 0; border-radius: 0; }`);
document.adoptedStyleSheets = [sheet];

const asked = new Map();
let last = 0;

addEventListener('message', ({ source, data }) => {
    const promise = source === parent && data?.toucan === 'token'
                    && asked.get(data.id);

    if (promise) {
        asked.delete(data.id);
        data.error ? promise.reject(new Error(data.error))
                   : promise.resolve(data.answer);
    }
});

function askParent({ reason }) {
    const id = ++last;

    return new Promise((resolve, reject) => {
        asked.set(id, { resolve, reject });
        setTimeout(() => reject(new Error('the page around this frame does '
                                          + 'not answer')), 10000);
        parent.postMessage({ toucan: 'token', id, reason }, '*');
    });
}

const dashboard = document.querySelector('tc-dashboard');
const { data, refreshAfter } = JSON.parse(
    document.getElementById('data').textContent);

dashboard.data = data;
dashboard.getToken = askParent;
dashboard.renewAfter(refreshAfter);

new ResizeObserver(() => parent.postMessage({
    toucan: 'ready', height: document.documentElement.offsetHeight,
}, '*')).observe(document.documentElement);
