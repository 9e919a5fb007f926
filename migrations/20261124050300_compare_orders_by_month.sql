-- Every build, step and document names an order of the book, as before.
alter table builds validate constraint builds_order_id_fkey;
alter table order_history validate constraint order_history_order_id_fkey;
alter table documents validate constraint documents_order_id_fkey;
-- The months are looked after one by one; the book as a whole only here and every night.
analyze orders;
