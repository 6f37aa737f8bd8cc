// The rows, as one user may see them.
//
// Owns: every statement that the backend sends to PostgreSQL. None of them
// names a customer: which rows there are is row-level security's word.
//
// Environment: PGHOST PGDATABASE PGUSER PGPASSWORD for `pg`.

import pg from 'pg';

const pool = new pg.Pool({ max: 8 });
pool.on('error', (e) => console.error(`backend: database: ${e.message}`));

const dashboards = {
    sales: { title: 'Revenue by month and product', labelName: 'Month',
             label: "to_char(month, 'Mon')", order: 'min(month)',
             series: 'product' },
    regions: { title: 'Revenue by region and product', labelName: 'Region',
               label: 'region', order: 'region', series: 'product' },
};

export const isDashboard = (id) => Object.hasOwn(dashboards, id);

// Settings made with set_config(…, true) end with the transaction, so that
// a pooled connection carries nothing from one user to the next.

export async function asUser({ distinctId, role, rls }, work) {
    const client = await pool.connect();
    let broken;

    try {
        await client.query('BEGIN READ ONLY');
        await client.query(
            `SELECT set_config('toucan.distinct_id', $1, true),
                    set_config('toucan.role', $2, true),
                    set_config('toucan.customer_id', $3, true),
                    set_config('toucan.region', $4, true)`,
            [distinctId, role, String(rls.customer_id),
             JSON.stringify(rls.region)]);
        const result = await work(client);
        await client.query('COMMIT');
        return result;

    } catch (e) {
        broken = e;
        throw e;

    } finally {
        client.release(broken);
    }
}

async function readSeen(client) {
    return (await client.query(
        `SELECT array(SELECT name FROM shop.customers ORDER BY 1) AS customers,
                array(SELECT DISTINCT region FROM shop.sales ORDER BY 1)
                AS regions`)).rows[0];
}

export async function readDashboard(client, id) {
    const { title, labelName, label, order, series } = dashboards[id];

    const cells = (await client.query(
        `SELECT ${label} AS label, ${series} AS series,
                sum(revenue)::integer AS value, count(*)::integer AS rows
           FROM shop.sales GROUP BY 1, 2 ORDER BY ${order}, 2`)).rows;
    const seen = await readSeen(client);

    const unique = (key) => [...new Set(cells.map((c) => c[key]))];
    const labels = unique('label');

    return {
        dashboard: id, title, ...seen,
        rows: cells.reduce((n, c) => n + c.rows, 0),
        total: cells.reduce((n, c) => n + c.value, 0),
        labelName, labels,
        series: unique('series').map((name) => ({
            name,
            values: labels.map((l) => cells.find((c) => c.label === l
                && c.series === name)?.value ?? 0),
        })),
    };
}

// Revenue by month, product and region, for the assistant.

export async function readFacts(client) {
    const by = async (label, order) => (await client.query(
        `SELECT ${label} AS name, sum(revenue)::integer AS value
           FROM shop.sales GROUP BY 1 ORDER BY ${order}`)).rows;
    const { rows: [all] } = await client.query(
        `SELECT count(*)::integer AS rows,
                coalesce(sum(revenue), 0)::integer AS value FROM shop.sales`);

    return {
        ...await readSeen(client), ...all,
        months: await by("to_char(month, 'FMMonth')", 'min(month)'),
        products: await by('product', '2 DESC'),
        places: await by('region', '2 DESC'),
    };
}

// The program's own check, before the first request: nothing set, no row.

export async function checkDatabase() {
    const { rows: [row] } = await pool.query(
        `SELECT rolsuper OR rolbypassrls AS mighty,
                (SELECT count(*) FROM shop.sales)::integer AS visible
           FROM pg_roles WHERE rolname = current_user`);

    if (row.mighty || row.visible !== 0) {
        throw new Error('row-level security does not hold for this role');
    }
}
