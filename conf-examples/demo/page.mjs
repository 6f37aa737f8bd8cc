// The host application's page script.
//
// Owns: fetching dashboards from the gate with a user's token, drawing them,
// and the attempts that should be refused. No framework: what stands here is
// all that an embedding page needs.

import { chart, escapeText, legend, money, table } from './chart.mjs';

const { gate, users } = await (await fetch('/setup')).json();
const $ = (id) => document.getElementById(id);

// A token lives fifteen minutes: ask the host's own server whenever one is
// needed, keep none.

async function tokenFor(user, flaw) {
    const query = new URLSearchParams({ user, ...(flaw && { flaw }) });
    const res = await fetch(`/token?${query}`);

    if (!res.ok) {
        throw new Error(`the host's server gave no token (${res.status})`);
    }

    return res.text();
}

async function dashboard(id, token) {
    const res = await fetch(`${gate}/dashboards/${id}`, {
        headers: { Accept: 'application/json',
                   ...(token && { Authorization: `Bearer ${token}` }) },
    });

    return { status: res.status, text: await res.text() };
}

// --- two users side by side -------------------------------------------------

function card(user, data) {
    const told = Object.entries(data.gate).map(([name, value]) =>
        `<dt><code>${escapeText(name)}</code></dt>`
        + `<dd><code>${escapeText(value)}</code></dd>`).join('');

    return `<h3>${escapeText(users[user].name)}</h3>
<p class="soft">${escapeText(data.customers.join(', '))}
 · regions ${escapeText(data.regions.join(', '))}</p>
<dl class="figures">
<div><dt>revenue</dt><dd>${money(data.total)}</dd></div>
<div><dt>rows visible</dt><dd>${data.rows}</dd></div></dl>
${legend(data)}${chart(data, `chart-${user}`)}
<details><summary>The numbers as a table</summary>${table(data)}</details>
<details><summary>What the gate told the backend</summary>
<dl class="told">${told}</dl></details>`;
}

async function showCard(user) {
    const article = document.createElement('article');

    article.className = 'card';
    article.setAttribute('aria-busy', 'true');
    article.textContent = `Fetching for ${users[user].name} …`;
    $('cards').append(article);

    try {
        const { status, text } = await dashboard('sales',
                                                 await tokenFor(user));
        if (status !== 200) {
            throw new Error(`the gate said ${status} ${text}`);
        }
        article.innerHTML = card(user, JSON.parse(text));

    } catch (e) {
        article.textContent = `${users[user].name}: ${e.message}`;
    }

    article.removeAttribute('aria-busy');
}

// --- the frame --------------------------------------------------------------

let latest = 0;

async function showFrame() {
    const mine = ++latest;
    const chosen = (name) =>
        document.querySelector(`input[name=${name}]:checked`).value;
    const user = chosen('user'), id = chosen('dashboard');
    const token = await tokenFor(user);
    const frame = document.createElement('iframe');

    if (mine !== latest) {
        return;    // the reader has chosen again meanwhile
    }

    frame.title = `Dashboard ${id} as ${users[user].name} sees it`;
    frame.src = `${gate}/dashboards/${id}?token=${token}`;
    $('frame').replaceChildren(frame);
    $('frame-note').textContent = users[user].resources && id === 'regions'
        ? `${users[user].name}’s token names the dashboard “sales” only: `
          + 'the gate answers the frame with its 403 page.' : '';
}

// --- attempts ---------------------------------------------------------------

function refusal({ status, text }) {
    let says;

    try {
        const { code, field } = JSON.parse(text);
        says = [code ?? 'let in', field].join(' ');
    } catch {
        says = text.slice(0, 80);
    }

    return { good: status >= 400, status, says };
}

const attempts = [
    ['No token', 'the request carries none',
     async () => refusal(await dashboard('sales'))],
    ['An expired token', 'made for one second, shown two seconds later',
     async () => refusal(await dashboard('sales',
                                         await tokenFor('ana', 'expired')))],
    ['A token of somebody else’s key', 'right claims, wrong signature',
     async () => refusal(await dashboard('sales',
                                         await tokenFor('ana', 'wrongkey')))],
    ['A dashboard that is not Gus’s', 'his token lists “sales” only',
     async () => refusal(await dashboard('regions', await tokenFor('gus')))],
    ['Another web site', 'Ana’s token, Origin: https://elsewhere.example',
     async () => refusal(await (await fetch('/try/foreign')).json())],
    ['A session that was revoked', 'Ana’s token, after she has signed out',
     async () => refusal(await (await fetch('/try/revoked')).json())],
    ['More than the API key grants', 'the host asks for can_edit',
     async () => refusal(await (await fetch('/try/more')).json())],
    ['The API key in a page', 'the right key, but with an Origin',
     async () => refusal(await (await fetch('/try/browser')).json())],
    ['A forged header', 'Ana’s token and X-Toucan-Attr-customerId: 7',
     async () => {
         const { status, text } = await (await fetch('/try/forged')).json();
         const seen = status === 200 ? JSON.parse(text).customers : [];

         return { good: seen.join() === users.ana.customer, status,
                  says: `changes nothing: rows of ${seen.join(', ')}` };
     }],
];

function addAttempt([name, what, run]) {
    const item = document.createElement('li');

    item.innerHTML = '<button type="button">Try</button>'
        + `<span><b>${escapeText(name)}</b><br>`
        + `<span class="soft">${escapeText(what)}</span></span>`
        + '<output></output>';

    const [button, , output] = item.children;
    button.setAttribute('aria-label', `Try: ${name}`);

    button.addEventListener('click', async () => {
        button.disabled = true;
        try {
            const { good, status, says } = await run();
            output.className = good ? 'good' : 'bad';
            output.innerHTML = `<b>${status}</b> `
                               + `<code>${escapeText(says)}</code>`;
        } catch (e) {
            output.className = 'bad';
            output.textContent = `no answer: ${e.message}`;
        }
        button.disabled = false;
    });

    $('list').append(item);
}

$('gate').textContent = gate;
$('users').innerHTML = Object.entries(users).map(([id, { name, customer }],
                                                  n) =>
    `<label><input type="radio" name="user" value="${id}"`
    + `${n === 0 ? ' checked' : ''}><span>${escapeText(name)}`
    + ` (${escapeText(customer)})</span></label>`).join('');
document.querySelectorAll('.switch input').forEach((input) =>
    input.addEventListener('change', showFrame));
attempts.forEach(addAttempt);
$('all').addEventListener('click', () =>
    document.querySelectorAll('#list button').forEach((b) => b.click()));

for (const user of Object.keys(users)) {
    showCard(user);
}
showFrame();
