-- Listings go along an index of lower(name). Under row-level security Postgres looks a range up in it only where it knows
-- that the function tells nothing of rows the caller may not see (no error with a value in it): lower() does not, and only a
-- superuser can say so. Without this a folder of a million objects is read from its bucket's first object each time.
do $$
begin
  alter function pg_catalog.lower(text) leakproof;
exception when insufficient_privilege then
  null;
end $$;
