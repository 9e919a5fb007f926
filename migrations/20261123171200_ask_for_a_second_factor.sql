-- What somebody shows besides the password. One-time codes now; the kinds are told apart for those to come.
create table second_factors (
    id            bigint generated always as identity primary key,
    user_id       bigint not null references users (id),
    kind          text not null check (kind <> ''),
    salt          bytea not null,                -- the secret is made from it with the server's key: a backup alone gives no code
    made_at       timestamptz not null default now(),
    confirmed_at  timestamptz,                   -- until then it opens nothing
    last_step     bigint not null default 0,     -- the half minute of the newest code that was taken; older ones and this one are spent
    removed_at    timestamptz
);
create unique index second_factors_codes on second_factors (user_id) where kind = 'codes' and removed_at is null;
create index second_factors_user on second_factors (user_id) where removed_at is null;

-- For the day the phone is lost: each opens once.
create table recovery_codes (
    user_id    bigint not null references users (id),
    code_hash  bytea not null,
    used_at    timestamptz,
    primary key (user_id, code_hash)
);

-- Between the right password and the second factor. This is no session and opens no page.
create table half_logins (
    token_hash  bytea primary key,
    user_id     bigint not null references users (id),
    tries       integer not null default 0,
    expires_at  timestamptz not null
);
