-- People who come in with their company's account, by OpenID Connect: who they are there, which of its groups give
-- which role here, and the one account that may still come in by password when the provider is away.

-- A person is told by issuer and subject: addresses move from one person to another, subjects never do.
create table company_accounts (
    id            bigint generated always as identity primary key,
    issuer        text not null check (issuer <> ''),
    subject       text not null check (subject <> ''),
    user_id       bigint not null references users (id),
    linked_at     timestamptz not null default now(),
    last_used_at  timestamptz not null default now(),
    unique (issuer, subject),
    unique (issuer, user_id)
);
create index company_accounts_user on company_accounts (user_id);

-- Whoever is in the group works in the role. A group that is not here gives none.
create table group_roles (
    id          bigint generated always as identity primary key,
    name        text not null unique check (name <> ''),          -- exactly as the provider says it
    role        text not null check (role in ('coordinator', 'administrator', 'procurement', 'qc', 'assembler', 'service')),
    revision    integer not null default 1 check (revision > 0),
    changed_at  timestamptz not null default now(),
    changed_by  bigint references users (id)
);

-- Somebody was sent to the provider and has not come back: for ten minutes, for one browser, once.
create table company_logins (
    state_hash    bytea primary key,
    browser_hash  bytea not null,
    nonce         text not null,
    verifier      text not null,
    purpose       text not null check (purpose in ('log_in', 'prove')),
    session       bytea,                                          -- whose person proves anew who they are
    next          text not null,
    begun_at      timestamptz not null default now(),
    expires_at    timestamptz not null
);
create index company_logins_expiry on company_logins (expires_at);

alter table sessions
    add column is_by_company boolean not null default false,       -- the provider vouched for the person
    add column has_company_factor boolean not null default false,  -- and asked for a second factor itself
    add column proved_at timestamptz;                               -- when the person proved anew who they are
alter table half_logins
    add column is_by_company boolean not null default false;

-- Log-ins with the emergency account's password while everybody else has to use the company account. Each needs a
-- reason afterwards.
create table emergency_uses (
    id            bigint generated always as identity primary key,
    user_id       bigint not null references users (id),
    used_at       timestamptz not null default now(),
    peer          text not null default '',
    reason        text not null default '',
    explained_at  timestamptz,
    explained_by  bigint references users (id),
    check ((explained_at is null) = (reason = ''))
);
create index emergency_uses_open on emergency_uses (id) where explained_at is null;
