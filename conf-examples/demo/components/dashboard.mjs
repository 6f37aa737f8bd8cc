// <tc-dashboard dashboard-id auth-token server-url>: one dashboard.
//
// Owns: fetching it, what the user has selected, and showing both. A new
// token, a reload and a failure leave the selection alone.
//
//   dashboard-id  attribute: which one
//   data          property: the dashboard's JSON, to begin without a request
//   selection     property: { product, label }, each a name or undefined
//   reload()      method: fetches again
//   tc-select     event: the selection has changed (detail: the selection)

import { Chart, Table, labelTotals, money, selectedTotal } from './draw.mjs';
import { TokenElement, h } from './element.mjs';
import { sheet } from './look.mjs';

const clock = (ms) => new Date(ms).toLocaleTimeString('en-GB');

export class Dashboard extends TokenElement {
    static observedAttributes = [...super.observedAttributes, 'dashboard-id'];

    #root = this.attachShadow({ mode: 'open' });
    #data;
    #text;
    #selection = {};
    #chart;
    #table;
    #latest = 0;
    #asked;
    #refused = false;
    #at = {};

    constructor() {
        super();
        this.#root.adoptedStyleSheets = [sheet];
        this.#build();
    }

    get data() { return this.#data; }

    set data(data) {
        this.#text = JSON.stringify(data);
        this.#data = data;
        if (this.isConnected) {
            this.#show();
        }
    }

    get selection() { return { ...this.#selection }; }

    set selection({ product, label }) {
        this.#selection = { product, label };
        if (this.#chart) {
            this.#mark();
        }
        this.dispatchEvent(new CustomEvent('tc-select', {
            bubbles: true, composed: true, detail: this.selection }));
    }

    // --- when something has happened

    start() {
        const id = this.getAttribute('dashboard-id');

        if (this.#refused || this.#data?.dashboard !== id
            || (this.#asked ?? id) !== id)
        {
            this.reload();
        }
    }

    renewed() {
        this.reload();
    }

    renewalFailed(e, over) {
        over ? this.reload() : this.#say(e);
    }

    disconnectedCallback() {
        super.disconnectedCallback();
        this.#chart?.end();
        this.#chart = undefined;
    }

    connectedCallback() {
        super.connectedCallback();
        if (this.#data) {
            this.#show();
        }
    }

    async reload() {
        const mine = ++this.#latest;
        const id = this.getAttribute('dashboard-id') ?? '';

        this.#asked = id;
        this.#at.card.setAttribute('aria-busy', 'true');

        try {
            const res = await this.request(
                `/dashboards/${encodeURIComponent(id)}`,
                { headers: { Accept: 'application/json' } });
            const data = await res.json();

            if (mine === this.#latest) {
                this.#refused = false;
                this.data = data;
                this.#say();
            }
        } catch (e) {
            if (mine === this.#latest) {
                this.#refused = true;
                this.#hideUnless(this.#data
                    && ['UNREACHABLE', 'UNAVAILABLE'].includes(e.code));
                this.#say(e);
            }
        }

        if (mine === this.#latest) {
            this.#at.card.removeAttribute('aria-busy');
        }
    }

    // --- showing

    #build() {
        const at = this.#at;
        const button = (text, onclick, more) => h('button', {
            type: 'button', onclick, ...more }, text);

        this.#root.append(at.card = h('article', {
            class: 'card', part: 'card', 'aria-labelledby': 'title' },
            h('div', { class: 'head' },
                h('div', {},
                    at.title = h('h3', { id: 'title', part: 'title' },
                                 'Dashboard'),
                    at.scope = h('p', { class: 'soft', part: 'scope' },
                                 'Fetching …')),
                at.reload = button('Reload', () => this.reload(),
                                   { part: 'reload' })),
            at.message = h('div', { class: 'message', part: 'message',
                                    role: 'alert', hidden: true }),
            at.content = h('div', { part: 'content', hidden: true },
                at.figures = h('dl', { class: 'figures', part: 'figures' }),
                at.chips = h('div', { class: 'chips', part: 'products',
                                      role: 'group' }),
                h('div', { class: 'body' },
                    at.chart = h('div', { class: 'chart', part: 'chart',
                                          role: 'img' }),
                    at.table = h('div', { class: 'scroll', part: 'table' })),
                h('div', { class: 'picked' },
                    at.picked = h('span', { part: 'selection',
                                            role: 'status' }),
                    at.clear = button('Clear', () => {
                        this.selection = {};
                        at.chips.querySelector('button').focus();
                    }, { part: 'clear', 'aria-label': 'Clear selection' })),
                at.told = h('details', { class: 'foot', part: 'told' })),
            at.renewal = h('p', { class: 'soft', part: 'renewal' })));
    }

