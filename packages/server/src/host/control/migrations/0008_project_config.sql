-- What was set at run time over a project's config.toml: the tree as it was sent, secrets included.
-- No API role may see it. `postgres`, who owns the project and may read all data on Supabase too, can.

create table basalt.project_config (
  ref text primary key,
  overrides jsonb not null default '{}',
  updated_at timestamptz not null default now()
);

revoke all on schema basalt from public;
revoke all on basalt.project_config from public;
alter table basalt.project_config enable row level security;
