-- pg_hashids: the hashids algorithm (hashids.org), on bytes as its C library does it.
set local search_path = pg_catalog, pg_temp;

create function @extschema@.hashids_shuffle(alphabet text, salt text) returns text
  language plpgsql immutable strict parallel safe set search_path = pg_catalog, pg_temp
as $$
declare
  letters text[] := string_to_array(alphabet, null);
  salts text[] := string_to_array(salt, null);
  salt_length int4 := cardinality(salts);
  sum int4 := 0;
  at int4 := 0;
  code int4;
  other int4;
  letter text;
begin
  if salt_length = 0 then
    return alphabet;
  end if;
  for i in reverse cardinality(letters) - 1 .. 1 loop
    code := ascii(salts[at % salt_length + 1]);
    sum := sum + code;
    other := (code + at % salt_length + sum) % i;
    letter := letters[other + 1];
    letters[other + 1] := letters[i + 1];
    letters[i + 1] := letter;
    at := at % salt_length + 1;
  end loop;
  return array_to_string(letters, '');
end $$;

-- What salt and alphabet give: the letters, the separators, the guards.
create function @extschema@.hashids_setup(salt text, given text, out letters text, out separators text, out guards text)
  language plpgsql immutable strict parallel safe set search_path = pg_catalog, pg_temp
as $$
declare
  wanted int4;
begin
  letters := (select string_agg(letter, '' order by place) from (
    select letter, min(place) from unnest(string_to_array(given, null)) with ordinality as all_letters (letter, place)
    group by letter) as once (letter, place));
  if length(letters) < 16 then
    raise exception 'alphabet must contain at least 16 unique characters' using errcode = '22023';
  elsif letters ~ '[ \t]' then
    raise exception 'alphabet cannot contain spaces' using errcode = '22023';
  elsif octet_length(letters) <> length(letters) then
    raise exception 'alphabet must be ASCII' using errcode = '22023';
  end if;
  separators := (select coalesce(string_agg(letter, '' order by place), '')
    from unnest(string_to_array('cfhistuCFHISTU', null)) with ordinality as known (letter, place)
    where strpos(letters, letter) > 0);
  letters := translate(letters, separators, '');
  separators := @extschema@.hashids_shuffle(separators, salt);
  if separators = '' or length(letters)::float8 / length(separators) > 3.5 then
    wanted := greatest(ceil(length(letters) / 3.5::float8)::int4, 2);
    if wanted > length(separators) then
      wanted := wanted - length(separators);
      separators := separators || left(letters, wanted);
      letters := substr(letters, wanted + 1);
    else
      separators := left(separators, wanted);
    end if;
  end if;
  letters := @extschema@.hashids_shuffle(letters, salt);
  wanted := ceil(length(letters) / 12::float8)::int4;
  if length(letters) < 3 then
    guards := left(separators, wanted);
    separators := substr(separators, wanted + 1);
  else
    guards := left(letters, wanted);
    letters := substr(letters, wanted + 1);
  end if;
end $$;

create function @extschema@.id_encode(numbers int8[], salt text, min_length int4, alphabet text) returns text
  language plpgsql immutable strict parallel safe set search_path = pg_catalog, pg_temp
as $$
declare
  setup record;
  letters text;
  base int8;
  sum int8 := 0;
  number int8;
  rest int8;
  lottery text;
  digits text;
  result text;
  half int4;
