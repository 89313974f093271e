-- A database that Storage has migrated while it knew two kinds of buckets: its type gets the third. Made anew, for a value that
-- is added to a type cannot be used before the transaction has ended, and the next file uses it.

do $$
declare
  found record;
begin
  if to_regtype('storage.buckettype') is null or exists (
    select from pg_catalog.pg_enum where enumtypid = to_regtype('storage.buckettype') and enumlabel = 'VECTOR'
  ) then
    return;
  end if;
  set local role supabase_storage_admin;
  alter type storage.buckettype rename to basalt_former_buckettype;
  create type storage.buckettype as enum ('STANDARD', 'ANALYTICS', 'VECTOR');
  for found in
    select attrelid::regclass as relation, attname, substring(pg_get_expr(adbin, adrelid) from '''(\w+)''') as initial
    from pg_catalog.pg_attribute
    join pg_catalog.pg_class on pg_class.oid = attrelid and relkind in ('r', 'p')
    left join pg_catalog.pg_attrdef on adrelid = attrelid and adnum = attnum
    where atttypid = 'storage.basalt_former_buckettype'::regtype and not attisdropped
  loop
    execute format('alter table %s alter column %I drop default', found.relation, found.attname);
    execute format('alter table %s alter column %I type storage.buckettype using %I::text::storage.buckettype',
      found.relation, found.attname, found.attname);
    if found.initial is not null then
      execute format('alter table %s alter column %I set default %L', found.relation, found.attname, found.initial);
    end if;
  end loop;
  drop type storage.basalt_former_buckettype;
  reset role;
end $$;
