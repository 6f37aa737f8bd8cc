-- The demo's data, and who may read which row of it.
--
-- Owns: the tables, the two roles, the row-level security policies. The rule
-- of this file: a row is visible because a setting says so, and a setting
-- that is missing, empty or of the wrong kind shows no row, never all.
--
-- Loaded once by ./run into an empty database, as the cluster's superuser,
-- with READER_PASSWORD in the environment.

\set ON_ERROR_STOP on
\set password `printenv READER_PASSWORD`

BEGIN;

-- The owner cannot log in. The reader, as which the backend logs in, owns
-- nothing, is no superuser and cannot step around the policies.

CREATE ROLE sales_owner NOLOGIN;
CREATE ROLE dashboard_reader LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE
    NOINHERIT NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 20
    PASSWORD :'password';
ALTER ROLE dashboard_reader SET default_transaction_read_only = on;
ALTER ROLE dashboard_reader SET statement_timeout = '5s';

REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA shop AUTHORIZATION sales_owner;
GRANT USAGE ON SCHEMA shop TO dashboard_reader;
SET LOCAL search_path = shop;
SET LOCAL ROLE sales_owner;

CREATE TABLE customers (
    customer_id  integer PRIMARY KEY,
    name         text NOT NULL UNIQUE
);

CREATE TABLE sales (
    id           integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id  integer NOT NULL REFERENCES customers,
    region       text NOT NULL,
    product      text NOT NULL,
    month        date NOT NULL,
    revenue      integer NOT NULL CHECK (revenue >= 0)
);
CREATE INDEX ON sales (customer_id, region);

INSERT INTO customers VALUES (42, 'acme'), (7, 'globex'), (13, 'initech');

-- Three customers, four regions, three products, six months: 216 rows, the
-- same ones on every machine.

INSERT INTO sales (customer_id, region, product, month, revenue)
SELECT c.id, r.name, p.name,
       make_date(2026, m, 1),
       round(c.size * r.share * p.share
             * (1 + 0.07 * m + 0.22 * sin(1.9 * m + 2.0 * p.n + r.n + c.id)))
  FROM (VALUES (42, 900), (7, 2600), (13, 400)) AS c (id, size),
       (VALUES (1, 'north', 1.0), (2, 'south', 0.7), (3, 'east', 0.5),
               (4, 'west', 1.2)) AS r (n, name, share),
       (VALUES (1, 'Hardware', 1.3), (2, 'Services', 0.8),
               (3, 'Software', 2.1)) AS p (n, name, share),
       generate_series(1, 6) AS m;

-- Row-level security, for the owner too (FORCE). The backend sets
-- toucan.<column> for one transaction from the gate's X-Toucan-Rls header:
-- a number as it is, a list as a JSON array. Outside such a transaction a
-- setting is NULL or '', both of which these policies turn into "no row".

ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
ALTER TABLE customers FORCE ROW LEVEL SECURITY;
ALTER TABLE sales ENABLE ROW LEVEL SECURITY;
ALTER TABLE sales FORCE ROW LEVEL SECURITY;

CREATE POLICY own_customer ON customers FOR SELECT
    USING (customer_id
           = nullif(current_setting('toucan.customer_id', true), '')::integer);

CREATE POLICY own_customer ON sales FOR SELECT
    USING (customer_id
           = nullif(current_setting('toucan.customer_id', true), '')::integer);

-- RESTRICTIVE: this one must hold as well, it cannot open a row by itself.

CREATE POLICY own_regions ON sales AS RESTRICTIVE FOR SELECT
    USING (region = ANY (ARRAY(
        SELECT jsonb_array_elements_text(
            nullif(current_setting('toucan.region', true), '')::jsonb))));

GRANT SELECT ON customers, sales TO dashboard_reader;

COMMIT;
