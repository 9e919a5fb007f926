-- The order book by month. Ids stay whole numbers, and those of new orders carry the second they were made in: a month
-- is a range of ids, one id is enough to find its month, and the order of ids is the order of entry. Seconds, not
-- milliseconds, so that an id fits into the whole numbers of JavaScript and JSON (2^53) until the year 2242.
set local lock_timeout = '10s';

create sequence order_ids as integer minvalue 0 maxvalue 1048575 start 0 cycle;

-- The first id an order can have at a time, for the bounds of months.
create function first_order_id_at(at timestamptz) returns bigint language sql immutable parallel safe as $$
    select floor(extract(epoch from at))::bigint << 20
$$;
create function order_id_at(at timestamptz) returns bigint language sql volatile as $$
    select first_order_id_at(at) | nextval('order_ids')
$$;
create function next_order_id() returns bigint language sql volatile as $$
    select (floor(extract(epoch from clock_timestamp()))::bigint << 20) | nextval('order_ids')
$$;

-- The book so far becomes the first part of the new one, as it lies: nothing is copied or read.
alter table builds drop constraint builds_order_id_fkey;
alter table order_history drop constraint order_history_order_id_fkey;
alter table documents drop constraint documents_order_id_fkey;
drop trigger orders_counted_in on orders;
drop trigger orders_counted_out on orders;
drop trigger orders_counted_over on orders;
drop trigger orders_keep_keys_in on orders;
drop trigger orders_keep_keys_over on orders;
alter table orders
    drop constraint orders_number_key, drop constraint orders_po_key_key, drop constraint orders_draft_id_key,
    alter id drop identity;
alter table orders rename to orders_first;
alter table orders_first rename constraint orders_pkey to orders_first_pkey;

create table orders (
    like orders_first including defaults including constraints,
    constraint orders_pkey primary key (id),
    constraint orders_draft_id_fkey foreign key (draft_id) references drafts (id),
    constraint orders_customer_id_fkey foreign key (customer_id) references customers (id),
    constraint orders_created_by_fkey foreign key (created_by) references users (id)
) partition by range (id);
alter table orders drop constraint orders_counted_ids, alter id set default next_order_id();
-- Every index as it was, for each month.
do $$
declare
    found record;
begin
    for found in
        select c.relname::text as name, pg_get_indexdef(c.oid) as made_by
        from pg_index i join pg_class c on c.oid = i.indexrelid
        where i.indrelid = 'orders_first'::regclass and not i.indisprimary
    loop
        execute format('alter index %I rename to %I', found.name, replace(found.name, 'orders_', 'orders_first_'));
        execute replace(found.made_by, 'orders_first', 'orders');
    end loop;
end $$;
alter table orders attach partition orders_first for values from (minvalue) to (1099511627776);
create table orders_default partition of orders default;

create trigger orders_counted_in after insert on orders
    referencing new table as new_rows for each statement execute function count_orders();
create trigger orders_counted_out after delete on orders
    referencing old table as old_rows for each statement execute function count_orders();
create trigger orders_counted_over after update on orders
    referencing new table as new_rows old table as old_rows for each statement execute function count_orders();
create trigger orders_keep_keys_in after insert or delete on orders for each row execute function keep_order_keys();
create trigger orders_keep_keys_over after update on orders for each row
    when ((old.id, old.number, old.po_number, old.po_key, old.customer_id, old.draft_id)
        is distinct from (new.id, new.number, new.po_number, new.po_key, new.customer_id, new.draft_id))
    execute function keep_order_keys();

alter table order_keys rename constraint orders_number_key_next to orders_number_key;
alter table order_keys rename constraint orders_po_key_key_next to orders_po_key_key;
alter table order_keys rename constraint orders_draft_id_key_next to orders_draft_id_key;

-- What belongs to an order names it as before; the rows there are compared in the next step, without stopping anybody.
alter table builds add constraint builds_order_id_fkey foreign key (order_id) references orders (id) not valid;
alter table order_history add constraint order_history_order_id_fkey foreign key (order_id) references orders (id) not valid;
alter table documents add constraint documents_order_id_fkey foreign key (order_id) references orders (id) not valid;

