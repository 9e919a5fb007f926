-- In which of a person's sessions something was done: the start of the hash of the session's own key, never the token.
alter table audit_log add column session text not null default '';
