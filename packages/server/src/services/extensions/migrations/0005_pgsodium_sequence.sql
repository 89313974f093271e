-- Every `supabase db dump --data-only` of the years with pgsodium sets this sequence. Where the real extension can be had, it
-- is that one's to make.

do $$
begin
  if to_regnamespace('pgsodium') is null or to_regclass('pgsodium.key_key_id_seq') is not null
    or not exists (
      select from pg_catalog.pg_available_extensions where name = 'pgsodium' and comment like 'a name:%'
    ) then
    return;
  end if;
  create sequence pgsodium.key_key_id_seq;
  grant all on sequence pgsodium.key_key_id_seq to postgres;
exception when insufficient_privilege then
  raise notice 'skipped: sequence pgsodium.key_key_id_seq (%)', sqlerrm;
end $$;