-- Whoever could work with the book goes on working with it.
do $$
declare
    allowed record;
begin
    for allowed in
        select a.grantee::regrole as who, string_agg(a.privilege_type, ', ') as what
        from pg_class c, aclexplode(c.relacl) a
        where c.oid = 'orders_first'::regclass and a.grantee <> c.relowner
        group by a.grantee
    loop
        execute format('grant %s on orders to %s', allowed.what, allowed.who);
        execute format('grant usage on sequence order_ids to %s', allowed.who);
        execute format('grant select on order_keys to %s', allowed.who);
        execute format('revoke all on orders_first from %s', allowed.who);
    end loop;
end $$;

-- One month of the book, when it is not there yet. Waits for nobody: there is another hour.
create function create_order_month(month date) returns void language plpgsql
set search_path to pg_catalog, public, pg_temp set timezone to 'UTC' as $$
declare
    part text := 'orders_' || to_char(month, 'YYYYMM');
begin
    if to_regclass('public.' || part) is not null or to_regclass('archive.' || part) is not null then
        return;
    end if;
    set local lock_timeout = '2s';
    execute format('create table public.%I partition of public.orders for values from (%s) to (%s)', part,
        first_order_id_at(date_trunc('month', month)::timestamptz),
        first_order_id_at((date_trunc('month', month) + interval '1 month')::timestamptz));
exception
    when check_violation then null; -- the default partition has orders of this month already and keeps them
    when lock_not_available then null;
end $$;
revoke execute on function create_order_month(date) from public;

create function ensure_order_months(months_ahead integer) returns void language plpgsql security definer
set search_path to pg_catalog, public, pg_temp set timezone to 'UTC' as $$
begin
    for i in 0..least(months_ahead, 36) loop
        perform create_order_month((date_trunc('month', now()) + make_interval(months => i))::date);
    end loop;
end $$;
revoke execute on function ensure_order_months(integer) from public;
select ensure_order_months(3);

-- Orders in which a number or the customer's name matches.
create or replace function orders_matching(pattern text) returns setof bigint language sql stable as $$
    select order_id from order_keys where number ilike pattern
    union
    select order_id from order_keys where po_number ilike pattern
    union
    select k.order_id from customers c join order_keys k on k.customer_id = c.id where c.name ilike pattern
    union
    select order_id from builds where number ilike pattern
$$;

-- What the two roles may do with it, said again with everything else at the end of every `app migrate`. Keys are kept by
-- the orders' own triggers and by nobody's hand; months are reached through the book.
create function grant_order_book() returns void language plpgsql set search_path to pg_catalog, public, pg_temp as $$
declare
    member text;
    part regclass;
begin
    for member in select rolname from pg_roles where rolname in ('torvan_web', 'torvan_worker') loop
        execute format('revoke insert, update, delete on order_keys from %I', member);
        execute format('grant select on order_keys to %I', member);
        for part in select relid from pg_partition_tree('orders') where isleaf loop
            execute format('revoke insert, update, delete, truncate, references, trigger on %s from %I', part, member);
        end loop;
        execute format('grant select on orders_default to %I', member);
    end loop;
    if exists (select from pg_roles where rolname = 'torvan_worker') then
        grant execute on function ensure_order_months(integer) to torvan_worker;
    end if;
end $$;
revoke execute on function grant_order_book() from public;
do $$
begin
    execute regexp_replace(pg_get_functiondef('grant_roles()'::regprocedure), 'end \$function\$\s*$',
        E'    perform grant_order_book();\nend $function$');
end $$;
do $$
begin
    execute format('create or replace function worker_sources() returns text[] language sql immutable as $f$ select %L::text[] $f$',
        worker_sources() || '{order_keys, orders_default}');
    execute format('create or replace function lasting_tables() returns text[] language sql immutable as $f$ select %L::text[] $f$',
        lasting_tables() || '{order_keys}');
end $$;
