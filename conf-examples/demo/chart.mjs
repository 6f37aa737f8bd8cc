// Draws a dashboard: legend, stacked bars as SVG, the same numbers as a table.
//
// Owns: the drawing, and escaping what goes into it. Pure functions from data
// to text, used by the backend (the framed page) and by the host's page in
// the browser alike. Colours come from look.css.

const WIDTH = 480, HEIGHT = 250;
const PLOT = { left: 46, right: 6, top: 22, bottom: 24 };
const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;',
                   "'": '&#39;' };

export function escapeText(value) {
    return String(value).replace(/[&<>"']/g, (c) => ENTITIES[c]);
}

export function money(value) {
    return '$' + Math.round(value).toLocaleString('en-US');
}

function short(value) {
    return value >= 1000 ? `$${(value / 1000).toFixed(1).replace(/\.0$/, '')}k`
                         : `$${value}`;
}

// A round step that divides the axis into four or so parts.

function axisStep(highest) {
    const rough = Math.max(highest, 1) / 4;
    const power = 10 ** Math.floor(Math.log10(rough));

    return [1, 2, 2.5, 5, 10].find((f) => f * power >= rough) * power;
}

function totals({ labels, series }) {
    return labels.map((_, i) => series.reduce((sum, s) => sum + s.values[i],
                                              0));
}

function axis(step, top, y) {
    let out = '';

    for (let tick = 0; tick <= top; tick += step) {
        out += `<line class="grid" x1="${PLOT.left}" x2="${WIDTH - PLOT.right}"`
               + ` y1="${y(tick)}" y2="${y(tick)}"/>`
               + `<text x="${PLOT.left - 6}" y="${y(tick) + 4}"`
               + ` text-anchor="end">${short(tick)}</text>`;
    }

    return out;
}

function bar({ labels, series }, i, x, width, y) {
    let out = '', below = 0;

    series.forEach((s, n) => {
        const above = below + s.values[i];
        const height = Math.max(y(below) - y(above) - 1.5, 0);

        out += `<rect class="s${n + 1}" x="${x}" y="${y(above)}"`
               + ` width="${width}" height="${height}" rx="1.5"><title>`
               + escapeText(`${labels[i]}, ${s.name}: ${money(s.values[i])}`)
               + '</title></rect>';
        below = above;
    });

    return out + `<text class="total" x="${x + width / 2}" y="${y(below) - 6}"`
           + ` text-anchor="middle">${short(below)}</text>`
           + `<text x="${x + width / 2}" y="${HEIGHT - 6}"`
           + ` text-anchor="middle">${escapeText(labels[i])}</text>`;
}

export function chart(data, id) {
    const sums = totals(data);
    const step = axisStep(Math.max(...sums, 0));
    const top = step * Math.max(Math.ceil(Math.max(...sums, 0) / step), 1);
    const slot = (WIDTH - PLOT.left - PLOT.right) / data.labels.length;
    const width = Math.min(Math.round(slot * 0.62), 56);
    const round = (v) => Math.round(v * 10) / 10;
    const y = (v) => round(HEIGHT - PLOT.bottom
                           - v / top * (HEIGHT - PLOT.top - PLOT.bottom));
    const bars = data.labels.map((_, i) => bar(
        data, i, round(PLOT.left + slot * i + (slot - width) / 2), width, y));

    return `<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img"`
           + ` aria-labelledby="${id}-t ${id}-d">`
           + `<title id="${id}-t">${escapeText(data.title)}</title>`
           + `<desc id="${id}-d">Stacked bars. `
           + escapeText(data.labels.map((l, i) => `${l} ${money(sums[i])}`)
                                   .join(', '))
           + `.</desc>${axis(step, top, y)}${bars.join('')}</svg>`;
}

export function legend({ series }) {
    return '<ul class="legend">' + series.map((s, n) =>
        `<li><i class="s${n + 1}"></i>${escapeText(s.name)}</li>`).join('')
        + '</ul>';
}

export function table(data) {
    const sums = totals(data);
    const row = (cells, tag) => cells.map((c) => `<${tag}>${escapeText(c)}`
                                                 + `</${tag}>`).join('');

    return '<div class="scroll"><table><thead><tr>'
           + row([data.labelName, ...data.series.map((s) => s.name), 'Total'],
                 'th')
           + '</tr></thead><tbody>'
           + data.labels.map((label, i) => '<tr>'
               + row([label], 'th')
               + row([...data.series.map((s) => money(s.values[i])),
                      money(sums[i])], 'td') + '</tr>').join('')
           + '</tbody></table></div>';
}
