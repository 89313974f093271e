-- The key of a column that 0000_adopt may have added before the table it leads to was there.

set local role supabase_auth_admin;

do $$
begin
  if not exists (
    select from pg_catalog.pg_constraint
    where conrelid = 'auth.sessions'::regclass and conname = 'sessions_oauth_client_id_fkey'
  ) then
    alter table auth.sessions add constraint sessions_oauth_client_id_fkey
      foreign key (oauth_client_id) references auth.oauth_clients (id) on delete cascade;
  end if;
end $$;

reset role;
