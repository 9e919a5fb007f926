-- A check of the trail may go on where the last one ended, and says so; 0: from the first link.
alter table audit_checks add column since_seq bigint not null default 0;
create index audit_checks_whole on audit_checks (id) where since_seq = 0;