    // Data takes a selection with it only when it has no such name.

    #show() {
        const { title, customers, regions, labels, series, gate } = this.#data;
        const at = this.#at;
        const key = this.#root.activeElement?.dataset.key;
        const known = (list, name) => list.includes(name) ? name : undefined;

        this.#selection = {
            product: known(series.map(({ name }) => name),
                           this.#selection.product),
            label: known(labels, this.#selection.label),
        };

        at.title.textContent = title;
        at.scope.textContent = `${customers.join(', ')} · `
                               + regions.join(', ');
        at.content.hidden = false;

        if (this.#table?.text !== this.#text) {
            this.#table = new Table(this.#data, (l) => this.#toggle('label',
                                                                    l));
            this.#table.text = this.#text;
            at.table.replaceChildren(this.#table.element);
            at.chips.setAttribute('aria-label', 'Product');
            at.chips.replaceChildren(this.#chip('All products'),
                ...series.map(({ name }, n) => this.#chip(name, n + 1)));
            this.#showTold(gate ?? {});
            this.#root.querySelector(`[data-key="${CSS.escape(key ?? '')}"]`)
                ?.focus();
        }

        this.#chart ??= new Chart(at.chart, (l) => this.#toggle('label', l));
        this.#mark();
    }

    #chip(name, n) {
        return h('button', {
            type: 'button', 'data-key': `product ${name}`, 'data-product':
            n ? name : '', onclick: () => n ? this.#toggle('product', name)
                : (this.selection = { ...this.#selection,
                                      product: undefined }),
        }, ...n ? [h('i', { class: `s${n}`, 'aria-hidden': 'true' })] : [],
           name);
    }

    #showTold(gate) {
        this.#at.told.hidden = Object.keys(gate).length === 0;
        this.#at.told.replaceChildren(
            h('summary', { class: 'soft' }, 'What the gate told the backend'),
            h('dl', {}, ...Object.entries(gate).flatMap(([name, value]) => [
                h('dt', {}, h('code', {}, name)),
                h('dd', {}, h('code', {}, value))])));
    }

    #toggle(what, name) {
        this.selection = { ...this.#selection,
            [what]: this.#selection[what] === name ? undefined : name };
    }

    // What a selection changes, and nothing else.

    #mark() {
        const { product, label } = this.#selection;
        const data = this.#data, at = this.#at;
        const sums = labelTotals(data, { product });
        const names = [product, label].filter(Boolean).join(', ');

        for (const chip of at.chips.children) {
            chip.setAttribute('aria-pressed',
                              chip.dataset.product === (product ?? ''));
        }

        this.#chart.draw(data, this.#selection);
        this.#table.mark(this.#selection);

        at.figures.replaceChildren(...[
            [names ? 'selected' : 'revenue',
             money(selectedTotal(data, this.#selection))],
            [`best ${data.labelName.toLowerCase()}`,
             data.labels[sums.indexOf(Math.max(...sums))] ?? '–'],
            ['rows visible', data.rows],
        ].map(([name, value]) => h('div', {}, h('dt', {}, name),
                                   h('dd', {}, String(value)))));

        at.picked.textContent = names
            ? `Selected: ${names}` : 'Nothing selected: click a column, a '
              + `product or a ${data.labelName.toLowerCase()}`;
        at.picked.className = names ? '' : 'soft';
        at.clear.hidden = !names;
        this.#showRenewal();
    }

    #showRenewal() {
        const { renewals, renewsAt } = this;

        this.#at.renewal.textContent = [
            renewals > 0 && `Access renewed ${renewals === 1 ? 'once'
                : `${renewals} times`}`,
            renewsAt && `${renewals ? 'next' : 'Access renews'} at `
                        + clock(renewsAt),
        ].filter(Boolean).join(', ');
    }

    #hideUnless(kept) {
        if (!kept) {
            this.#at.content.hidden = true;
            this.#at.scope.textContent = '';
            this.#at.renewal.textContent = '';
        }
    }

    #say(e) {
        const { message } = this.#at;

        message.hidden = !e;
        message.dataset.code = e?.code ?? '';
        message.replaceChildren(...e ? [h('p', {}, e.message)] : []);
    }
}
