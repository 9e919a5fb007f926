-- Passkeys: a key that a device keeps for one person and this site, and uses after a finger, a face or its own PIN. Each
-- is a second factor of the kind 'passkey'. Only the public half is kept here: a stolen backup signs nothing.
create table passkeys (
    factor_id      bigint primary key references second_factors (id),
    name           text not null check (length(name) between 1 and 60),   -- "Bench tablet"
    credential_id  bytea not null unique,    -- how the device calls it; never of two people, not even after its removal
    credential     jsonb not null,           -- public key and the counter of its uses
    last_used_at   timestamptz,
    doubted_at     timestamptz               -- its counter went back, so there may be a copy: it opens nothing any more
);

-- What a device knows a person by. It says nothing about them and never changes.
alter table users add column passkey_handle uuid not null default gen_random_uuid();
create unique index users_passkey_handle on users (passkey_handle);

-- What a device was asked to sign: once, within minutes, from the browser that was asked.
create table passkey_challenges (
    holder      bytea not null,              -- hash of that browser's cookie
    purpose     text not null check (purpose <> ''),
    about       text not null default '',    -- hash of the record, its content and the meaning, where one is signed
    state       jsonb not null,
    expires_at  timestamptz not null,
    primary key (holder, purpose, about)
);
create index passkey_challenges_end on passkey_challenges (expires_at);

-- How somebody proved that it is they who sign. What a passkey answered is kept: whoever has its public key can check
-- later that it answered for this very record, content and meaning (21 CFR 11.70, 11.200).
alter table signatures add column proved_by text not null default 'password' check (proved_by <> '');
alter table signatures add column evidence jsonb;
