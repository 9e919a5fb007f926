-- The worker looks for alerts, so it reads who used the emergency account; nothing else of the company account is its
-- business. Who somebody is at the provider, and each use of the emergency account, stays for good.
do $$
begin
    if to_regproc('worker_sources') is not null then
        execute format(
            'create or replace function worker_sources() returns text[] language sql immutable as $f$ select %L::text[] $f$',
            worker_sources() || array['emergency_uses']);
    end if;
    if to_regproc('lasting_tables') is not null then
        execute format(
            'create or replace function lasting_tables() returns text[] language sql immutable as $f$ select %L::text[] $f$',
            lasting_tables() || array['company_accounts', 'emergency_uses']);
    end if;
end $$;
