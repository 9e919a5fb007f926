-- Who did what to which record, kept with the change itself. Rows are written once and never touched again.
create table audit_log (
    seq          bigint generated always as identity,
    at           timestamptz not null default now(),
    user_id      bigint,
    user_name    text not null,
    role         text not null,
    peer         text not null default '',
    request_id   text not null default '',
    action       text not null check (action <> ''),
    noun         text not null check (noun <> ''),
    object_id    text not null,
    before       jsonb,
    after        jsonb,
    reason       text not null default '',
    success      boolean not null default true,
    primary key (at, seq)
) partition by range (at);
create index audit_log_object on audit_log (noun, object_id, seq);
create table audit_log_default partition of audit_log default;

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $$;
create trigger audit_log_is_append_only before update or delete on audit_log for each row execute function refuse_change();

-- Months of a partitioned table are made ahead; the default partition only catches what nobody prepared.
create function ensure_months(parent text, months_ahead integer) returns void language plpgsql set timezone to 'UTC' as $$
declare
    first date := date_trunc('month', now())::date;
    month date;
begin
    for i in 0..months_ahead loop
        month := first + make_interval(months => i);
        execute format('create table if not exists %I partition of %I for values from (%L) to (%L)',
            parent || '_' || to_char(month, 'YYYYMM'), parent, month, month + interval '1 month');
    end loop;
end $$;
