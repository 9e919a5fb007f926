-- Customers, the orders they place, and the sinks (builds) of each order.
create table customers (
    id          bigint generated always as identity primary key,
    name        text not null check (length(name) between 3 and 100),
    name_key    text not null unique,
    city        text not null default '',
    is_active   boolean not null default true,
    created_at  timestamptz not null default now()
);
create index customers_name_trgm on customers using gin (name gin_trgm_ops);

-- An order being entered: everything exactly as typed, one document. Submitting it makes the order, once.
create table drafts (
    id          bigint generated always as identity primary key,
    owner_id    bigint not null references users (id),
    answers     jsonb not null,
    version     integer not null default 1,
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    discarded_at timestamptz
);
create index drafts_owner on drafts (owner_id, updated_at desc);

create table order_numbers (
    year  integer primary key,
    last  integer not null
);

create table orders (
    id            bigint generated always as identity primary key,
    number        text not null unique,
    draft_id      bigint unique references drafts (id),       -- a second submit of one draft finds this row
    po_number     text not null,
    po_key        text not null unique,
    customer_id   bigint not null references customers (id),
    project       text not null default '',
    sales_person  text not null,
    want_on       date not null check (want_on between '2000-01-01' and '2100-01-01'),
    language      text not null check (language in ('EN', 'FR', 'SP')),
    priority      text not null default 'standard' check (priority in ('standard', 'rush', 'emergency')),
    notes         text not null default '',
    family        text not null,
    stage         text not null default 'order_created',      -- stage of the least advanced build
    version       integer not null default 1,
    created_by    bigint not null references users (id),
    created_at    timestamptz not null default now()
);
create index orders_stage on orders (stage, id desc);
create index orders_customer on orders (customer_id, id desc);
create index orders_want on orders (want_on, id);
create index orders_number_trgm on orders using gin (number gin_trgm_ops);
create index orders_po_trgm on orders using gin (po_number gin_trgm_ops);

create table builds (
    id                  bigint generated always as identity primary key,
    order_id            bigint not null references orders (id),
    position            smallint not null,
    number              text not null,
    number_key          text not null unique,
    stage               text not null default 'order_created',
    configuration       jsonb not null,
    configuration_hash  text not null,
    version             integer not null default 1,
    created_at          timestamptz not null default now(),
    unique (order_id, position)
);
create index builds_number_trgm on builds using gin (number gin_trgm_ops);

create table order_history (
    id          bigint generated always as identity primary key,
    order_id    bigint not null references orders (id),
    build_id    bigint references builds (id),
    at          timestamptz not null default now(),
    user_id     bigint references users (id),
    from_stage  text,
    to_stage    text not null,
    note        text not null default ''
);
create index order_history_order on order_history (order_id, id);

-- Purchase orders and drawings. The bytes lie in the file store under a random name; the row says what they are.
create table documents (
    id           uuid primary key,
    draft_id     bigint references drafts (id),
    order_id     bigint references orders (id),
    kind         text not null check (kind in ('po_document', 'sink_drawing')),
    file_name    text not null check (file_name <> ''),
    media_type   text not null,
    size_bytes   bigint not null check (size_bytes >= 0),
    sha256       text not null,
    uploaded_by  bigint not null references users (id),
    uploaded_at  timestamptz not null default now(),
    removed_at   timestamptz,
    check (draft_id is not null or order_id is not null)
);
create index documents_draft on documents (draft_id);
create index documents_order on documents (order_id);
