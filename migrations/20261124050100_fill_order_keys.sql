-- The keys of the orders that were there before. Orders go on coming in meanwhile; theirs are kept already.
insert into order_keys select id, number, po_number, po_key, customer_id, draft_id from orders
on conflict (order_id) do nothing;
create index order_keys_customer on order_keys (customer_id, order_id desc);
create index order_keys_number_trgm on order_keys using gin (number gin_trgm_ops);
create index order_keys_po_trgm on order_keys using gin (po_number gin_trgm_ops);
alter table orders validate constraint orders_counted_ids;

-- Old months have no open order: asked for those, they are not read at all.
create index orders_open on orders (id desc) where stage not in ('shipped', 'delivered', 'cancelled');
create index orders_open_want on orders (want_on, id) where stage not in ('shipped', 'delivered', 'cancelled');
create index orders_number on orders (number);
