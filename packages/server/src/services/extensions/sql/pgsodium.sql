-- pgsodium: by name only.
set local search_path = pg_catalog, pg_temp;

create type pgsodium.key_status as enum ('default', 'valid', 'invalid', 'expired');
create type pgsodium.key_type as enum ('aead-ietf', 'aead-det', 'hmacsha512', 'hmacsha256', 'auth', 'shorthash', 'generichash', 'kdf', 'secretbox', 'secretstream', 'stream_xchacha20');
create table pgsodium.key (
  id uuid primary key default gen_random_uuid(),
  status pgsodium.key_status default 'valid',
  created timestamptz not null default current_timestamp,
  expires timestamptz,
  key_type pgsodium.key_type,
  key_id bigint,
  key_context bytea default '\x7067736f6469756d',
  name text unique,
  associated_data text default 'associated',
  raw_key bytea,
  raw_key_nonce bytea,
  parent_key uuid references pgsodium.key (id),
  comment text,
  user_data text
);
create view pgsodium.valid_key as
  select id, name, status, key_type, key_id, key_context, created, expires, associated_data
  from pgsodium.key
  where status in ('valid', 'default') and (expires is null or expires > now());
do $$
begin
  if to_regrole('postgres') is not null then
    grant usage on schema pgsodium to postgres with grant option;
    grant select on pgsodium.key, pgsodium.valid_key to postgres with grant option;
  end if;
end $$;

set local client_min_messages = notice;
do $$ begin
  raise notice 'pgsodium: by name only. No function of libsodium is there, and its tables of keys are empty; secrets are kept by supabase_vault.';
end $$;
