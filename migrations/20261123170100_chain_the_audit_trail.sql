-- Each entry of the trail is hashed together with the one before it, in the order of the commits. Whoever edits,
-- removes, slips in or re-orders an entry breaks the chain there; `models/src/audit/chain.rs` finds the place with a
-- computation of its own.
create table audit_chain (
    seq        bigint primary key,              -- 1, 2, 3 … without a gap
    entry_at   timestamptz not null,            -- with entry_seq: the entry in audit_log
    entry_seq  bigint not null unique,
    prev_hash  bytea not null,
    hash       bytea not null check (length(hash) = 32)
);

-- The last link once more, in a place of its own: a chain that was cut short no longer ends where this says.
create table audit_head (
    seq   bigint primary key,
    hash  bytea not null
) with (fillfactor = 10);
insert into audit_head values (0, decode(repeat('00', 32), 'hex'));

-- One field of a link: its length in bytes and the bytes, or the length -1 for nothing. No two entries give the same
-- bytes, whatever their texts hold.
create function audit_field(bytes bytea) returns bytea language sql immutable parallel safe as $$
    select case when bytes is null then int4send(-1) else int4send(length(bytes)) || bytes end
$$;
create function audit_field(words text) returns bytea language sql immutable parallel safe as $$
    select audit_field(convert_to(words, 'UTF8'))
$$;

-- Appends one entry. The lock is taken last in its transaction, when that commits, and kept for the moment until it
-- has; so the order of the chain is the order of the commits, and whoever waits here holds nothing others need.
-- Times go in as microseconds since 1970, JSON as PostgreSQL prints jsonb.
create function chain_audit(
    seq bigint, at timestamptz, user_id bigint, user_name text, role text, peer text, session text, request_id text,
    action text, noun text, object_id text, before jsonb, after jsonb, reason text, success boolean
) returns void language plpgsql security definer
set search_path to pg_catalog, public, pg_temp
set enable_seqscan to off -- audit_head has one row, and as many dead ones as the transaction has entries
as $$
declare
    place bigint;
    previous bytea;
    link bytea;
begin
    perform pg_advisory_xact_lock(hashtextextended('audit chain', 0));
    select c.seq, c.hash into place, previous from audit_chain c order by c.seq desc limit 1;
    place := coalesce(place, 0);
    previous := coalesce(previous, decode(repeat('00', 32), 'hex'));
    link := sha256(previous
        || audit_field(int8send(place + 1)) || audit_field(int8send(seq))
        || audit_field(int8send((extract(epoch from at) * 1000000)::bigint))
        || audit_field(int8send(user_id)) || audit_field(user_name) || audit_field(role) || audit_field(peer)
        || audit_field(session) || audit_field(request_id) || audit_field(action) || audit_field(noun)
        || audit_field(object_id) || audit_field(before::text) || audit_field(after::text) || audit_field(reason)
        || audit_field(case when success then '\x01'::bytea else '\x00'::bytea end));
    insert into audit_chain values (place + 1, at, seq, previous, link);
    -- A head that is not where the chain ends was tampered with, or the chain was: it stays as it is, to be found.
    update audit_head h set seq = place + 1, hash = link where h.seq = place;
end $$;
revoke execute on function chain_audit(bigint, timestamptz, bigint, text, text, text, text, text, text, text, text, jsonb, jsonb, text, boolean) from public;

create function chain_new_audit() returns trigger language plpgsql security definer
set search_path to pg_catalog, public, pg_temp as $$
begin
    perform chain_audit(new.seq, new.at, new.user_id, new.user_name, new.role, new.peer, new.session, new.request_id,
        new.action, new.noun, new.object_id, new.before, new.after, new.reason, new.success);
    return null;
end $$;

-- What was written before there was a chain.
do $$
declare
    entry record;
begin
    for entry in select * from audit_log order by seq loop
        perform chain_audit(entry.seq, entry.at, entry.user_id, entry.user_name, entry.role, entry.peer, entry.session,
            entry.request_id, entry.action, entry.noun, entry.object_id, entry.before, entry.after, entry.reason,
            entry.success);
    end loop;
end $$;

create constraint trigger audit_log_is_chained after insert on audit_log deferrable initially deferred
    for each row execute function chain_new_audit();

create trigger audit_chain_is_append_only before update or delete on audit_chain
    for each row execute function refuse_change();
create trigger audit_chain_is_never_emptied before truncate on audit_chain
    for each statement execute function refuse_change();
create trigger audit_head_stays before delete on audit_head for each row execute function refuse_change();
create trigger audit_head_is_never_emptied before truncate on audit_head
    for each statement execute function refuse_change();
create trigger audit_log_is_never_emptied before truncate on audit_log
    for each statement execute function refuse_change();

-- Months of the trail: made ahead, and each with what a month does not get from its parent.
create function ensure_audit_months(months_ahead integer) returns void language plpgsql security definer
set search_path to pg_catalog, public, pg_temp set timezone to 'UTC' as $$
declare
    first date := date_trunc('month', now())::date;
    month date;
    part text;
begin
    for i in 0..months_ahead loop
        month := first + make_interval(months => i);
        part := 'audit_log_' || to_char(month, 'YYYYMM');
        continue when to_regclass('public.' || part) is not null or to_regclass('archive.' || part) is not null;
        begin
            execute format('create table public.%I partition of public.audit_log for values from (%L) to (%L)',
                part, month, month + interval '1 month');
        exception when check_violation then
            null; -- the default partition already has entries of this month and keeps them
        end;
    end loop;
    for part in
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'public.audit_log'::regclass
            and not exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgname = 'is_never_emptied')
    loop
        execute format('create trigger is_never_emptied before truncate on public.%I
            for each statement execute function public.refuse_change()', part);
    end loop;
end $$;
revoke execute on function ensure_audit_months(integer) from public;
select ensure_audit_months(3);

-- What /audit asks: the newest first, of a person, of an action, refusals, and those with a reason.
create index audit_log_seq on audit_log (seq);
create index audit_log_person on audit_log (user_id, seq);
create index audit_log_action on audit_log (action, seq);
create index audit_log_refusals on audit_log (seq) where not success;
create index audit_log_reasons on audit_log (seq) where reason <> '';

-- What each check of the chain found; the newest says how the trail stands.
create table audit_checks (
    id          bigint generated always as identity primary key,
    checked_at  timestamptz not null default now(),
    took_ms     integer not null,
    entries     bigint not null,                -- links looked at
    head_seq    bigint not null,
    head_hash   bytea not null,
    finding     text not null default ''        -- the first bad entry as a sentence; empty when all is well
);
create trigger audit_checks_are_append_only before update or delete on audit_checks
    for each row execute function refuse_change();
