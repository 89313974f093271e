-- What is deployed: functions, their versions, their secrets (sealed with a key that only the process has).
-- In a schema of the platform's own user, with a login of its own: `postgres` may become supabase_functions_admin, and the
-- project's SQL must not change what code runs with the project's keys.

do $$
begin
  if to_regrole('basalt_functions') is null then
    create role basalt_functions login noinherit;
  end if;
exception
  -- made by another database at this very moment
  when duplicate_object or unique_violation then null;
  when insufficient_privilege then
    raise notice 'role basalt_functions: not created (%)', sqlerrm;
end $$;

-- One row a project: counts every change, so that other nodes see that there was one.
create table basalt.function_states (
  ref text primary key,
  revision bigint not null default 1
);

create table basalt.functions (
  ref text not null,
  slug text not null check (slug ~ '^[A-Za-z][A-Za-z0-9_-]{0,63}$'),
  id uuid not null default gen_random_uuid(),
  name text not null,
  -- the one that is called; null while only uploaded
  version integer,
  last_version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (ref, slug)
);

create table basalt.function_versions (
  ref text not null,
  slug text not null,
  version integer not null,
  -- of its blob
  artifact text not null,
  sha256 text not null,
  size bigint not null,
  -- below the artifact's source/
  entrypoint text not null,
  import_map text,
  static_files text[] not null default '{}',
  kind text not null check (kind in ('javascript', 'wasm')),
  verify_jwt boolean not null,
  created_at timestamptz not null default now(),
  primary key (ref, slug, version),
  foreign key (ref, slug) references basalt.functions on delete cascade
);

create table basalt.function_secrets (
  ref text not null,
  name text not null,
  sealed text not null,
  updated_at timestamptz not null default now(),
  primary key (ref, name)
);

do $$
declare
  relation text;
begin
  foreach relation in array array['function_states', 'functions', 'function_versions', 'function_secrets'] loop
    execute format('revoke all on basalt.%I from public', relation);
    execute format('alter table basalt.%I enable row level security', relation);
    continue when to_regrole('basalt_functions') is null;
    execute format('grant select, insert, update, delete on basalt.%I to basalt_functions', relation);
    execute format('create policy registry on basalt.%I to basalt_functions using (true) with check (true)', relation);
  end loop;
  if to_regrole('basalt_functions') is not null then
    grant usage on schema basalt to basalt_functions;
  end if;
end $$;
