// The script of the host application's pages.
//
// Owns: putting the platform's elements and its frame into the page, and
// handing them tokens. No framework: what stands here is all that a page of
// your own needs, and it needs no more than getToken() and one listener.

const { gate, app, elsewhere, users } = await (await fetch('/setup')).json();
const $ = (id) => document.getElementById(id);
const FRAME_SECONDS = 4;

async function post(path, body) {
    const res = await fetch(path, {
        method: 'POST', body: JSON.stringify(body),
        headers: { 'Content-Type': 'application/json' },
    });
    const answer = await res.json();

    if (!res.ok) {
        throw new Error(answer.error);
    }

    return answer;
}

// A token lives a few minutes, and this page keeps none: the server makes one
// whenever an element asks, in the session of the one that it had.

const getToken = (user) => ({ token }) => post('/token', { user, token });

function element(tag, user, attributes) {
    const made = document.createElement(tag);

    made.setAttribute('server-url', gate);
    for (const [name, value] of Object.entries(attributes ?? {})) {
        made.setAttribute(name, value);
    }
    made.getToken = getToken(user);
    made.dataset.user = user;
    return made;
}

// --- two users side by side -------------------------------------------------

function showCard(user) {
    const seat = document.createElement('section');
    const heading = document.createElement('h2');

    heading.id = `seat-${user}`;
    heading.textContent = `${users[user].name}, ${users[user].customer}`;
    seat.setAttribute('aria-labelledby', heading.id);
    seat.append(heading, element('tc-dashboard', user,
                                 { 'dashboard-id': 'sales' }));
    $('cards').append(seat);
}

// --- the user who is signed in ----------------------------------------------

const signedOut = new Set();
let frame, framed;

const chosen = (name, otherwise) =>
    document.querySelector(`input[name=${name}]:checked`)?.value ?? otherwise;
const current = () => chosen('user', Object.keys(users)[0]);

// A frame can only be given a URL: the token is in it, once.

async function showFrame() {
    const user = current(), id = chosen('dashboard', 'sales');
    const mine = framed = {};
    const note = (text) => { $('frame-note').textContent = text; };
    const made = document.createElement('iframe');

    made.title = `Dashboard ${id} as ${users[user].name} sees it`;
    note('');

    try {
        const { token } = await getToken(user)({});
        made.src = `${gate}/dashboards/${id}?token=${token}`;
    } catch (e) {
        if (mine === framed) {
            $('frame').replaceChildren();
            note(`No frame: ${e.message}.`);
        }
        return;
    }

    if (mine !== framed) {
        return;    // the reader has chosen again meanwhile
    }

    frame = made;
    frame.user = user;
    $('frame').replaceChildren(frame);
    await new Promise((done) => frame.addEventListener('load', done));
    setTimeout(() => {
        if (mine === framed && !frame.ready) {
            note(location.origin !== app
                ? `The browser shows no frame here: ${gate} says by `
                  + 'frame-ancestors which sites may embed it, and '
                  + `${location.origin} is not among them.`
                : users[user].resources && id === 'regions'
                ? `${users[user].name}’s token names the dashboard “sales” `
                  + 'only: the gate answers the frame with its 403 page.'
                : 'The frame does not show a dashboard.');
        }
    }, FRAME_SECONDS * 1000);
}

// What the frame says (see frame.mjs): its height, and that it needs a token.

addEventListener('message', async ({ origin, source, data }) => {
    if (origin !== gate || source !== frame?.contentWindow) {
        return;
    }

    if (data.toucan === 'ready') {
        frame.ready = true;
        frame.style.height = `${data.height + 2}px`;
    }

    if (data.toucan === 'token') {
        const reply = await getToken(frame.user)({}).then(
            (answer) => ({ answer }), (e) => ({ error: e.message }));
        source.postMessage({ toucan: 'token', id: data.id, ...reply }, gate);
    }
});

function showUser() {
    const user = current();

    if ($('name')) {
        $('name').textContent = users[user].name;
        $('sign').textContent = signedOut.has(user) ? 'Sign in' : 'Sign out';
    }
    if ($('assistant').firstChild?.dataset.user !== user) {
        $('assistant').replaceChildren(element('tc-ai-assistant', user));
    }
    showFrame();
}

async function signInOrOut() {
    const user = current(), out = !signedOut.has(user);

    $('sign').disabled = true;
    await post(out ? '/sign-out' : '/sign-in', { user });
    signedOut[out ? 'add' : 'delete'](user);
    $('sign').disabled = false;
    document.querySelector(`tc-dashboard[data-user=${user}]`).reload();
    showUser();
}

// --- the page ---------------------------------------------------------------

// The one line that a page of your own has in its HTML.

const script = document.createElement('script');
script.type = 'module';
script.src = `${gate}/components/toucan.mjs`;
document.head.append(script);

for (const code of document.querySelectorAll('.gate')) {
    code.textContent = gate;
}

for (const [id, href] of [['app', app], ['elsewhere', elsewhere]]) {
    if ($(id)) {
        $(id).href = href;
        $(id).textContent = href;
    }
}

for (const [n, user] of Object.keys(users).entries()) {
    showCard(user);

    if ($('users')) {
        const label = document.createElement('label');
        const input = document.createElement('input');
        const text = document.createElement('span');

        Object.assign(input, { type: 'radio', name: 'user', value: user,
                               checked: n === 0 });
        text.textContent = users[user].name;
        label.append(input, text);
        $('users').append(label);
    }
}

if ($('users')) {
    $('users').addEventListener('change', showUser);
    $('sign').addEventListener('click', signInOrOut);
    document.querySelectorAll('input[name=dashboard]').forEach((input) =>
        input.addEventListener('change', showFrame));
}

showUser();

if ($('list')) {
    const { showTries } = await import('./tries.mjs');
    showTries(gate, users, $('list'), $('all'));
}
