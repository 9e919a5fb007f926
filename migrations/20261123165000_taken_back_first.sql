-- Jobs whose worker died in the middle go before those that have not been started yet, however long the queue is.
create index jobs_taken_back on jobs (queue, priority, run_at) where state = 'retry' and error_class = 'crashed';
