-- Whose rights the functions of an extension run with where they need other ones than the caller's: nobody's.

do $$
begin
  if to_regrole('basalt_extensions') is null then
    create role basalt_extensions nologin;
  end if;
exception
  -- made by another database at this very moment
  when duplicate_object or unique_violation then null;
  when insufficient_privilege then
    raise notice 'skipped: role basalt_extensions (%)', sqlerrm;
end $$;
