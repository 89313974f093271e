-- supabase_vault: secrets, encrypted and authenticated under a key that lies in a file of the server, not in a table.
set local search_path = pg_catalog, pg_temp;

-- pgcrypto's, from its library: pgcrypto need not be installed, and nobody can put another in its place.
create function vault.basalt_encrypt(bytea, bytea, bytea, text) returns bytea
  language c immutable strict parallel safe as '$libdir/pgcrypto', 'pg_encrypt_iv';
create function vault.basalt_decrypt(bytea, bytea, bytea, text) returns bytea
  language c immutable strict parallel safe as '$libdir/pgcrypto', 'pg_decrypt_iv';
create function vault.basalt_hmac(bytea, bytea, text) returns bytea
  language c immutable strict parallel safe as '$libdir/pgcrypto', 'pg_hmac';
create function vault.basalt_random(int4) returns bytea
  language c volatile strict parallel safe as '$libdir/pgcrypto', 'pg_random_bytes';

-- The key of `purpose`, from the root key: 64 hexadecimal digits in pgsql_tmp.vault.key in the data folder, which the superuser and
-- members of pg_read_server_files may read. Made and placed by whoever starts Postgres.
create function vault.basalt_key(purpose text, key_id int8, context bytea) returns bytea
  language plpgsql stable strict set search_path = pg_catalog, pg_temp
as $$
declare
  digits text := regexp_replace(coalesce(pg_read_file('pgsql_tmp.vault.key', 0, 1000, true), ''), '\s', '', 'g');
begin
  if digits !~ '^[0-9a-fA-F]{64}$' then
    raise exception 'supabase_vault: the key of this server is missing' using errcode = '55000',
      detail = 'pgsql_tmp.vault.key in the data folder must hold 64 hexadecimal digits.',
      hint = 'Put the file back that was there when the secrets were written, or set db.root_key.';
  end if;
  return vault.basalt_hmac(convert_to(purpose || ':' || key_id || ':' || encode(context, 'hex'), 'utf8'), decode(digits, 'hex'), 'sha256');
end $$;

-- The parts one after the other, each with its length before it: no two lists give the same bytes.
create function vault.basalt_join(variadic parts bytea[]) returns bytea
  language sql immutable parallel safe
  return (select string_agg(int4send(octet_length(coalesce(part, ''::bytea))) || coalesce(part, ''::bytea), ''::bytea order by place)
    from unnest(parts) with ordinality as given (part, place));

-- initialisation vector (16) || AES-256-CBC || HMAC-SHA-256 (32) over everything. The vector is an HMAC of what is
-- encrypted: a nonce used twice tells at most that two secrets are the same.
create function vault._crypto_aead_det_encrypt(message bytea, additional bytea, key_id int8, context bytea default 'pgsodium', nonce bytea default null)
  returns bytea
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  vector bytea := substr(vault.basalt_hmac(
    vault.basalt_join(nonce, additional, message), vault.basalt_key('vector', key_id, context), 'sha256'), 1, 16);
  sealed bytea := vector || vault.basalt_encrypt(message, vault.basalt_key('encrypt', key_id, context), vector, 'aes-cbc/pad:pkcs');
begin
  return sealed || vault.basalt_hmac(
    vault.basalt_join(nonce, additional, sealed), vault.basalt_key('authenticate', key_id, context), 'sha256');
end $$;

create function vault._crypto_aead_det_decrypt(message bytea, additional bytea, key_id int8, context bytea default 'pgsodium', nonce bytea default null)
  returns bytea
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  size int4 := octet_length(message) - 32;
  key bytea := vault.basalt_key('authenticate', key_id, context);
  sealed bytea;
