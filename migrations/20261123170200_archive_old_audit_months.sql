-- Months of the trail that have become old lie in the archive. They are read with the others and never deleted.
create schema archive;
create table archive.audit_log (
    seq          bigint not null,
    at           timestamptz not null,
    user_id      bigint,
    user_name    text not null,
    role         text not null,
    peer         text not null,
    request_id   text not null,
    action       text not null,
    noun         text not null,
    object_id    text not null,
    before       jsonb,
    after        jsonb,
    reason       text not null,
    success      boolean not null,
    session      text not null,
    primary key (at, seq)
) partition by range (at);
create index audit_log_object on archive.audit_log (noun, object_id, seq);
create index audit_log_seq on archive.audit_log (seq);
create index audit_log_person on archive.audit_log (user_id, seq);
create index audit_log_action on archive.audit_log (action, seq);
create index audit_log_refusals on archive.audit_log (seq) where not success;
create index audit_log_reasons on archive.audit_log (seq) where reason <> '';
create trigger audit_log_is_append_only before update or delete on archive.audit_log
    for each row execute function refuse_change();
create trigger audit_log_takes_nothing_new before insert on archive.audit_log
    for each row execute function refuse_change();
create trigger audit_log_is_never_emptied before truncate on archive.audit_log
    for each statement execute function refuse_change();

-- The whole trail, for pages, exports and the check of the chain.
create view audit_entries as
select seq, at, user_id, user_name, role, peer, session, request_id, action, noun, object_id, before, after, reason, success
from public.audit_log
union all
select seq, at, user_id, user_name, role, peer, session, request_id, action, noun, object_id, before, after, reason, success
from archive.audit_log;

-- Somebody (a recall, a lawsuit, an audit) needs a record as it is: nothing that belongs to it ages until it is lifted.
create table holds (
    id           bigint generated always as identity primary key,
    noun         text not null check (noun <> ''),
    object_id    text not null check (object_id <> ''),
    reason       text not null check (reason <> ''),
    placed_by    bigint not null references users (id),
    placed_at    timestamptz not null default now(),
    lifted_by    bigint references users (id),
    lifted_at    timestamptz,
    lift_reason  text not null default '',
    check ((lifted_at is null) = (lifted_by is null))
);
create unique index holds_in_force on holds (noun, object_id) where lifted_at is null;

-- Moves months that end before a time into the archive, the oldest first, and names them. A month with an entry of a
-- held record stays. The month that is written to stays by PostgreSQL's own clock, whatever the time asked for.
create function archive_audit_months(before timestamptz) returns text[] language plpgsql security definer
set search_path to pg_catalog, public, pg_temp set timezone to 'UTC' as $$
declare
    month record;
    is_held boolean;
    moved text[] := '{}';
begin
    for month in
        select c.relname::text as name, to_date(right(c.relname, 6), 'YYYYMM') as first
        from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'public.audit_log'::regclass and c.relname ~ '^audit_log_[0-9]{6}$'
          and to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month' <= least(before, date_trunc('month', now()))
        order by c.relname
    loop
        begin
            set local lock_timeout = '500ms';
            execute format('select exists (select from public.%I e join public.holds h
                on h.noun = e.noun and h.object_id = e.object_id where h.lifted_at is null)', month.name) into is_held;
            continue when is_held;
            execute format('alter table public.audit_log detach partition public.%I', month.name);
            execute format('alter table public.%I alter at drop default, alter peer drop default,
                alter request_id drop default, alter reason drop default, alter success drop default,
                alter session drop default', month.name);
            execute format('alter table public.%I set schema archive', month.name);
            execute format('alter table archive.audit_log attach partition archive.%I for values from (%L) to (%L)',
                month.name, month.first, month.first + interval '1 month');
            moved := moved || month.name;
        exception when lock_not_available then
            null; -- busy; there is another night
        end;
    end loop;
    return moved;
end $$;
revoke execute on function archive_audit_months(timestamptz) from public;
