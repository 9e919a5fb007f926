-- How many orders stand at each stage, exact and free to read: kept with every change instead of counted on every page.
create table order_counts (
    stage   text primary key,
    orders  bigint not null default 0
);

create function count_orders() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into order_counts as c (stage, orders) select stage, count(*) from new_rows group by stage order by stage
        on conflict (stage) do update set orders = c.orders + excluded.orders;
    elsif tg_op = 'DELETE' then
        update order_counts c set orders = c.orders - gone.orders
        from (select stage, count(*) as orders from old_rows group by stage) gone where gone.stage = c.stage;
    else
        insert into order_counts as c (stage, orders)
        select stage, sum(change) from (
            select stage, 1 as change from new_rows union all select stage, -1 from old_rows
        ) moves group by stage having sum(change) <> 0 order by stage
        on conflict (stage) do update set orders = c.orders + excluded.orders;
    end if;
    return null;
end $$;

create trigger orders_counted_in after insert on orders
    referencing new table as new_rows for each statement execute function count_orders();
create trigger orders_counted_out after delete on orders
    referencing old table as old_rows for each statement execute function count_orders();
create trigger orders_counted_over after update on orders
    referencing new table as new_rows old table as old_rows for each statement execute function count_orders();

-- Orders in which a number or the customer's name matches. Each branch has its trigram index; one condition over
-- three tables could use none.
create function orders_matching(pattern text) returns setof bigint language sql stable as $$
    select id from orders where number ilike pattern
    union
    select id from orders where po_number ilike pattern
    union
    select o.id from customers c join orders o on o.customer_id = c.id where c.name ilike pattern
    union
    select order_id from builds where number ilike pattern
$$;
