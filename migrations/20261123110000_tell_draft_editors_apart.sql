-- Which open page saved a draft last, so that one person's quick second save is not mistaken for somebody else's.
alter table drafts add column editor uuid;
alter table drafts add column saved_by bigint references users (id);

-- Numbers offered to builds. Taken ones are skipped, so typing a number by hand needs no care.
create sequence build_number_offers start 20001;

create index documents_waiting on documents (draft_id) where removed_at is null and order_id is null;
