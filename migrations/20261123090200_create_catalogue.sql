-- Every number people order, make or install. The number is the identity; what it means belongs to a revision.
create table items (
    id          integer generated always as identity primary key,
    number      text not null unique check (number <> '' and length(number) <= 120),
    created_at  timestamptz not null default now()
);

-- A revision is the whole catalogue as released at one time: frozen once made, one is active.
create table catalogue_revisions (
    id            integer generated always as identity primary key,
    number        integer not null unique check (number > 0),
    label         text not null,
    status        text not null default 'ready' check (status in ('ready', 'active', 'superseded')),
    based_on      integer references catalogue_revisions (id),
    digest        text not null,                        -- SHA-256 of the imported files, hex
    created_by    bigint references users (id),
    created_at    timestamptz not null default now(),
    activated_at  timestamptz
);
create unique index catalogue_one_active on catalogue_revisions (status) where status = 'active';

create table catalogue_categories (
    revision_id  integer not null references catalogue_revisions (id) on delete cascade,
    code         text not null,
    parent_code  text,
    name         text not null,
    description  text not null default '',
    primary key (revision_id, code)
);

create table catalogue_items (
    revision_id      integer not null references catalogue_revisions (id) on delete cascade,
    item_id          integer not null references items (id),
    name             text not null,
    kind             text not null check (kind in ('part', 'assembly')),
    assembly_type    text check (assembly_type in ('SIMPLE', 'COMPLEX', 'KIT', 'SERVICE_PART')),
    category_code    text,
    subcategory_code text,
    source_ids       text[] not null default '{}',       -- the ids of the imported files that became this number
    maker            text,
    maker_number     text,
    is_derived       boolean not null default false,     -- made by the importer (decision 3), not in the files
    prints_flat      boolean not null default false,     -- control boxes: components are not expanded further (e.5)
    to_confirm       text,                               -- why its quantity at level 0 is not settled (e.7)
    open_question    text,                               -- what the client has still to answer about its contents
    primary key (revision_id, item_id)
);
create index catalogue_items_category on catalogue_items (revision_id, subcategory_code);

create table catalogue_components (
    revision_id  integer not null references catalogue_revisions (id) on delete cascade,
    parent_id    integer not null references items (id),
    position     integer not null,
    child_id     integer not null references items (id),
    quantity     numeric(18, 6) not null check (quantity > 0),
    note         text not null default '',
    to_confirm   text,
    primary key (revision_id, parent_id, position)
);
create index catalogue_components_child on catalogue_components (revision_id, child_id);

-- Second places of an assembly in the tree (assembly_refs of the files).
create table catalogue_placements (
    revision_id       integer not null references catalogue_revisions (id) on delete cascade,
    subcategory_code  text not null,
    item_id           integer not null references items (id),
    primary key (revision_id, subcategory_code, item_id)
);

-- What the importer found wrong and what it did about it.
create table catalogue_defects (
    revision_id  integer not null references catalogue_revisions (id) on delete cascade,
    position     integer not null,
    code         text not null,                          -- stable word for the kind of defect
    severity     text not null check (severity in ('refused', 'repaired', 'reported')),
    subject      text not null,
    message      text not null,
    primary key (revision_id, position)
);

-- Numbers born from dimensions (e.6): same size, same number. They belong to no revision.
create table custom_items (
    item_id     integer primary key references items (id),
    group_code  text not null,                           -- 720.215.001 basin, 720.215.002 pegboard
    name        text not null,
    created_at  timestamptz not null default now()
);

-- What an item costs today; an item without a row is unpriced, never free.
create table item_costs (
    item_id   integer primary key references items (id),
    cost      numeric(14, 4) not null check (cost >= 0),
    currency  text not null default 'CAD' check (length(currency) = 3),
    set_by    bigint references users (id),
    set_at    timestamptz not null default now()
);

create extension if not exists pg_trgm;
create index items_number_trgm on items using gin (number gin_trgm_ops);
create index catalogue_items_name_trgm on catalogue_items using gin (name gin_trgm_ops);
