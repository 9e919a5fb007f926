-- The two processes work as roles of their own that own nothing: `torvan_web` and `torvan_worker`. What they may do is
-- said here alone, and said again at the end of every `app migrate`, for tables that came since.

-- Tables that are only ever added to, with their months.
create function append_only_tables() returns text[] language sql stable as $$
    select array['audit_log', 'audit_checks', 'signatures']
$$;

-- What changes the shape of the database on behalf of a process does one thing, as the owner, by fixed names.
alter function ensure_months(text, integer) set search_path to pg_catalog, public, pg_temp;
alter function ensure_job_months(integer) security definer set search_path to pg_catalog, public, pg_temp;
alter function drop_empty_job_months(timestamptz) security definer set search_path to pg_catalog, public, pg_temp;

create function grant_roles() returns void language plpgsql set search_path to pg_catalog, public, pg_temp as $$
declare
    roles text[] := array(select rolname::text from pg_roles where rolname in ('torvan_web', 'torvan_worker'));
    member text;
    part regclass;
begin
    revoke create on schema public from public;
    foreach member in array roles loop
        execute format('grant usage on schema public, archive to %I', member);
        execute format('grant select, insert, update, delete on all tables in schema public to %I', member);
        execute format('grant select on all tables in schema archive to %I', member);
        execute format('grant usage, select on all sequences in schema public to %I', member);
        execute format('revoke insert, update, delete on _sqlx_migrations from %I', member);
        execute format('revoke insert, update, delete on audit_chain, audit_head, audit_entries from %I', member);
        -- Their months too: whoever names a month would pass by the rights of the whole.
        for part in
            select t.relid from unnest(append_only_tables()) as name, pg_partition_tree(to_regclass(name)) as t
            union select to_regclass(name) from unnest(append_only_tables()) as name where to_regclass(name) is not null
        loop
            execute format('revoke insert, update, delete, truncate, references, trigger on %s from %I', part, member);
        end loop;
        for part in
            select to_regclass(name) from unnest(append_only_tables()) as name where to_regclass(name) is not null
        loop
            -- Sequence and time come from the database.
            execute format('grant insert (%s) on %s to %I', (
                select string_agg(quote_ident(attname), ', ') from pg_attribute
                where attrelid = part and attnum > 0 and not attisdropped and attname not in ('at', 'signed_at', 'checked_at')
                  and attidentity = ''
            ), part, member);
        end loop;
    end loop;
    if 'torvan_worker' = any(roles) then
        -- Nobody logs in at the worker.
        revoke all on users from torvan_worker;
        grant select (id, email, name, initials, role, is_active) on users to torvan_worker;
        revoke all on sessions from torvan_worker;
        revoke insert, update, delete on holds from torvan_worker;
        grant execute on function ensure_audit_months(integer), ensure_job_months(integer),
            drop_empty_job_months(timestamptz), archive_audit_months(timestamptz) to torvan_worker;
    end if;
    revoke execute on function ensure_job_months(integer), drop_empty_job_months(timestamptz) from public;
end $$;
revoke execute on function grant_roles() from public;