begin
  if cardinality(numbers) = 0 or exists (select from unnest(numbers) as given where given is null or given < 0) then
    raise exception 'hashids: only numbers that are not negative can be encoded' using errcode = '22023';
  end if;
  select * into setup from @extschema@.hashids_setup(salt, alphabet);
  letters := setup.letters;
  base := length(letters);
  for i in 1 .. cardinality(numbers) loop
    sum := sum + numbers[i] % (i + 99);
  end loop;
  lottery := substr(letters, (sum % base)::int4 + 1, 1);
  result := lottery;
  for i in 1 .. cardinality(numbers) loop
    number := numbers[i];
    letters := @extschema@.hashids_shuffle(letters, left(lottery || salt || letters, base::int4));
    digits := '';
    rest := number;
    loop
      digits := substr(letters, (rest % base)::int4 + 1, 1) || digits;
      rest := rest / base;
      exit when rest = 0;
    end loop;
    result := result || digits;
    if i < cardinality(numbers) then
      number := number % (ascii(digits) + i - 1);
      result := result || substr(setup.separators, (number % length(setup.separators))::int4 + 1, 1);
    end if;
  end loop;
  if length(result) < min_length then
    result := substr(setup.guards, ((sum + ascii(result)) % length(setup.guards))::int4 + 1, 1) || result;
    if length(result) < min_length then
      result := result || substr(setup.guards, ((sum + ascii(substr(result, 3, 1))) % length(setup.guards))::int4 + 1, 1);
    end if;
  end if;
  half := length(letters) / 2;
  while length(result) < min_length loop
    letters := @extschema@.hashids_shuffle(letters, letters);
    result := substr(letters, half + 1) || result || left(letters, half);
    if length(result) > min_length then
      result := substr(result, (length(result) - min_length) / 2 + 1, min_length);
    end if;
  end loop;
  return result;
end $$;

create function @extschema@.id_decode(hash text, salt text, min_length int4, alphabet text) returns int8[]
  language plpgsql immutable strict parallel safe set search_path = pg_catalog, pg_temp
as $$
declare
  setup record;
  letters text;
  parts text[];
  body text;
  part text;
  number numeric;
  place int4;
  result int8[] := '{}';
begin
  select * into setup from @extschema@.hashids_setup(salt, alphabet);
  letters := setup.letters;
  parts := string_to_array(translate(hash, setup.guards, repeat(' ', length(setup.guards))), ' ');
  body := case when cardinality(parts) in (2, 3) then parts[2] else parts[1] end;
  foreach part in array string_to_array(
    translate(substr(body, 2), setup.separators, repeat(' ', length(setup.separators))), ' ')
  loop
    letters := @extschema@.hashids_shuffle(letters, left(left(body, 1) || salt || letters, length(letters)));
    number := 0;
    for i in 1 .. length(part) loop
      place := strpos(letters, substr(part, i, 1));
      number := number * length(letters) + place - 1;
      if place = 0 or number > 9223372036854775807 then
        raise exception 'hashids: invalid hash' using errcode = '22023';
      end if;
    end loop;
    result := result || number::int8;
  end loop;
  -- what was made with another salt is no hash of this one
  if @extschema@.id_encode(result, salt, min_length, alphabet) <> hash
    and @extschema@.id_encode(result, salt, length(hash), alphabet) <> hash then
    raise exception 'hashids: invalid hash' using errcode = '22023';
  end if;
  return result;
end $$;

do $$
declare
  alphabet constant text := quote_literal('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890');
  form record;
begin
  -- the shorter forms: (1) (1, salt) (1, salt, length), for numbers, lists of them, and both ways back
  for form in
    select * from (values (1, '', ''''''::text || ', 0, ' || alphabet), (2, ', text', '$2, 0, ' || alphabet),
      (3, ', text, int4', '$2, $3, ' || alphabet), (4, ', text, int4, text', '$2, $3, $4')) as forms (arity, arguments, passed)
  loop
    execute format('create function @extschema@.id_encode(int8%s) returns text language sql immutable strict parallel safe
      return @extschema@.id_encode(array[$1], %s)', form.arguments, form.passed);
    if form.arity < 4 then
      execute format('create function @extschema@.id_encode(int8[]%s) returns text language sql immutable strict parallel safe
        return @extschema@.id_encode($1, %s)', form.arguments, form.passed);
      execute format('create function @extschema@.id_decode(text%s) returns int8[] language sql immutable strict parallel safe
        return @extschema@.id_decode($1, %s)', form.arguments, form.passed);
      execute format('create function @extschema@.hash_encode(int8%s) returns text language sql immutable strict parallel safe
        return @extschema@.id_encode(array[$1], %s)', form.arguments, form.passed);
    end if;
    execute format('create function @extschema@.id_decode_once(text%s) returns int8 language sql immutable strict parallel safe
      return (@extschema@.id_decode($1, %s))[1]', form.arguments, form.passed);
  end loop;
  execute 'create function @extschema@.hash_decode(text, text, int4) returns int4 language sql immutable strict parallel safe
    return @extschema@.id_decode_once($1, $2, $3)::int4';
end $$;
