-- Backups taken and restored for practice: a backup that nobody ever restored is a hope.
create table backup_runs (
    id          bigint generated always as identity primary key,
    kind        text not null check (kind in ('backup', 'drill')),
    taken_at    timestamptz not null,        -- the moment whose data it holds
    ended_at    timestamptz not null default now(),
    took_ms     bigint not null check (took_ms >= 0),
    rows        bigint not null check (rows >= 0),
    files       bigint not null check (files >= 0),
    bytes       bigint not null check (bytes >= 0),
    findings    text[] not null default '{}' -- empty: nothing was wrong
);
create index backup_runs_latest on backup_runs (kind, ended_at desc);
