-- Finished jobs that belong to no order, build or document leave the ledger in time; the others stay as long as their
-- records do, and must not be in the way of finding the first.
create index jobs_leaving on jobs (finished_at)
    where finished_at is not null and order_id is null and build_id is null and document_id is null;

-- Drops the months of the ledger that lie wholly before a day and hold nothing any more. By PostgreSQL's own clock as
-- well, so that nobody else's can drop the month that is written to.
create function drop_empty_job_months(before timestamptz) returns text[] language plpgsql set timezone to 'UTC' as $$
declare
    month record;
    is_empty boolean;
    dropped text[] := '{}';
begin
    for month in
        select child.relname as name
        from pg_inherits i join pg_class child on child.oid = i.inhrelid join pg_class parent on parent.oid = i.inhparent
        where parent.relname in ('jobs', 'job_attempts', 'job_texts') and child.relname ~ '_[0-9]{6}$'
          and to_date(right(child.relname, 6), 'YYYYMM') + interval '1 month' < least(before, now())
        order by child.relname
    loop
        begin
            set local lock_timeout = '500ms';
            execute format('lock table %I in access exclusive mode', month.name);
            execute format('select not exists (select from %I)', month.name) into is_empty;
            if is_empty then
                execute format('drop table %I', month.name);
                dropped := dropped || month.name::text;
            end if;
        exception when lock_not_available then
            null; -- busy; there is another night
        end;
    end loop;
    return dropped;
end $$;
