// What the assistant says: no language model, a handful of fixed rules.
//
// Owns: which rule a question falls under, and the sentences, made of the
// facts that rows.mjs has read as the user.

const money = (value) => '$' + value.toLocaleString('en-US');
const list = (names) => new Intl.ListFormat('en').format(names);
const best = (rows) => rows.reduce((a, b) => b.value > a.value ? b : a);
const share = (part, all) => `${Math.round(100 * part / all)} %`;

const shares = (rows, all) => list(rows.map(({ name, value }) =>
    `${name} ${money(value)} (${share(value, all)})`));

const rules = [
    [/\b(every|each|all) months?\b|month by month/i, ({ months, value }) =>
        months.map((m, i) => {
            const before = months[i - 1]?.value;
            const change = before === undefined ? '' : m.value >= before
                ? `, ${share(m.value - before, before)} up`
                : `, ${share(before - m.value, before)} down`;

            return `${m.name}: ${money(m.value)}${change}.\n`;
        }).join('') + `Together that is ${money(value)}.`],

    [/region|where|area|north|south|east|west/i, ({ places, value }) =>
        `By region: ${shares(places, value)}. Most of it came from the `
        + `${places[0].name}.`],

    [/month|when/i, ({ months, value }) => {
        const { name, value: most } = best(months);

        return `${name} was the best month, with ${money(most)}: `
               + `${share(most, value)} of the ${money(value)} of all `
               + `${months.length} months.`;
    }],

    [/product|sell|hardware|services|software/i, ({ products, value }) =>
        `${products[0].name} sells best. By product: `
        + `${shares(products, value)}.`],

    [/total|revenue|sum|much|sales|all/i, (f) =>
        `The total is ${money(f.value)}, in ${f.rows} rows: `
        + `${list(f.customers)}, ${f.regions.length === 1 ? 'region'
                                                          : 'regions'} `
        + `${list(f.regions)}, ${f.months[0].name} to `
        + `${f.months.at(-1).name}.`],
];

export function answerTo(question, facts) {
    const rule = rules.find(([fits]) => fits.test(question));

    if (facts.rows === 0) {
        return 'There are no rows that you may see.';
    }

    return rule ? rule[1](facts)
        : 'I know a few rules only: ask for the total, the best month, the '
          + 'best product, a split by region, or every month.';
}

// A few words at a time, as a language model's answer would come.

export const pieces = (text) => text.match(/\S+\s*(?:\S+\s*)?/g) ?? [];
