-- One stretch of generated jobs, for judging the job pages at a million rows. No random numbers: every value comes from
-- the row's own number, so two machines hold the same rows. Expects the settings demo.first, demo.last (numbers of the
-- stretch), demo.jobs (how many in all) and demo.until (time of the newest).

create temporary table demo_jobs on commit drop as
select n, at,
       (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0') || '8'
           || substr(md5('job' || n), 1, 15))::uuid as id,
       case when n % 10 < 7 then 'generate_bom' when n % 10 = 7 then 'parts_list' when n % 10 = 8 then 'replay_golden'
            when n % 20 = 9 then 'tidy_files' else 'age_ledger' end as kind,
       case when n % 1000 < 958 then 'done' when n % 1000 < 980 then 'dead' when n % 1000 < 983 then 'cancelled'
            when n % 1000 < 988 then 'discarded' when n % 1000 < 995 then 'queued' when n % 1000 < 999 then 'retry'
            when n % 50000 = 999 then 'running' else 'done' end as state,
       build.id as build_id, build.order_id, person.id as requested_by
from generate_series(current_setting('demo.first')::integer, current_setting('demo.last')::integer) n
cross join lateral (
    select current_setting('demo.until')::timestamptz
        - make_interval(secs => (current_setting('demo.jobs')::integer - n) * 5) as at
) clock
left join lateral (
    select b.id, b.order_id from builds b
    where b.id >= (n * 7919::bigint) % (select greatest(max(id), 1) from builds) order by b.id limit 1
) build on n % 10 < 8
left join lateral (
    select u.id from users u where u.id >= (n * 31::bigint) % (select greatest(max(id), 1) from users) order by u.id limit 1
) person on n % 10 < 8;

insert into jobs (id, kind, payload, queue, priority, state, attempt, error_count, run_at, lease_token, lease_until, worker,
                  result, error_class, error_text, error_group, order_id, build_id, batch_id, schedule, requested_by,
                  trace_id, created_at, started_at, finished_at, updated_at)
select id, kind, jsonb_strip_nulls(jsonb_build_object('kind', kind, 'build_id',
           case when kind = 'generate_bom' then coalesce(build_id, n) end,
           'order_id', case when kind = 'parts_list' then coalesce(order_id, n) end)),
       case kind when 'generate_bom' then 'boms' when 'parts_list' then 'reports' else 'upkeep' end,
       case when n % 40 = 0 then 10 else 0 end, state,
       case state when 'queued' then 0 when 'dead' then 5 when 'discarded' then 5 when 'retry' then 2 else 1 end,
       case state when 'dead' then 5 when 'discarded' then 5 when 'retry' then 2 else 0 end,
       case when state in ('queued', 'retry') then now() + make_interval(days => 1, secs => n % 86400) else at end,
       case when state = 'running' then gen_random_uuid() end,
       case when state = 'running' then now() + interval '1 day' end,
       case when state <> 'queued' then 'worker-' || n % 3 end,
       case when state = 'done' then 'bom:' || n end,
       error.class, error.text, case when error.text is not null then error_group(kind, error.class, error.text) end,
       order_id, build_id,
       case when kind = 'generate_bom' and n % 20000 < 1000 then md5('batch' || n / 20000)::uuid end,
       case when kind in ('tidy_files', 'age_ledger', 'replay_golden') then kind end,
       requested_by, 'demo-' || n, at,
       case when state <> 'queued' then at + make_interval(secs => 0.2 + n % 7) end,
       case when state in ('done', 'dead', 'cancelled', 'discarded') then at + make_interval(secs => 0.5 + n % 7 + n % 11) end,
       at + make_interval(secs => 1 + n % 7 + n % 11)
from demo_jobs
left join lateral (
    select (array['timeout', 'catalogue', 'database', 'file_store', 'catalogue', 'rules'])[1 + n / 1000 % 6] as class,
           (array['The job took longer than 60 s.',
                  'Part T2-BODY-' || n % 97 || ' is not in catalogue revision ' || n % 14 || '.',
                  'The database did not answer in ' || n % 9 || ' s.',
                  'The file store did not answer in 30 s: "orders/' || n || '.csv".',
                  'Assembly "T2-CTRL-' || n % 31 || '" contains itself.',
                  'Rule ' || n % 40 || ' divides by zero for a sink ' || n % 120 || ' in long.'])[1 + n / 1000 % 6] as text
) error on state in ('dead', 'discarded', 'retry');

insert into job_texts (job_id, arguments, error)
select id, payload::text, coalesce(error_text, '') from jobs where id in (select id from demo_jobs);

insert into job_attempts (job_id, attempt, worker, started_at, finished_at, outcome, error_class, error_text)
select id, attempt, worker, started_at, finished_at,
       case state when 'done' then 'done' when 'running' then 'running' when 'cancelled' then 'cancelled' else 'failed' end,
       error_class, error_text
from jobs where id in (select id from demo_jobs) and attempt > 0;

insert into batches (id, title, total, requested_by, created_at)
select batch_id, 'Regenerate BOMs, part ' || row_number() over (order by min(created_at)), count(*), min(requested_by), min(created_at)
from jobs where id in (select id from demo_jobs) and batch_id is not null group by batch_id
on conflict (id) do update set total = batches.total + excluded.total;
