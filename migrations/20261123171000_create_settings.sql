-- What administrators decide while the product runs. A name without a row has the value that is compiled in.
create table settings (
    name        text primary key check (name ~ '^[a-z_]+$'),
    value       jsonb not null check (jsonb_typeof(value) = 'object'),
    revision    integer not null default 1 check (revision > 0),
    changed_at  timestamptz not null default now(),
    changed_by  bigint references users (id)
);
