-- Where the server was built without lz4, pieces of text are kept as they are: a search reads many of which it takes few, and the
-- other compression takes longer than looking. Pieces that are there already stay as they are, and are found as before.
do $$
begin
  if exists (select from pg_attribute where attrelid = 'public.file_chunks'::regclass and attname = 'content' and attcompression = 'l') then
    return;
  end if;
  alter table public.file_chunks alter column content set storage external;
  alter table public.file_chunks set (toast_tuple_target = 8160);
end $$;
