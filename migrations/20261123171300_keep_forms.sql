-- What somebody had typed when their session ended, for an hour, for this person only. Passwords are never among it.
create table kept_forms (
    token_hash  bytea primary key,
    session     bytea not null unique,     -- the ended session: each keeps the newest form only
    user_id     bigint not null references users (id),
    path        text not null,
    fields      jsonb not null,
    kept_at     timestamptz not null default now()
);
