-- People who work here, what they may do, and where they are logged in.
create table users (
    id             bigint generated always as identity primary key,
    email          text not null,
    email_key      text not null unique check (email_key <> ''),   -- NFKC, case folded: one account per address
    name           text not null check (name <> ''),
    initials       text not null check (initials <> ''),
    role           text not null check (role in ('coordinator', 'administrator', 'procurement', 'qc', 'assembler', 'service')),
    password_hash  text not null,
    theme          text not null default 'system' check (theme in ('system', 'light', 'dark')),
    density        text not null default 'desk' check (density in ('desk', 'bench')),
    text_size      smallint not null default 100 check (text_size in (100, 115, 130)),
    is_active      boolean not null default true,
    created_at     timestamptz not null default now()
);

-- Only the hash of the cookie's token is kept, so a stolen backup opens no session.
create table sessions (
    id_hash         bytea primary key,
    user_id         bigint not null references users (id),
    csrf_secret     bytea not null,
    user_agent      text not null default '',
    peer            text not null default '',
    created_at      timestamptz not null default now(),
    last_seen_at    timestamptz not null default now(),
    absolute_until  timestamptz not null,
    revoked_at      timestamptz
);
create index sessions_user on sessions (user_id) where revoked_at is null;

-- Failed log-ins by account and by peer; the wait doubles and always ends.
create table login_throttles (
    key            text primary key,
    failures       integer not null default 0,
    blocked_until  timestamptz,
    updated_at     timestamptz not null default now()
);
