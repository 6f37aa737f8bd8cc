// Draws a dashboard's numbers: a chart by Apache ECharts, as SVG, and a table.
//
// Owns: what chart and table look like for some data and a selection. Nothing
// here knows of tokens, requests or where the data is from.

import { init } from './echarts.mjs';
import { h } from './element.mjs';

export const money = (value) =>
    '$' + Math.round(value).toLocaleString('en-US');

const NARROW = 400;    // pixels: no room for a sum above each column

const short = (value) => value >= 1000
    ? `$${(value / 1000).toFixed(1).replace(/\.0$/, '')}k` : `$${value}`;

// What of the data a selection, { product, label }, names.

export function selectedSeries({ series }, { product }) {
    return series.filter(({ name }) => !product || name === product);
}

export function labelTotals(data, selection) {
    return data.labels.map((_, i) => selectedSeries(data, selection)
        .reduce((sum, { values }) => sum + values[i], 0));
}

export function selectedTotal(data, selection) {
    return labelTotals(data, selection).reduce((sum, value, i) =>
        !selection.label || data.labels[i] === selection.label
            ? sum + value : sum, 0);
}

// What stands beside the pointer: an element, since a page's policy may forbid
// the styles of a text.

function tip({ labels }, i, sum, series) {
    const line = (name, value) => h('div', {}, h('dt', {}, name),
                                    h('dd', {}, money(value)));

    return h('dl', { class: 'tip' }, h('div', {}, h('dt', {}, labels[i])),
             ...series.map(({ name, values }) => line(name, values[i])),
             ...series.length > 1 ? [line('Total', sum)] : []);
}

// --- the chart --------------------------------------------------------------

export class Chart {
    #box;
    #chart;
    #data;
    #selection;
    #dark = matchMedia('(prefers-color-scheme: dark)');
    #still = matchMedia('(prefers-reduced-motion: reduce)');
    #again = () => this.draw(this.#data, this.#selection);
    #narrow;
    #resize = new ResizeObserver(([{ contentRect: { width } }]) => {
        this.#chart.resize();
        if (this.#narrow !== width < NARROW && this.#data) {
            this.#again();
        }
    });

    // choose(label): a column was clicked.

    constructor(box, choose) {
        this.#box = box;
        this.#chart = init(box, null, { renderer: 'svg' });
        this.#chart.getZr().on('click', ({ offsetX, offsetY }) => {
            const at = [offsetX, offsetY];

            if (this.#chart.containPixel('grid', at)) {
                choose(this.#data.labels[Math.round(
                    this.#chart.convertFromPixel({ seriesIndex: 0 }, at)[0])]);
            }
        });
        this.#resize.observe(box);
        this.#dark.addEventListener('change', this.#again);
    }

    end() {
        this.#resize.disconnect();
        this.#dark.removeEventListener('change', this.#again);
        this.#chart.dispose();
    }

    // A custom property's colour as it is now, light or dark.

    #colour(name) {
        this.#box.style.color = `var(${name})`;
        const { color } = getComputedStyle(this.#box);
        this.#box.style.color = '';
        return color;
    }

    draw(data, selection) {
        const [ink, soft, line, ground] = ['--ink', '--soft', '--line',
            '--ground'].map((name) => this.#colour(name));
        const series = selectedSeries(data, selection);
        const sums = labelTotals(data, selection);
        const faint = (i) => selection.label
            && data.labels[i] !== selection.label ? 0.3 : 1;

        this.#data = data;
        this.#selection = selection;
        this.#narrow = this.#box.clientWidth < NARROW;
        this.#box.setAttribute('aria-label', `Chart: ${data.title}. `
            + data.labels.map((l, i) => `${l} ${money(sums[i])}`).join(', ')
            + '. The table has the same numbers.');

        this.#chart.setOption({
            animation: !this.#still.matches,
            animationDuration: 300, animationDurationUpdate: 250,
            textStyle: { fontFamily: 'system-ui, sans-serif', color: soft },
            grid: { left: 4, right: 4, top: 24, bottom: 10,
                    outerBoundsMode: 'same' },
            xAxis: { type: 'category', data: data.labels,
                     axisTick: { show: false },
                     axisLine: { lineStyle: { color: line } },
                     axisLabel: { color: soft, fontSize: 13, interval: 0 } },
            yAxis: { type: 'value', splitNumber: 4,
                     axisLabel: { color: soft, formatter: short },
                     splitLine: { lineStyle: { color: line } } },
            tooltip: { trigger: 'axis', confine: true, borderColor: line,
                       backgroundColor: ground, textStyle: { color: ink },
                       transitionDuration: 0,
                       axisPointer: { type: 'shadow' },
                       formatter: ([{ dataIndex }]) => tip(
                           data, dataIndex, sums[dataIndex], series) },
            series: series.map(({ name, values }, n) => ({
                name, type: 'bar', stack: 'all', barMaxWidth: 54,
                color: this.#colour(
                    `--s${data.series.findIndex((s) => s.name === name) + 1}`),
                itemStyle: { borderColor: ground, borderWidth: 1,
                             borderRadius: 2 },
                emphasis: { disabled: true },
                data: values.map((value, i) => ({
                    value, itemStyle: { opacity: faint(i) },
                    label: { show: !this.#narrow && n === series.length - 1,
                             position: 'top', opacity: 1,
                             color: faint(i) < 1 ? soft : ink,
                             fontWeight: 600, fontSize: 12,
                             formatter: () => short(sums[i]) },
                })),
            })),
        }, { replaceMerge: ['series'] });
    }
}

// --- the table --------------------------------------------------------------

// Built once for some data; mark() is all that a selection changes, so that
// the keyboard's focus stays on the button that was pressed.

export class Table {
    #data;

    constructor(data, choose) {
        const one = data.series.length > 1 ? [] : [true];
        const total = one.length ? [] : ['Total'];
        const cell = (value, name) => h('td', { 'data-of': name },
                                        money(value));

        this.#data = data;
        this.element = h('table', {},
            h('caption', { class: 'unseen' }, `${data.title}, in dollars. `
              + `The buttons select a ${data.labelName.toLowerCase()}.`),
            h('thead', {}, h('tr', {},
                h('th', { scope: 'col' }, data.labelName),
                ...[...data.series.map(({ name }) => name), ...total].map(
                    (name) => h('th', { scope: 'col', 'data-of': name },
                                name)))),
            h('tbody', {}, ...data.labels.map((label, i) => h('tr',
                { 'data-label': label },
                h('th', { scope: 'row' }, h('button', {
                    type: 'button', 'aria-pressed': 'false',
                    'data-key': `label ${label}`,
                    onclick: () => choose(label) }, label)),
                ...data.series.map(({ name, values }) => cell(values[i],
                                                              name)),
                ...total.map((name) => cell(
                    labelTotals(data, {})[i], name))))));
    }

    mark({ product, label }) {
        for (const cell of this.element.querySelectorAll('[data-of]')) {
            cell.hidden = Boolean(product) && cell.dataset.of !== product;
        }

        for (const row of this.element.tBodies[0].rows) {
            const chosen = row.dataset.label === label;

            row.classList.toggle('chosen', chosen);
            row.querySelector('button').setAttribute('aria-pressed', chosen);
        }
    }
}
