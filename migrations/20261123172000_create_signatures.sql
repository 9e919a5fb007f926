-- Who stands for which content, and with which meaning (21 CFR 11.50, 11.70). Written once, never touched again: a
-- correction is a new version of the record, and the old signature stays readable beside it.
create table signatures (
    id               bigint generated always as identity primary key,
    signed_at        timestamptz not null default now(),       -- the database's clock, whatever the browser says
    user_id          bigint not null references users (id),
    user_name        text not null check (user_name <> ''),    -- printed, as it was at the time
    role             text not null check (role <> ''),
    meaning          text not null check (meaning <> ''),      -- a word; the sentence stands in the program
    reason           text not null default '',
    noun             text not null check (noun <> ''),
    object_id        text not null check (object_id <> ''),    -- the number people say: a build, a family of rules
    record_id        bigint not null,                          -- the row of that noun
    record_version   integer not null check (record_version > 0),
    content_form     smallint not null,                        -- which canonical form was hashed
    content_hash     text not null check (content_hash ~ '^[0-9a-f]{64}$'),
    parts            jsonb not null,                           -- [[name, hash], …]: tells which part changed later
    session          text not null default '',
    peer             text not null default '',
    request_id       text not null default '',
    unique (noun, record_id, meaning)                          -- one signature per meaning and content
);
create index signatures_object on signatures (noun, object_id, id);
create index signatures_user on signatures (user_id, id);

create trigger signatures_are_append_only before update or delete on signatures
    for each row execute function refuse_change();
create trigger signatures_are_never_emptied before truncate on signatures
    for each statement execute function refuse_change();

-- What is signed stays as it was signed (21 CFR 11.70): only whether a BOM or a version of the rules is the one in
-- force may still change.
create function refuse_change_of_signed() returns trigger language plpgsql as $$
declare
    record bigint := (to_jsonb(old) ->> tg_argv[1])::bigint;
    still_free text[] := tg_argv[2]::text[];
begin
    if tg_op = 'UPDATE' and to_jsonb(old) - still_free = to_jsonb(new) - still_free then
        return new;
    end if;
    if exists (select from signatures where noun = tg_argv[0] and record_id = record) then
        raise exception '% % is signed and stays as it is', tg_argv[0], record using errcode = 'insufficient_privilege';
    end if;
    return case when tg_op = 'DELETE' then old else new end;
end $$;
create trigger signed_boms_stay before update or delete on boms
    for each row execute function refuse_change_of_signed('boms', 'id', '{is_active}');
create trigger signed_bom_contents_stay before update or delete on bom_contents
    for each row execute function refuse_change_of_signed('boms', 'bom_id', '{}');
create trigger signed_rules_stay before update or delete on bom_templates
    for each row execute function refuse_change_of_signed('rules', 'id', '{status}');

-- Lines, tables and choices may not join a signed version either, so inserting is asked too.
create function refuse_change_in_signed_rules() returns trigger language plpgsql as $$
declare
    templates bigint[] := array[case when tg_op <> 'DELETE' then new.template_id end, case when tg_op <> 'INSERT' then old.template_id end];
begin
    if exists (select from signatures where noun = 'rules' and record_id = any(templates)) then
        raise exception 'signed rules stay as they are' using errcode = 'insufficient_privilege';
    end if;
    return case when tg_op = 'DELETE' then old else new end;
end $$;
create trigger signed_rules_lines_stay before insert or update or delete on bom_template_items
    for each row execute function refuse_change_in_signed_rules();
create trigger signed_rules_tables_stay before insert or update or delete on bom_template_tables
    for each row execute function refuse_change_in_signed_rules();
-- Rows belong to a version through their table.
create function refuse_change_in_signed_tables() returns trigger language plpgsql as $$
declare
    tables integer[] := array[case when tg_op <> 'DELETE' then new.table_id end, case when tg_op <> 'INSERT' then old.table_id end];
begin
    if exists (select from bom_template_tables t join signatures s on s.noun = 'rules' and s.record_id = t.template_id
               where t.id = any(tables)) then
        raise exception 'a table of signed rules stays as it is' using errcode = 'insufficient_privilege';
    end if;
    return case when tg_op = 'DELETE' then old else new end;
end $$;
create trigger signed_rules_rows_stay before insert or update or delete on bom_template_table_rows
    for each row execute function refuse_change_in_signed_tables();
create trigger signed_rules_choices_stay before insert or update or delete on bom_template_choices
    for each row execute function refuse_change_in_signed_rules();

-- A BOM that procurement sent back, with what is wrong with it. Append-only like a signature.
create table bom_returns (
    id           bigint generated always as identity primary key,
    bom_id       bigint not null references boms (id),
    returned_at  timestamptz not null default now(),
    returned_by  bigint not null references users (id),
    comment      text not null check (comment <> '')
);
create index bom_returns_bom on bom_returns (bom_id, id);
create trigger bom_returns_are_append_only before update or delete on bom_returns
    for each row execute function refuse_change();
create trigger bom_returns_are_never_emptied before truncate on bom_returns
    for each statement execute function refuse_change();

-- The processes may add to it and read it, like signatures.
create or replace function append_only_tables() returns text[] language sql stable as $$
    select array['audit_log', 'audit_checks', 'signatures', 'bom_returns']
$$;
