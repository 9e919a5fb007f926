-- Schedules say why they are paused; batches tell open pages how they move; an order's parts list is a document of it.
alter table schedules add column pause_reason text not null default '';

alter table documents drop constraint documents_kind_check;
alter table documents add constraint documents_kind_check check (kind in ('po_document', 'sink_drawing', 'parts_list'));

create index batches_created on batches (created_at desc);

create or replace function announce_job() returns trigger language plpgsql as $$
begin
    if new.state in ('queued', 'retry') and new.run_at <= now() then
        perform pg_notify('jobs', 'due:' || new.queue);
    elsif new.state = 'running' and new.cancel_requested then
        perform pg_notify('jobs', 'cancel:' || new.id);
    end if;
    perform pg_notify('changes', 'job:' || new.id);
    if new.build_id is not null then
        perform pg_notify('changes', 'build:' || new.build_id);
    end if;
    if new.batch_id is not null then
        perform pg_notify('changes', 'batch:' || new.batch_id);
    end if;
    return null;
end $$;
