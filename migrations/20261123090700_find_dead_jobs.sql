-- Today names the BOMs that could not be made; there are few dead jobs among many.
create index jobs_dead on jobs (build_id, id desc) where state = 'dead';
