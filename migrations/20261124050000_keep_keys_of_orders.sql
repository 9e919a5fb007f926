-- What there is only once in the whole order book (the order number, the PO number, the draft an order came from) and
-- what orders are looked up by stands in a table of its own, so that the book itself can be kept by month. Names of the
-- constraints are those of before: whoever tells people which number is taken knows it by the name.
create table order_keys (
    order_id     bigint primary key,
    number       text not null,
    po_number    text not null,
    po_key       text not null,
    customer_id  bigint not null,
    draft_id     bigint,
    constraint orders_number_key_next unique (number),
    constraint orders_po_key_key_next unique (po_key),
    constraint orders_draft_id_key_next unique (draft_id)
);

-- Kept with the order's row, whoever writes that and to whichever month; nobody writes them by hand.
create function keep_order_keys() returns trigger language plpgsql security definer
set search_path to pg_catalog, public, pg_temp as $$
begin
    if tg_op = 'INSERT' then
        insert into order_keys values (new.id, new.number, new.po_number, new.po_key, new.customer_id, new.draft_id);
    elsif tg_op = 'DELETE' then
        delete from order_keys where order_id = old.id;
    else
        update order_keys set order_id = new.id, number = new.number, po_number = new.po_number, po_key = new.po_key,
            customer_id = new.customer_id, draft_id = new.draft_id
        where order_id = old.id;
    end if;
    return null;
end $$;
create trigger orders_keep_keys_in after insert or delete on orders for each row execute function keep_order_keys();
create trigger orders_keep_keys_over after update on orders for each row
    when ((old.id, old.number, old.po_number, old.po_key, old.customer_id, old.draft_id)
        is distinct from (new.id, new.number, new.po_number, new.po_key, new.customer_id, new.draft_id))
    execute function keep_order_keys();

-- Ids so far were counted from 1. Those to come carry their time and are far above.
alter table orders add constraint orders_counted_ids check (id < 1099511627776) not valid;
