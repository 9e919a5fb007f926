-- People are invited and choose their own password; an account without one has not been entered yet.
alter table users add column revision integer not null default 1 check (revision > 0);

-- Links that let somebody set a password, once and for a day. Only the hash of the link's token is kept.
create table account_links (
    token_hash    bytea primary key,
    purpose       text not null check (purpose in ('invitation', 'reset')),
    user_id       bigint not null references users (id),
    made_by       bigint references users (id),
    made_at       timestamptz not null default now(),
    expires_at    timestamptz not null,
    used_at       timestamptz,
    withdrawn_at  timestamptz
);
create unique index account_links_open on account_links (user_id) where used_at is null and withdrawn_at is null;
create index users_name on users (lower(name), id);
