-- What people saw when they chose an action, what it left alone and why, and where its answer leads back to.

-- A job's updated_at as it was on the screen, in the order of job_ids: another one means that it moved on.
alter table job_selections add column seen_at timestamptz[] not null default '{}';

alter table job_actions
    add column detail   text not null default '',    -- "to 24 Nov 2026 06:00", "Urgent"
    add column address  text not null default '';    -- the list or page it was done from
alter table job_action_items add column not_undone text;  -- why an undo left this one as it is

create table job_action_left (
    action_id  uuid not null references job_actions (id) on delete cascade,
    job_id     uuid not null,
    why        text not null check (why <> ''),
    primary key (action_id, job_id)
);

create index jobs_copy_of on jobs (copy_of) where copy_of is not null;
