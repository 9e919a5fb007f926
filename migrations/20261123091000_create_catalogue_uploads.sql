-- Catalogue files between the dry run and the import: what was judged is what is imported. Kept for a day.
create table catalogue_uploads (
    id           uuid primary key default gen_random_uuid(),
    assemblies   bytea not null,
    categories   bytea not null,
    parts        bytea not null,
    uploaded_by  bigint not null references users (id) on delete cascade,
    uploaded_at  timestamptz not null default now()
);
