// <tc-ai-assistant auth-token server-url>: a question, and an answer that
// arrives while it is made.
//
// Owns: asking, reading server-sent events out of fetch() (an EventSource
// cannot send an Authorization header), stopping, and saying in words when
// an answer ends too early.
//
//   ask(question)   method: as if it had been typed
//   stop()          method: ends the answer
//   tc-answered     event: an answer has ended (detail: { ended: 'done',
//                   'stopped', or the code })

import { TokenElement, h } from './element.mjs';
import { sheet } from './look.mjs';
import { Refusal } from './words.mjs';

const SUGGESTIONS = ['What is the total?', 'Which month was best?',
                     'Which product sells best?', 'Split it by region',
                     'Go through every month'];

// The events of a stream: `event:` and `data:` (JSON) lines, then an empty
// one. A stream that breaks off throws, or ends without `done`.

async function* eventsOf(body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';

    for (;;) {
        const { value, done } = await reader.read();

        if (done) {
            return;
        }

        const blocks = (text + value).split('\n\n');
        text = blocks.pop();

        for (const block of blocks) {
            const fields = Object.fromEntries(block.split('\n')
                .filter((line) => /^(event|data): /.test(line))
                .map((line) => [line.slice(0, line.indexOf(':')),
                                line.slice(line.indexOf(':') + 2)]));

            if (fields.data) {
                yield { event: fields.event ?? 'message',
                        data: JSON.parse(fields.data) };
            }
        }
    }
}

export class Assistant extends TokenElement {
    #root = this.attachShadow({ mode: 'open' });
    #running;
    #at = {};

    constructor() {
        super();
        this.#root.adoptedStyleSheets = [sheet];
        this.#build();
    }

    disconnectedCallback() {
        super.disconnectedCallback();
        this.stop();
    }

    stop() {
        this.#running?.abort();
    }

    async ask(question) {
        const said = h('p', { class: 'said', part: 'answer',
                              'aria-busy': 'true' });
        let ended = 'CUT';

        if (this.#running || !question.trim()) {
            return;
        }

        this.#running = new AbortController();
        this.#busy(true);
        this.#at.log.append(h('p', { class: 'asked', part: 'question' },
                              h('span', { class: 'unseen' }, 'You asked: '),
                              question), said);

        try {
            const res = await this.request('/assistant', {
                method: 'POST', signal: this.#running.signal,
                headers: { 'Content-Type': 'application/json',
                           Accept: 'text/event-stream' },
                body: JSON.stringify({ question }),
            });

            for await (const { event, data } of eventsOf(res.body)) {
                if (event === 'text') {
                    said.append(data);
                    this.#at.log.scrollTop = this.#at.log.scrollHeight;
                } else {
                    ended = event === 'done' ? 'done' : data.code;
                    break;
                }
            }
        } catch (e) {
            ended = this.#running.signal.aborted ? 'stopped'
                    : e instanceof Refusal ? e : 'CUT';
        }

        said.removeAttribute('aria-busy');
        ended = this.#end(said, ended);
        this.#running = undefined;
        this.#busy(false);
        this.dispatchEvent(new CustomEvent('tc-answered', {
            bubbles: true, composed: true, detail: { ended } }));
    }

    // Words under an answer that did not end by itself.

    #end(said, ended) {
        if (ended === 'stopped') {
            said.after(h('p', { class: 'soft', part: 'stopped' },
                         'You stopped this answer.'));

        } else if (ended !== 'done') {
            const refusal = ended instanceof Refusal ? ended
                                                     : new Refusal(ended);
            said.after(h('div', { class: 'message', part: 'message',
                                  'data-code': refusal.code },
                         h('p', {}, refusal.message)));
            ended = refusal.code;
        }

        if (said.textContent === '') {
            said.remove();
        }

        this.#at.log.scrollTop = this.#at.log.scrollHeight;
        return ended;
    }

    // The focus goes where the keyboard's next stroke belongs.

    #busy(on) {
        const focused = this.#root.activeElement;

        this.#at.send.hidden = on;
        this.#at.stop.hidden = !on;
        this.#at.log.setAttribute('aria-busy', on);
        this.#at.chips.querySelectorAll('button').forEach((chip) => {
            chip.disabled = on;
        });

        if (on && focused) {
            this.#at.stop.focus();
        } else if (focused === this.#at.stop) {
            this.#at.input.focus();
        }
    }

    #build() {
        const at = this.#at;

        this.#root.append(h('article', { class: 'card', part: 'card',
                                         'aria-labelledby': 'title' },
            h('h3', { id: 'title', part: 'title' }, 'Ask about sales'),
            h('p', { class: 'soft' }, 'Answers from the demo’s rows that '
              + 'you may see, by fixed rules: no language model.'),
            at.log = h('div', { class: 'log', part: 'log', role: 'log',
                                'aria-label': 'Conversation',
                                'aria-live': 'polite', tabindex: '0' }),
            at.chips = h('ul', { class: 'chips', part: 'suggestions',
                                 'aria-label': 'Suggestions' },
                ...SUGGESTIONS.map((text) => h('li', {}, h('button', {
                    type: 'button', onclick: () => this.ask(text) }, text)))),
            h('form', { class: 'ask', onsubmit: (e) => this.#submit(e) },
                h('label', { class: 'unseen', for: 'question' }, 'Question'),
                at.input = h('input', { id: 'question', part: 'input',
                    type: 'text', maxlength: '500', autocomplete: 'off',
                    placeholder: 'Ask a question' }),
                at.send = h('button', { type: 'submit', class: 'primary',
                                        part: 'send' }, 'Ask'),
                at.stop = h('button', { type: 'button', part: 'stop',
                    hidden: true, onclick: () => this.stop() }, 'Stop'))));
    }

    #submit(e) {
        e.preventDefault();
        this.ask(this.#at.input.value);
        this.#at.input.value = '';
    }
}
