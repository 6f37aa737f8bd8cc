// "Try to get in": requests that the gate should refuse, and what it says.
//
// Owns: that list on the host application's page. What a page cannot send,
// the application's server sends for it.

async function tokenFor(user, flaw) {
    const query = new URLSearchParams({ user, ...(flaw && { flaw }) });

    return (await fetch(`/token?${query}`)).text();
}

const tried = async (name) => (await fetch(`/try/${name}`)).json();

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

function attemptsAt(gate, users) {
    async function dashboard(id, token) {
        const res = await fetch(`${gate}/dashboards/${id}`, {
            headers: { Accept: 'application/json',
                       ...(token && { Authorization: `Bearer ${token}` }) },
        });

        return { status: res.status, text: await res.text() };
    }

    return [
        ['No token', 'the request carries none',
         async () => refusal(await dashboard('sales'))],
        ['An expired token', 'made for one second, shown two seconds later',
         async () => refusal(await dashboard(
             'sales', await tokenFor('ana', 'expired')))],
        ['A token of somebody else’s key', 'right claims, wrong signature',
         async () => refusal(await dashboard(
             'sales', await tokenFor('ana', 'wrongkey')))],
        ['A dashboard that is not Gus’s', 'his token lists “sales” only',
         async () => refusal(await dashboard('regions',
                                             await tokenFor('gus')))],
        ['Another web site', 'Ana’s token, and the Origin of elsewhere',
         async () => refusal(await tried('foreign'))],
        ['A session that was revoked', 'Ana’s token, after she has signed out',
         async () => refusal(await tried('revoked'))],
        ['More than the API key grants', 'the host asks for can_edit',
         async () => refusal(await tried('more'))],
        ['The API key in a page', 'the right key, but with an Origin',
         async () => refusal(await tried('browser'))],
        ['A forged header', 'Ana’s token and X-Toucan-Attr-customerId: 7',
         async () => {
             const { status, text } = await tried('forged');
             const seen = status === 200 ? JSON.parse(text).customers : [];

             return { good: seen.join() === users.ana.customer, status,
                      says: `changes nothing: rows of ${seen.join(', ')}` };
         }],
    ];
}

function made(tag, ...children) {
    const element = document.createElement(tag);

    element.append(...children);
    return element;
}

function row([name, what, run]) {
    const button = made('button', 'Try');
    const output = made('output');
    const note = made('span', what);

    button.type = 'button';
    button.setAttribute('aria-label', `Try: ${name}`);
    note.className = 'soft';

    button.addEventListener('click', async () => {
        button.disabled = true;
        try {
            const { good, status, says } = await run();
            output.className = good ? 'good' : 'bad';
            output.replaceChildren(made('b', String(status)), ' ',
                                   made('code', says));
        } catch (e) {
            output.className = 'bad';
            output.textContent = `no answer: ${e.message}`;
        }
        button.disabled = false;
    });

    return made('li', button, made('span', made('b', name),
                                   document.createElement('br'), note),
                output);
}

export function showTries(gate, users, list, all) {
    list.append(...attemptsAt(gate, users).map(row));
    all.addEventListener('click', () =>
        list.querySelectorAll('button').forEach((b) => b.click()));
}
