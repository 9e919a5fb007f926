-- The rules that turn a configuration into level-0 lines: data, versioned, one version in force per sink family.
create table bom_templates (
    id            integer generated always as identity primary key,
    family        text not null,
    version       integer not null check (version > 0),
    name          text not null,
    status        text not null default 'draft' check (status in ('draft', 'active', 'retired')),
    effective_on  date check (effective_on between '2000-01-01' and '2100-01-01'),
    notes         text not null default '',
    copied_from   integer references bom_templates (id),
    created_by    bigint references users (id),
    created_at    timestamptz not null default now(),
    published_by  bigint references users (id),
    published_at  timestamptz,
    lock_version  integer not null default 1,
    unique (family, version)
);
create unique index bom_templates_one_active on bom_templates (family) where status = 'active';

create table bom_template_items (
    id                integer generated always as identity primary key,
    template_id       integer not null references bom_templates (id) on delete cascade,
    line_number       integer not null check (line_number > 0),
    parent_item_id    integer references bom_template_items (id) on delete cascade,
    level             smallint not null default 0 check (level between 0 and 32),
    role              text not null check (role <> ''),       -- what the line is for: manual, body, legs, basin, …
    repeat_for        text not null default '' check (repeat_for in ('', 'basin', 'faucet', 'sprayer', 'accessory', 'drawer')),
    item              text not null default '',               -- a number, or
    item_expression   text not null default '',               -- an expression that yields one
    base_quantity     numeric(18, 6) not null default 1 check (base_quantity > 0),
    condition         text not null default '',               -- empty: always
    quantity_formula  text not null default '',               -- empty: the base quantity; else multiplied with it
    reason            text not null default '',               -- expression that yields the sentence shown beside the line
    note              text not null default '',               -- expression that yields the line's note (a colour, a place)
    source            text not null default '',               -- where the rule comes from
    unique (template_id, line_number),
    check ((item = '') <> (item_expression = ''))
);

-- Tables the expressions look up: ranges (low..high), exact keys, and patterns for custom numbers.
create table bom_template_tables (
    id           integer generated always as identity primary key,
    template_id  integer not null references bom_templates (id) on delete cascade,
    name         text not null check (name ~ '^[a-z][a-z0-9_]*$'),
    kind         text not null check (kind in ('range', 'match', 'pattern')),
    description  text not null default '',
    unique (template_id, name)
);
create table bom_template_table_rows (
    table_id  integer not null references bom_template_tables (id) on delete cascade,
    position  integer not null,
    low       numeric(18, 6),
    high      numeric(18, 6),
    key       text not null default '',
    value     text not null,
    primary key (table_id, position),
    check (low is null or high is null or low <= high)
);

-- What step 4 offers, and what each choice wants from the rest of the configuration.
create table bom_template_choices (
    template_id  integer not null references bom_templates (id) on delete cascade,
    position     integer not null,
    group_code   text not null,
    item         text not null,
    requirement  text not null default '',                    -- expression that must hold; empty: none
    severity     text not null default 'warning' check (severity in ('warning', 'error')),
    message      text not null default '',                    -- the sentence when it does not
    primary key (template_id, position),
    unique (template_id, item)
);
