-- A superuser's function that makes an extension must not run the project's event triggers, which would have its rights.

do $$
begin
  if current_setting('server_version_num')::int >= 170000
    and (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
    alter function supabase_functions.basalt_ensure_net() set event_triggers = off;
  end if;
end $$;
