-- What is needed to run the ledger by hand and by the clock: queues, schedules, batches, figures, alerts, and what
-- administrators did to jobs.

-- Jobs of a queue share its pause and its limit. Workers serve all queues unless told otherwise.
create table queues (
    name          text primary key check (name ~ '^[a-z][a-z_]{0,30}$'),
    title         text not null,
    most_running  integer check (most_running between 1 and 1000),  -- over all workers; null: as many as have a free hand
    paused_at     timestamptz,
    paused_by     bigint references users (id),
    pause_reason  text not null default ''
);
insert into queues (name, title) values ('boms', 'BOMs'), ('reports', 'Reports'), ('upkeep', 'Upkeep');
update jobs set queue = 'boms' where queue = 'default';
alter table jobs alter column queue set default 'boms';

-- Jobs asked for together, seen together.
create table batches (
    id            uuid primary key,
    title         text not null check (title <> ''),
    total         integer not null check (total >= 0),
    requested_by  bigint references users (id),
    created_at    timestamptz not null default now()
);

-- What is asked for by the clock. A schedule comes with its kind; people move it, pause it and run it now.
create table schedules (
    name         text primary key check (name ~ '^[a-z][a-z_]{0,60}$'),
    title        text not null,
    payload      jsonb not null,                     -- a job as the ledger has it
    pattern      text not null,                      -- minute hour day month weekday
    time_zone    text not null,                      -- IANA name the pattern is read in
    paused_at    timestamptz,
    paused_by    bigint references users (id),
    next_run_at  timestamptz not null,
    last_run_at  timestamptz,                        -- the time that was due, not the time it was asked for
    last_job_id  uuid,
    revision     integer not null default 1,         -- counts changes by people, to notice two at once
    changed_at   timestamptz not null default now()
);
create index schedules_due on schedules (next_run_at) where paused_at is null;

alter table jobs
    add column batch_id     uuid,
    add column schedule     text,                    -- name of the schedule that asked
    add column document_id  uuid,                    -- the order's document that it makes or reads
    add column copy_of      uuid,                    -- run again with other arguments: the job it was copied from
    add column error_group  text;                    -- same kind, class and wording but for numbers and names
-- Lists are walked from the newest id: an index per question ends in it. Kinds, queues and states are few, so one index
-- answers for them in any combination, place by place.
create index jobs_place on jobs (kind, queue, state, id desc);
create index jobs_batch on jobs (batch_id, state, id desc) where batch_id is not null;
create index jobs_schedule on jobs (schedule, id desc) where schedule is not null;
create index jobs_document on jobs (document_id, id desc) where document_id is not null;
create index jobs_requested_by on jobs (requested_by, state, id desc) where requested_by is not null;
create index jobs_error_group on jobs (error_group, state, id desc) include (order_id) where error_group is not null;
create index jobs_ended on jobs (finished_at) where finished_at is not null;
create index job_attempts_ended on job_attempts (finished_at) where finished_at is not null;

-- Failures with one cause have one group, whatever the numbers and names in their sentences.
create function error_group(kind text, class text, error text) returns text language sql immutable as $$
    select md5(concat_ws(chr(31), kind, class, regexp_replace(error, '"[^"]*"|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9]+', '#', 'g')))
$$;

-- The words of a job, for searching: its arguments and, once it failed, its error. Beside the row, so that moving a
-- job on does not rewrite them.
create table job_texts (
    job_id     uuid primary key,
    arguments  text not null,
    error      text not null default ''
) partition by range (job_id);
create table job_texts_default partition of job_texts default;
create index job_texts_search on job_texts using gin (arguments gin_trgm_ops, error gin_trgm_ops);

create or replace function ensure_job_months(months_ahead integer) returns void language plpgsql set timezone to 'UTC' as $$
declare
    first date := date_trunc('month', now())::date;
    month date;
    parent text;
