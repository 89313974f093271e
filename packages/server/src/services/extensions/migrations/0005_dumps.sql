-- The sequence of pgsodium's keys, which every dump of data made on Supabase's Postgres 15 sets.

do $$
begin
  if to_regclass('pgsodium.key_key_id_seq') is null
    and exists (select from pg_catalog.pg_available_extensions where name = 'pgsodium' and comment like 'a name:%') then
    create sequence pgsodium.key_key_id_seq;
    grant all on sequence pgsodium.key_key_id_seq to postgres with grant option;
  end if;
end $$;
