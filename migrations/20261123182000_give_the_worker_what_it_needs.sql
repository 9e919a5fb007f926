-- The worker gets the tables of its work by name and nothing else: a table that comes later is closed to it until it is
-- named here. Accounts and what opens them are no work of its. The web process deletes only what pages forget.

-- What the worker reads and writes.
create function worker_tables() returns text[] language sql immutable as $$
    select array[
        'orders', 'builds', 'order_history', 'order_counts', 'documents', 'boms', 'bom_contents', 'bom_lines',
        'jobs', 'job_locks', 'job_attempts', 'job_texts', 'job_figures', 'job_selections', 'job_actions',
        'job_action_items', 'job_action_left', 'workers', 'queues', 'batches', 'schedules', 'queue_depths', 'alerts',
        -- Parts made to measure get their numbers when a BOM is made.
        'items', 'custom_items'
    ]
$$;

-- What it only reads.
create function worker_sources() returns text[] language sql immutable as $$
    select array[
        '_sqlx_migrations', 'settings', 'customers', 'drafts', 'order_numbers', 'item_costs',
        'catalogue_revisions', 'catalogue_categories', 'catalogue_items', 'catalogue_components',
        'catalogue_placements', 'catalogue_defects', 'bom_templates', 'bom_template_items', 'bom_template_tables',
        'bom_template_table_rows', 'bom_template_choices', 'golden_cases', 'bom_returns', 'signatures', 'holds',
        'backup_runs', 'emergency_uses', 'audit_log', 'audit_checks', 'audit_chain', 'audit_head', 'audit_entries',
        -- Anything in these says that a month is missing.
        'jobs_default', 'job_attempts_default', 'job_texts_default', 'audit_log_default'
    ]
$$;

-- Rows that the web process keeps for good: what they stood for ends by a mark, never by a gap.
create function lasting_tables() returns text[] language sql immutable as $$
    select array[
        'users', 'sessions', 'account_links', 'second_factors', 'company_accounts', 'emergency_uses', 'stations', 'badges',
        'pins', 'settings', 'holds',
        'orders', 'builds', 'order_history', 'order_numbers', 'customers', 'documents', 'drafts', 'boms',
        'bom_contents', 'bom_returns', 'items', 'custom_items', 'catalogue_revisions', 'catalogue_categories',
        'catalogue_items', 'catalogue_components', 'catalogue_placements', 'catalogue_defects', 'bom_templates',
        'golden_cases', 'jobs', 'job_attempts', 'job_texts', 'job_actions', 'job_action_items', 'job_action_left',
        'schedules', 'queues', 'batches', 'alerts', 'workers', 'backup_runs'
    ]
$$;

create or replace function grant_roles() returns void language plpgsql set search_path to pg_catalog, public, pg_temp as $$
declare
    roles text[] := array(select rolname::text from pg_roles where rolname in ('torvan_web', 'torvan_worker'));
    member text;
    named text;
    part regclass;
begin
    revoke create on schema public from public;
    foreach member in array roles loop
        execute format('grant usage on schema public, archive to %I', member);
        execute format('grant select on all tables in schema archive to %I', member);
        execute format('grant usage, select on all sequences in schema public to %I', member);
    end loop;
    if 'torvan_web' = any(roles) then
        grant select, insert, update, delete on all tables in schema public to torvan_web;
        revoke insert, update, delete on _sqlx_migrations from torvan_web;
        foreach named in array lasting_tables() loop
            -- Their months too.
            for part in select t.relid from pg_partition_tree(to_regclass(named)) as t union select to_regclass(named) loop
                execute format('revoke delete on %s from torvan_web', part);
            end loop;
        end loop;
        -- Counted by the worker alone.
        revoke insert, update, delete on job_figures, queue_depths from torvan_web;
    end if;
    if 'torvan_worker' = any(roles) then
        revoke all on all tables in schema public from torvan_worker;
        foreach named in array worker_tables() loop
            execute format('grant select, insert, update, delete on %I to torvan_worker', named);
        end loop;
        foreach named in array worker_sources() loop
            execute format('grant select on %I to torvan_worker', named);
        end loop;
        -- Nobody logs in at the worker.
        grant select (id, email, name, initials, role, is_active) on users to torvan_worker;
        grant execute on function ensure_audit_months(integer), ensure_job_months(integer),
            drop_empty_job_months(timestamptz), archive_audit_months(timestamptz) to torvan_worker;
    end if;
    foreach member in array roles loop
        execute format('revoke insert, update, delete on audit_chain, audit_head, audit_entries from %I', member);
        -- Their months too: whoever names a month would pass by the rights of the whole.
        for part in
            select t.relid from unnest(append_only_tables()) as name, pg_partition_tree(to_regclass(name)) as t
            union select to_regclass(name) from unnest(append_only_tables()) as name where to_regclass(name) is not null
        loop
            execute format('revoke insert, update, delete, truncate, references, trigger on %s from %I', part, member);
        end loop;
        for named in
            select name from unnest(append_only_tables()) as name
            where to_regclass(name) is not null and (member = 'torvan_web' or name <> 'signatures')
        loop
            -- Sequence and time come from the database.
            execute format('grant insert (%s) on %I to %I', (
                select string_agg(quote_ident(attname), ', ') from pg_attribute
                where attrelid = to_regclass(named) and attnum > 0 and not attisdropped
                  and attname not in ('at', 'signed_at', 'checked_at') and attidentity = ''
            ), named, member);
        end loop;
    end loop;
    revoke execute on function ensure_job_months(integer), drop_empty_job_months(timestamptz) from public;
end $$;
