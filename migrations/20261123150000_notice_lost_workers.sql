-- A worker whose process is gone is noticed by the others at once: it holds an advisory lock for as long as it lives.
alter table workers add column lost_at timestamptz;  -- when the others took its jobs back
