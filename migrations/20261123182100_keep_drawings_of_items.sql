-- Drawings that belong to an item of the catalogue whatever order it is in.
alter table documents add column item_id integer references items (id);
alter table documents drop constraint documents_check;
alter table documents add constraint documents_belong_somewhere
    check (draft_id is not null or order_id is not null or item_id is not null);
alter table documents drop constraint documents_kind_check;
alter table documents add constraint documents_kind_check
    check (kind in ('po_document', 'sink_drawing', 'parts_list', 'item_drawing') and (kind = 'item_drawing') = (item_id is not null));
create index documents_item on documents (item_id) where item_id is not null;
