-- One bill of materials per build and version. It is a pure function of the three things stored with it.
create table boms (
    id                   bigint generated always as identity primary key,
    build_id             bigint not null references builds (id),
    version              integer not null check (version > 0),
    is_active            boolean not null default true,
    configuration        jsonb not null,
    configuration_hash   text not null,
    template_id          integer not null references bom_templates (id),
    catalogue_revision_id integer not null references catalogue_revisions (id),
    line_count           integer not null,
    item_count           integer not null,                     -- different numbers
    piece_count          numeric(24, 6) not null,              -- sum of the extended quantities of lines without components
    job_id               uuid unique,                          -- a job that runs twice keeps one version
    generated_by         bigint references users (id),
    generated_at         timestamptz not null default now(),
    unique (build_id, version)
);
create unique index boms_one_active on boms (build_id) where is_active;

-- Narrow on purpose: written by COPY, read by (bom, line). Integrity comes from the generator and its one transaction.
create table bom_lines (
    bom_id            bigint not null,
    line              integer not null,
    parent_line       integer,
    level             smallint not null,
    item_id           integer not null,
    quantity          numeric(24, 6) not null,                 -- extended: parent's times per parent
    template_item_id  integer,
    reason            text,                                    -- level 0: the rule in plain words
    note              text,
    primary key (bom_id, line)
);
