-- The lines of a BOM are written once, together, and read together: one row per BOM, a column per array, in print
-- order. Ten thousand rows cost ten times as much to write, most of it for their heads and their index.
create table bom_contents (
    bom_id             bigint primary key references boms (id),
    levels             smallint[] not null,
    item_ids           integer[] not null,
    quantities         bigint[] not null,                      -- extended, in millionths of a piece
    template_item_ids  integer[] not null,                     -- of lines that the rules chose; ends with the last of them
    reasons            text[] not null,                        -- the rule in plain words, as far as template_item_ids
    notes              text[] not null,
    check (cardinality(levels) = cardinality(item_ids) and cardinality(levels) = cardinality(quantities)
        and cardinality(template_item_ids) <= cardinality(levels)
        and cardinality(template_item_ids) = cardinality(reasons) and cardinality(reasons) = cardinality(notes))
);
-- Packing them takes longer than writing them.
alter table bom_contents
    alter column levels set storage external,
    alter column item_ids set storage external,
    alter column quantities set storage external;

insert into bom_contents
select bom_id, array_agg(level order by line), array_agg(item_id order by line),
       array_agg((quantity * 1000000)::bigint order by line), array_agg(template_item_id order by line),
       array_agg(reason order by line), array_agg(note order by line)
from bom_lines
group by bom_id;

-- As a table, for reports and people. The line above a line is the last one before it whose level is one less.
drop table bom_lines;
create view bom_lines as
select bom_id, given.line::integer as line, given.level, given.item_id,
       (given.millionths * 0.000001)::numeric(24, 6) as quantity, given.template_item_id, given.reason, given.note
from bom_contents,
     unnest(levels, item_ids, quantities, template_item_ids, reasons, notes)
         with ordinality as given (level, item_id, millionths, template_item_id, reason, note, line);
