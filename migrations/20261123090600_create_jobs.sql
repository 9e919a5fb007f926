-- The job ledger: a row is the record of the work and the outbox that asks for it. Redis only carries ids.
-- Ids are version 7 UUIDs, so a month is a range of ids and one id is enough to find its partition.
create table jobs (
    id                uuid primary key,
    kind              text not null,
    payload_version   smallint not null default 1,
    payload           jsonb not null,
    queue             text not null default 'default',
    priority          smallint not null default 0,
    state             text not null default 'queued' check (state in ('queued', 'running', 'retry', 'done', 'cancelled', 'dead', 'discarded')),
    attempt           smallint not null default 0,      -- how often it was started; a start given back counts here only
    error_count       smallint not null default 0,      -- dead at max_attempts
    crash_count       smallint not null default 0,      -- leases that ran out; dead at three
    max_attempts      smallint not null default 5,
    run_at            timestamptz not null default now(),
    lease_token       uuid,
    lease_until       timestamptz,
    worker            text,
    dedupe_key        text,
    cancel_requested  boolean not null default false,
    progress_done     integer not null default 0,
    progress_total    integer not null default 0,
    progress_text     text not null default '',
    result            text,
    error_class       text,
    error_text        text,
    order_id          bigint,
    build_id          bigint,
    requested_by      bigint,
    trace_id          text not null default '',
    dispatched_at     timestamptz,                      -- when its id was last put into Redis
    unknown_since     timestamptz,                      -- when a worker first met it that could not read it
    created_at        timestamptz not null default now(),
    started_at        timestamptz,
    finished_at       timestamptz,
    updated_at        timestamptz not null default now()
) partition by range (id);
create table jobs_default partition of jobs default;
create index jobs_due on jobs (queue, priority, run_at, id) where state in ('queued', 'retry');
create index jobs_undispatched on jobs (queue, priority, run_at, id) where state in ('queued', 'retry') and dispatched_at is null;
create index jobs_dispatched on jobs (queue, dispatched_at) where state in ('queued', 'retry') and dispatched_at is not null;
create index jobs_leases on jobs (lease_until) where state = 'running';
create index jobs_build on jobs (build_id, id desc) where build_id is not null;
create index jobs_order on jobs (order_id, id desc) where order_id is not null;

-- At most one live job per kind and key; the row goes when its job ends, however it ends (trigger below).
create table job_locks (
    kind    text not null,
    key     text not null,
    job_id  uuid not null,
    primary key (kind, key)
);

create table job_attempts (
    job_id       uuid not null,
    attempt      smallint not null,
    worker       text not null,
    started_at   timestamptz not null default now(),
    finished_at  timestamptz,
    outcome      text not null default 'running'
                 check (outcome in ('running', 'done', 'failed', 'crashed', 'cancelled', 'given_back')),
    error_class  text,
    error_text   text,
    log          text not null default '',
    primary key (job_id, attempt)
) partition by range (job_id);
create table job_attempts_default partition of job_attempts default;

create table workers (
    id            text primary key,
    host          text not null,
    pid           integer not null,
    version       text not null,
    started_at    timestamptz not null default now(),
    last_seen_at  timestamptz not null default now(),
    last_poll_at  timestamptz,
    stopping_at   timestamptz
);

-- The first id a version 7 UUID can have at a time, for partition bounds.
create function first_uuid_at(at timestamptz) returns uuid language sql immutable as $$
    select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid
$$;
create function ensure_job_months(months_ahead integer) returns void language plpgsql set timezone to 'UTC' as $$
declare
    first date := date_trunc('month', now())::date;
    month date;
    parent text;
begin
    foreach parent in array array['jobs', 'job_attempts'] loop
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

-- What changed, for whoever is looking: fixed words and ids only. `changes` is what /events sends on; `jobs` is what
-- workers listen to: there is work in a queue, or somebody wants a running job to stop.
create function announce_job() returns trigger language plpgsql as $$
begin
    if new.state in ('queued', 'retry') and new.run_at <= now() then
        perform pg_notify('jobs', 'due:' || new.queue);
    elsif new.state = 'running' and new.cancel_requested then
        perform pg_notify('jobs', 'cancel:' || new.id);
    end if;
    perform pg_notify('changes', 'job:' || new.id);
    if new.build_id is not null then
        perform pg_notify('changes', 'build:' || new.build_id);
    end if;
    return null;
end $$;
create trigger jobs_announce_new after insert on jobs for each row execute function announce_job();
create trigger jobs_announce_change after update on jobs for each row
    when (old.state <> new.state or old.run_at <> new.run_at or old.cancel_requested <> new.cancel_requested
        or old.progress_done <> new.progress_done or old.progress_total <> new.progress_total
        or old.progress_text <> new.progress_text)
    execute function announce_job();

create function unlock_ended_job() returns trigger language plpgsql as $$
begin
    delete from job_locks where kind = new.kind and key = new.dedupe_key and job_id = new.id;
    return null;
end $$;
create trigger jobs_unlock after update on jobs for each row
    when (new.dedupe_key is not null and old.state in ('queued', 'running', 'retry')
        and new.state not in ('queued', 'running', 'retry'))
    execute function unlock_ended_job();

-- A form's key, so that a retry of a lost answer finds what the first try made.
create table request_keys (
    user_id     bigint not null references users (id),
    key         text not null check (length(key) between 8 and 80),
    body_hash   text not null,
    location    text not null,
    created_at  timestamptz not null default now(),
    primary key (user_id, key)
);