begin
  if message is null then
    return null;
  end if;
  sealed := substr(message, 1, greatest(size, 0));
  -- compared by their HMACs: how long it takes says nothing of the right one
  if size < 32 or vault.basalt_hmac(substr(message, size + 1), key, 'sha256') is distinct from
    vault.basalt_hmac(vault.basalt_hmac(vault.basalt_join(nonce, additional, sealed), key, 'sha256'), key, 'sha256') then
    raise exception 'pgsodium_crypto_aead_det_decrypt_by_id: invalid ciphertext' using errcode = '22000',
      hint = 'The secret was written with another key, or changed since.';
  end if;
  return vault.basalt_decrypt(substr(sealed, 17), vault.basalt_key('encrypt', key_id, context), substr(sealed, 1, 16), 'aes-cbc/pad:pkcs');
end $$;

create function vault._crypto_aead_det_noncegen() returns bytea
  language sql volatile security definer set search_path = pg_catalog, pg_temp
  return vault.basalt_random(16);

create table vault.secrets (
  id uuid primary key default gen_random_uuid(),
  name text,
  description text not null default '',
  secret text not null,
  key_id uuid,
  nonce bytea default vault._crypto_aead_det_noncegen(),
  created_at timestamptz not null default current_timestamp,
  updated_at timestamptz not null default current_timestamp
);
comment on table vault.secrets is 'Table with encrypted `secret` column for storing sensitive information on disk.';
create unique index on vault.secrets (name) where name is not null;
select pg_extension_config_dump('vault.secrets', '');

create view vault.decrypted_secrets as
  select
    id, name, description, secret,
    convert_from(vault._crypto_aead_det_decrypt(
      message => decode(secret, 'base64'), additional => convert_to(id::text, 'utf8'), key_id => 0,
      context => 'pgsodium'::bytea, nonce => nonce), 'utf8') as decrypted_secret,
    key_id, nonce, created_at, updated_at
  from vault.secrets;

create function vault.create_secret(new_secret text, new_name text default null, new_description text default '', new_key_id uuid default null)
  returns uuid
  language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  new_id uuid := gen_random_uuid();
  new_nonce bytea := vault._crypto_aead_det_noncegen();
begin
  insert into vault.secrets (id, name, description, nonce, secret)
  values (new_id, new_name, new_description, new_nonce, encode(vault._crypto_aead_det_encrypt(
    convert_to(new_secret, 'utf8'), convert_to(new_id::text, 'utf8'), 0, 'pgsodium'::bytea, new_nonce), 'base64'));
  return new_id;
end $$;

create function vault.update_secret(secret_id uuid, new_secret text default null, new_name text default null, new_description text default null, new_key_id uuid default null)
  returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  new_nonce bytea := vault._crypto_aead_det_noncegen();
begin
  update vault.secrets as own set
    nonce = case when new_secret is null then own.nonce else new_nonce end,
    secret = case when new_secret is null then own.secret else encode(vault._crypto_aead_det_encrypt(
      convert_to(new_secret, 'utf8'), convert_to(own.id::text, 'utf8'), 0, 'pgsodium'::bytea, new_nonce), 'base64') end,
    name = coalesce(new_name, own.name),
    description = coalesce(new_description, own.description),
    updated_at = now()
  where own.id = secret_id;
end $$;

revoke all on all functions in schema vault from public;

-- Neither INSERT nor UPDATE: a secret written past the functions would lie there unencrypted. Not TRIGGER either: the
-- functions write as the superuser.
do $$
begin
  if to_regrole('postgres') is not null then
    grant usage on schema vault to postgres with grant option;
    grant select, delete, truncate on vault.secrets, vault.decrypted_secrets to postgres with grant option;
    grant execute on function vault.create_secret, vault.update_secret, vault._crypto_aead_det_decrypt to postgres with grant option;
  end if;
  if to_regrole('service_role') is not null then
    grant usage on schema vault to service_role;
    grant select, delete on vault.secrets, vault.decrypted_secrets to service_role;
    grant execute on function vault.create_secret, vault.update_secret, vault._crypto_aead_det_decrypt to service_role;
  end if;
end $$;