begin
    foreach parent in array array['jobs', 'job_attempts', 'job_texts'] loop
        for i in 0..months_ahead loop
            month := first + make_interval(months => i);
            continue when to_regclass(format('%I', parent || '_' || to_char(month, 'YYYYMM'))) is not null;
            begin
                execute format('create table %I partition of %I for values from (%L) to (%L)',
                    parent || '_' || to_char(month, 'YYYYMM'), parent,
                    first_uuid_at(month::timestamptz), first_uuid_at((month + interval '1 month')::timestamptz));
            exception when check_violation then
                null; -- the default partition already has rows of this month and keeps them
            end;
        end loop;
    end loop;
end $$;
select ensure_job_months(3);

-- What a worker is and does, as it says with every heartbeat, and what it was told.
alter table workers
    add column concurrency        integer not null default 0,
    add column queues             text not null default '',    -- names it serves, separated by commas; empty: all
    add column rss_bytes          bigint not null default 0,
    add column redis              text not null default 'none' check (redis in ('up', 'away', 'none')),
    add column quiet_at           timestamptz,                  -- told to take no new work, but to stay
    add column stop_requested_at  timestamptz,                  -- told to finish and end
    add column told_by            bigint references users (id);

-- How much was done and how long it took, by minute (two days) and by hour (90 days), counted from the attempts.
-- Histogram bucket n counts times below 2^n ms; the last one holds everything longer.
create table job_figures (
    span        text not null check (span in ('minute', 'hour')),
    at          timestamptz not null,
    queue       text not null,
    kind        text not null,
    done        integer not null default 0,
    failed      integer not null default 0,
    crashed     integer not null default 0,
    waited_ms   integer[] not null default '{}',
    ran_ms      integer[] not null default '{}',
    primary key (span, at, queue, kind)
);
-- How deep a queue was, once a minute.
create table queue_depths (
    at              timestamptz not null,
    queue           text not null,
    waiting         integer not null,
    running         integer not null,
    oldest_seconds  integer not null,
    primary key (at, queue)
);

-- Something that somebody has to know. One open alert per cause and object.
create table alerts (
    id          bigint generated always as identity primary key,
    cause       text not null,                       -- 'no_worker', 'stalled', 'dead_jobs', …
    object      text not null default '',            -- queue, schedule or worker it is about
    text        text not null,
    raised_at   timestamptz not null default now(),
    seen_at     timestamptz,
    seen_by     bigint references users (id),
    cleared_at  timestamptz
);
create unique index alerts_open on alerts (cause, object) where cleared_at is null;
create index alerts_raised on alerts (raised_at desc);

-- Exactly the jobs that were on somebody's screen when they chose an action for many.
create table job_selections (
    id          uuid primary key,
    user_id     bigint not null references users (id),
    action      text not null,
    address     text not null,                       -- the list as it was, to go back to
    job_ids     uuid[] not null,
    created_at  timestamptz not null default now()
);

-- What people did to jobs, and what each job was before, so that it can be undone.
create table job_actions (
    id          uuid primary key,
    user_id     bigint not null references users (id),
    action      text not null,
    reason      text not null default '',
    created_at  timestamptz not null default now(),
    undone_at   timestamptz,
    undone_by   bigint references users (id)
);
create index job_actions_created on job_actions (created_at desc);
create table job_action_items (
    action_id   uuid not null references job_actions (id) on delete cascade,
    job_id      uuid not null,
    before      jsonb not null,                      -- state, run_at, priority, counts and error as they were
    touched_at  timestamptz not null,                -- the job's updated_at after the action: later means it moved on
    primary key (action_id, job_id)
);
create index job_action_items_job on job_action_items (job_id);

-- A filter with a name. The address is the state, so a view is an address.
create table saved_views (
    id          bigint generated always as identity primary key,
    user_id     bigint not null references users (id),
    page        text not null,                       -- 'jobs'
    name        text not null check (name <> ''),
    query       text not null,                       -- what follows the question mark
    is_shared   boolean not null default false,
    is_default  boolean not null default false,      -- opens when its owner asks for the page without a filter
    created_at  timestamptz not null default now()
);
create unique index saved_views_default on saved_views (user_id, page) where is_default;
create unique index saved_views_name on saved_views (user_id, page, lower(name));
