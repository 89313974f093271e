-- Pieces of text stay in their rows, compressed by what decompresses fastest: a search reads them without a look into another
-- table. Pieces that are there already stay as they are, and are found as before.
alter table public.file_chunks alter column content set storage main;
do $$
begin
  alter table public.file_chunks alter column content set compression lz4;
exception when feature_not_supported then
  -- a server that was built without it
  null;
end $$;
