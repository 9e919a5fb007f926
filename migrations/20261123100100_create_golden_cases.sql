-- Known BOMs kept with the product: every new version of the rules is replayed against them before it is published.
create table golden_cases (
    name           text primary key check (name <> ''),
    family         text not null,
    configuration  jsonb not null,
    expected       jsonb not null,                              -- lines as (level, parent, item, quantity)
    saved_by       text not null default '',
    saved_at       timestamptz not null default now()
);
