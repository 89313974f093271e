-- How many jobs of a repository wait is asked with each push; those that ended stay for 90 days.
create index idx_indexing_jobs_waiting on public.indexing_jobs (repository_id) where status = 'queued';
