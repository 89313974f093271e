-- The publication of Realtime, empty: applications add tables to it (`alter publication supabase_realtime add table …`),
-- for which it belongs to `postgres` as their tables do.

do $$
begin
  if not exists (select from pg_catalog.pg_publication where pubname = 'supabase_realtime') then
    create publication supabase_realtime;
  end if;
exception when insufficient_privilege then
  raise notice 'skipped: publication supabase_realtime (%)', sqlerrm;
end $$;

do $$
begin
  if exists (
    select from pg_catalog.pg_publication
    where pubname = 'supabase_realtime' and pubowner <> 'postgres'::regrole
  ) then
    alter publication supabase_realtime owner to postgres;
  end if;
exception when insufficient_privilege then
  raise notice 'skipped: owner of publication supabase_realtime (%)', sqlerrm;
end $$;
