-- Tablets at the bench that several people share, and the badges and PINs they change over with.
create table stations (
    id            bigint generated always as identity primary key,
    name          text not null check (length(name) between 2 and 60),
    token_hash    bytea not null unique,
    made_by       bigint not null references users (id),
    made_at       timestamptz not null default now(),
    last_used_at  timestamptz,
    retired_at    timestamptz
);
create unique index stations_name on stations (lower(name)) where retired_at is null;

-- Only the hash of what a badge carries is kept: a stolen backup opens no tablet.
create table badges (
    id          bigint generated always as identity primary key,
    user_id     bigint not null references users (id),
    code_hash   bytea not null unique,
    issued_by   bigint not null references users (id),
    issued_at   timestamptz not null default now(),
    revoked_at  timestamptz
);
create unique index badges_user on badges (user_id) where revoked_at is null;

create table pins (
    user_id     bigint primary key references users (id),
    hash        text not null,
    changed_at  timestamptz not null default now()
);

-- A session that a badge opened belongs to its tablet and is shorter.
alter table sessions add column station_id bigint references stations (id);
