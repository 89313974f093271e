create schema basalt_control;
revoke all on schema basalt_control from public;

-- counts up over all projects: a ref that is given again after a purge begins behind where it ended
create sequence basalt_control.versions;

create table basalt_control.projects (
  ref text primary key check (ref ~ '^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$'),
  name text not null check (length(name) between 1 and 100),
  is_paused boolean not null default false,
  -- can be restored until it is purged
  deleted_at timestamptz,
  version bigint not null default nextval('basalt_control.versions'),
  -- sealed, each under its own label
  database_url text not null,
  config text not null,
  keys text not null,
  -- the cluster's system identifier and the database's oid: no two projects share a database
  database_identity text unique,
  kept_open boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- what a project's secrets are sealed with, itself sealed with the master key
create table basalt_control.data_keys (
  ref text primary key references basalt_control.projects on delete cascade,
  id uuid not null unique,
  wrapped text not null,
  wrapped_at timestamptz not null default now()
);

create function basalt_control.count_version() returns trigger language plpgsql set search_path = '' as $$
begin
  new.version := nextval('basalt_control.versions');
  new.updated_at := now();
  return new;
end $$;

create trigger count_version before update on basalt_control.projects
  for each row execute function basalt_control.count_version();

-- whatever changes a project, nodes hear of it
create function basalt_control.announce_project() returns trigger language plpgsql set search_path = '' as $$
begin
  perform pg_notify('basalt_control_projects', coalesce(new.ref, old.ref));
  return null;
end $$;

create trigger announce_project after insert or update or delete on basalt_control.projects
  for each row execute function basalt_control.announce_project();

create type basalt_control.operator_role as enum ('read-only', 'developer', 'admin', 'owner');

create table basalt_control.operators (
  id uuid primary key default gen_random_uuid(),
  email text not null check (length(email) between 3 and 255),
  -- Argon2id
  password_hash text not null,
  role basalt_control.operator_role not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  last_seen_at timestamptz
);

create unique index operators_email on basalt_control.operators (lower(email));

-- which projects operators below the owner see, and as what at most
create table basalt_control.members (
  ref text not null references basalt_control.projects on delete cascade,
  operator_id uuid not null references basalt_control.operators on delete cascade,
  role basalt_control.operator_role not null check (role <> 'owner'),
  created_at timestamptz not null default now(),
  primary key (ref, operator_id)
);

create index members_operator on basalt_control.members (operator_id);

-- sessions of operators, and tokens that programs use; the token itself is nowhere
create table basalt_control.sessions (
  id uuid primary key default gen_random_uuid(),
  operator_id uuid not null references basalt_control.operators on delete cascade,
  token_hash bytea not null unique,
  -- of a token for programs
  name text check (length(name) between 1 and 100),
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  last_used_at timestamptz
);

create index sessions_operator on basalt_control.sessions (operator_id);

-- failed sign-ins, by account and by address
create table basalt_control.attempts (
  subject text primary key,
  failures integer not null,
  until timestamptz not null
);

-- no references: what was done stays when who did it and what it was done to are gone
create table basalt_control.audit_log (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  actor text not null,
  address text,
  action text not null,
  ref text,
  detail jsonb not null default '{}'
);

create index audit_log_ref on basalt_control.audit_log (ref, id);

create table basalt_control.usage (
  ref text not null references basalt_control.projects on delete cascade,
  hour timestamptz not null,
  requests bigint not null default 0,
  errors bigint not null default 0,
  duration_ms double precision not null default 0,
  primary key (ref, hour)
);

-- of the fleet: where its projects are reached
create table basalt_control.settings (
  name text primary key,
  value text not null,
  updated_at timestamptz not null default now()
);
