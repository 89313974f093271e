-- vector, part 2: the type @type@, once for vector and once for halfvec.
--
-- Its text is checked as JSON when it comes in and goes out as it is: [1,2,3]. Where it is stored in a column with
-- dimensions the text is written anew and the cube of its numbers put behind it (after a zero byte, at which the output
-- ends): a distance reads that part alone. Text without it (a parameter, a column without dimensions) is parsed each time;
-- of a constant once, since the planner evaluates what is immutable.

create type @extschema@.@type@;
create function @extschema@.@type@_in(cstring, oid, int4) returns @extschema@.@type@
  language internal immutable strict parallel safe as 'json_in';
create function @extschema@.@type@_out(@extschema@.@type@) returns cstring
  language internal immutable strict parallel safe as 'json_out';
create function @extschema@.@type@_typmod_in(cstring[]) returns int4
  language internal immutable strict parallel safe as 'varbittypmodin';
create function @extschema@.@type@_typmod_out(int4) returns cstring
  language internal immutable strict parallel safe as 'varbittypmodout';
-- external: compressing costs more than it saves, and parts of compressed values cannot be read alone
create type @extschema@.@type@ (
  input = @extschema@.@type@_in, output = @extschema@.@type@_out,
  typmod_in = @extschema@.@type@_typmod_in, typmod_out = @extschema@.@type@_typmod_out, storage = external
);

create function @extschema@.@type@_size(@extschema@.@type@) returns int4
  language internal immutable strict parallel safe as 'byteaoctetlen';
create function @extschema@.@type@_bytes(@extschema@.@type@, int4, int4) returns bytea
  language internal immutable strict parallel safe as 'bytea_substr';
create function @extschema@.@type@_part(@extschema@.@type@, int4, int4) returns @extschema@.vector_cube
  language internal immutable strict parallel safe as 'bytea_substr';
create function @extschema@.@type@_cat(bytea, bytea) returns @extschema@.@type@
  language internal immutable strict parallel safe as 'byteacat';
revoke all on function @extschema@.@type@_size(@extschema@.@type@), @extschema@.@type@_bytes(@extschema@.@type@, int4, int4),
  @extschema@.@type@_part(@extschema@.@type@, int4, int4), @extschema@.@type@_cat(bytea, bytea) from public;

-- Numbers of single precision, as pgvector keeps them.
create function @extschema@.@type@_numbers(value @extschema@.@type@) returns float8[]
  language plpgsql immutable strict parallel safe set search_path = pg_catalog, pg_temp
as $$
declare
  line text := value::text;
begin
  if line !~ '^\s*\[[^\[\]{}"]*\]\s*$' then
    raise exception 'invalid input syntax for type @type@: "%"', left(line, 100) using errcode = '22P02';
  end if;
  return @extschema@.vector_check(translate(line, '[]', '{}')::float4[]::float8[], -1);
end $$;

-- Runs as the superuser on the caller's search_path (setting one would cost a third more a row): everything is named in full.
-- Dear for the planner: a plan for given parameters, in which this has been done once, beats a plan for all parameters.
create function @extschema@.@type@_cube(value @extschema@.@type@) returns @extschema@.vector_cube
  language plpgsql immutable strict parallel safe security definer cost 1000
as $$
declare
  size pg_catalog.int4 := @extschema@.@type@_size(value);
  -- the last three bytes: dimensions, and a 1, with which no text ends
  tail pg_catalog.bytea := @extschema@.@type@_bytes(value, size operator(pg_catalog.-) 2, 3);
  width pg_catalog.int4;
begin
  if pg_catalog.get_byte(tail, 2) operator(pg_catalog.=) 1 then
    width := 8 operator(pg_catalog.*) (pg_catalog.get_byte(tail, 0) operator(pg_catalog.*) 256 operator(pg_catalog.+) pg_catalog.get_byte(tail, 1)) operator(pg_catalog.+) 4;
    return @extschema@.@type@_part(value, size operator(pg_catalog.-) 2 operator(pg_catalog.-) width, width);
  end if;
  return @extschema@.vector_cube_of(@extschema@.@type@_numbers(value));
end $$;

-- What is stored: text, zero byte, cube, dimensions, 1.
create function @extschema@.array_to_@type@(numbers float8[], typmod int4, explicit bool) returns @extschema@.@type@
  language plpgsql immutable strict parallel safe security definer set search_path = pg_catalog, pg_temp
as $$
declare
  kept float4[] := @extschema@.vector_check(numbers, typmod)::float4[];
  wide float8[] := @extschema@.vector_check(kept::float8[], typmod);
  dims int4 := cardinality(wide);
begin
  return @extschema@.@type@_cat(
    convert_to(translate(kept::text, '{}', '[]'), 'UTF8') || '\x00'::bytea,
    @extschema@.vector_cube_header(dims) || @extschema@.vector_raw(wide, 21)
      || set_byte(set_byte('\x000001'::bytea, 0, dims / 256), 1, dims % 256));
end $$;
create function @extschema@.array_to_@type@(numbers float4[], typmod int4, explicit bool) returns @extschema@.@type@
  language sql immutable strict parallel safe return @extschema@.array_to_@type@(numbers::float8[], typmod, explicit);
create function @extschema@.array_to_@type@(numbers int4[], typmod int4, explicit bool) returns @extschema@.@type@
  language sql immutable strict parallel safe return @extschema@.array_to_@type@(numbers::float8[], typmod, explicit);
create function @extschema@.array_to_@type@(numbers numeric[], typmod int4, explicit bool) returns @extschema@.@type@
  language sql immutable strict parallel safe return @extschema@.array_to_@type@(numbers::float8[], typmod, explicit);
create function @extschema@.@type@(value @extschema@.@type@, typmod int4, explicit bool) returns @extschema@.@type@
  language sql immutable strict parallel safe
  return @extschema@.array_to_@type@(@extschema@.@type@_numbers(value), typmod, explicit);
create function @extschema@.@type@_to_float4(value @extschema@.@type@, typmod int4, explicit bool) returns float4[]
  language sql immutable strict parallel safe return @extschema@.@type@_numbers(value)::float4[];

create cast (@extschema@.@type@ as @extschema@.@type@)
  with function @extschema@.@type@(@extschema@.@type@, int4, bool) as implicit;
create cast (@extschema@.@type@ as float4[])
  with function @extschema@.@type@_to_float4(@extschema@.@type@, int4, bool) as implicit;
create cast (int4[] as @extschema@.@type@) with function @extschema@.array_to_@type@(int4[], int4, bool) as assignment;
create cast (float4[] as @extschema@.@type@) with function @extschema@.array_to_@type@(float4[], int4, bool) as assignment;
create cast (float8[] as @extschema@.@type@) with function @extschema@.array_to_@type@(float8[], int4, bool) as assignment;
create cast (numeric[] as @extschema@.@type@) with function @extschema@.array_to_@type@(numeric[], int4, bool) as assignment;

-- Inlined: what they call is called with the two cubes, each of them evaluated once.
create function @extschema@.l2_distance(@extschema@.@type@, @extschema@.@type@) returns float8
  language sql immutable strict parallel safe
  return @extschema@.vector_cube_l2(@extschema@.@type@_cube($1), @extschema@.@type@_cube($2));
create function @extschema@.l1_distance(@extschema@.@type@, @extschema@.@type@) returns float8
  language sql immutable strict parallel safe
  return @extschema@.vector_cube_l1(@extschema@.@type@_cube($1), @extschema@.@type@_cube($2));
create function @extschema@.cosine_distance(@extschema@.@type@, @extschema@.@type@) returns float8
  language sql immutable strict parallel safe
  return @extschema@.vector_cube_cosine(@extschema@.@type@_cube($1), @extschema@.@type@_cube($2));
create function @extschema@.inner_product(@extschema@.@type@, @extschema@.@type@) returns float8
  language sql immutable strict parallel safe
  return @extschema@.vector_cube_dot(@extschema@.@type@_cube($1), @extschema@.@type@_cube($2));
create function @extschema@.@type@_negative_inner_product(@extschema@.@type@, @extschema@.@type@) returns float8
  language sql immutable strict parallel safe
  return - @extschema@.vector_cube_dot(@extschema@.@type@_cube($1), @extschema@.@type@_cube($2));
create function @extschema@.@type@_l2_squared_distance(@extschema@.@type@, @extschema@.@type@) returns float8
  language sql immutable strict parallel safe
  return power(@extschema@.vector_cube_l2(@extschema@.@type@_cube($1), @extschema@.@type@_cube($2)), 2::float8);
create function @extschema@.vector_dims(@extschema@.@type@) returns int4
  language sql immutable strict parallel safe return @extschema@.vector_cube_dim(@extschema@.@type@_cube($1));

create operator @extschema@.<-> (leftarg = @extschema@.@type@, rightarg = @extschema@.@type@,
  function = @extschema@.l2_distance, commutator = operator(@extschema@.<->));
create operator @extschema@.<#> (leftarg = @extschema@.@type@, rightarg = @extschema@.@type@,
  function = @extschema@.@type@_negative_inner_product, commutator = operator(@extschema@.<#>));
create operator @extschema@.<=> (leftarg = @extschema@.@type@, rightarg = @extschema@.@type@,
  function = @extschema@.cosine_distance, commutator = operator(@extschema@.<=>));
create operator @extschema@.<+> (leftarg = @extschema@.@type@, rightarg = @extschema@.@type@,
  function = @extschema@.l1_distance, commutator = operator(@extschema@.<+>));

-- Element by element, in single precision.
create function @extschema@.@type@_combine(a @extschema@.@type@, b @extschema@.@type@, sign text) returns @extschema@.@type@
  language plpgsql immutable strict parallel safe set search_path = pg_catalog, pg_temp
as $$
declare
  x float4[] := @extschema@.@type@_numbers(a);
  y float4[] := @extschema@.@type@_numbers(b);
begin
  if cardinality(x) <> cardinality(y) then
    raise exception 'different vector dimensions % and %', cardinality(x), cardinality(y) using errcode = '22000';
  end if;
  return @extschema@.array_to_@type@(array(
    select case sign when '+' then p + q when '-' then p - q else p * q end from unnest(x, y) as pairs (p, q)
  ), -1, false);
end $$;
create function @extschema@.@type@_add(@extschema@.@type@, @extschema@.@type@) returns @extschema@.@type@
  language sql immutable strict parallel safe return @extschema@.@type@_combine($1, $2, '+'::text);
create function @extschema@.@type@_sub(@extschema@.@type@, @extschema@.@type@) returns @extschema@.@type@
  language sql immutable strict parallel safe return @extschema@.@type@_combine($1, $2, '-'::text);
create function @extschema@.@type@_mul(@extschema@.@type@, @extschema@.@type@) returns @extschema@.@type@
  language sql immutable strict parallel safe return @extschema@.@type@_combine($1, $2, '*'::text);
create function @extschema@.@type@_concat(@extschema@.@type@, @extschema@.@type@) returns @extschema@.@type@
  language sql immutable strict parallel safe
  return @extschema@.array_to_@type@(@extschema@.@type@_numbers($1) || @extschema@.@type@_numbers($2), -1, false);
create operator @extschema@.+ (leftarg = @extschema@.@type@, rightarg = @extschema@.@type@,
  function = @extschema@.@type@_add, commutator = operator(@extschema@.+));
create operator @extschema@.- (leftarg = @extschema@.@type@, rightarg = @extschema@.@type@, function = @extschema@.@type@_sub);
create operator @extschema@.* (leftarg = @extschema@.@type@, rightarg = @extschema@.@type@,
  function = @extschema@.@type@_mul, commutator = operator(@extschema@.*));
create operator @extschema@.|| (leftarg = @extschema@.@type@, rightarg = @extschema@.@type@, function = @extschema@.@type@_concat);

create function @extschema@.subvector(value @extschema@.@type@, start int4, count int4) returns @extschema@.@type@
  language sql immutable strict parallel safe
  return @extschema@.array_to_@type@((@extschema@.@type@_numbers(value))[greatest(start, 1):start + count - 1], -1, false);
create function @extschema@.l2_normalize(value @extschema@.@type@) returns @extschema@.@type@
  language sql immutable strict parallel safe
  begin atomic
    select @extschema@.array_to_@type@(array(
      select case when norm = 0 then 0::float8 else number / norm end
      from unnest(@extschema@.@type@_numbers(value)) as number
    ), -1, false)
    from (select @extschema@.vector_cube_distance(@extschema@.@type@_cube(value), @extschema@.vector_cube_origin())) as own (norm);
  end;
create function @extschema@.binary_quantize(value @extschema@.@type@) returns bit
  language plpgsql immutable strict parallel safe set search_path = pg_catalog, pg_temp
as $$
begin
  return (select string_agg(case when number > 0 then '1' else '0' end, '')
    from unnest(@extschema@.@type@_numbers(value)) as number)::varbit;
end $$;

-- Comparison: number by number, then by dimensions; for ORDER BY, DISTINCT, unique.
create function @extschema@.@type@_cmp(@extschema@.@type@, @extschema@.@type@) returns int4
  language sql immutable strict parallel safe
  return @extschema@.vector_cube_cmp(@extschema@.@type@_cube($1), @extschema@.@type@_cube($2));
create function @extschema@.@type@_lt(@extschema@.@type@, @extschema@.@type@) returns bool
  language sql immutable strict parallel safe return @extschema@.@type@_cmp($1, $2) < 0;
create function @extschema@.@type@_le(@extschema@.@type@, @extschema@.@type@) returns bool
  language sql immutable strict parallel safe return @extschema@.@type@_cmp($1, $2) <= 0;
create function @extschema@.@type@_eq(@extschema@.@type@, @extschema@.@type@) returns bool
  language sql immutable strict parallel safe return @extschema@.@type@_cmp($1, $2) = 0;
create function @extschema@.@type@_ne(@extschema@.@type@, @extschema@.@type@) returns bool
  language sql immutable strict parallel safe return @extschema@.@type@_cmp($1, $2) <> 0;
create function @extschema@.@type@_ge(@extschema@.@type@, @extschema@.@type@) returns bool
  language sql immutable strict parallel safe return @extschema@.@type@_cmp($1, $2) >= 0;
create function @extschema@.@type@_gt(@extschema@.@type@, @extschema@.@type@) returns bool
  language sql immutable strict parallel safe return @extschema@.@type@_cmp($1, $2) > 0;
create operator @extschema@.< (leftarg = @extschema@.@type@, rightarg = @extschema@.@type@, function = @extschema@.@type@_lt,
  commutator = operator(@extschema@.>), negator = operator(@extschema@.>=), restrict = scalarltsel, join = scalarltjoinsel);
create operator @extschema@.<= (leftarg = @extschema@.@type@, rightarg = @extschema@.@type@, function = @extschema@.@type@_le,
  commutator = operator(@extschema@.>=), negator = operator(@extschema@.>), restrict = scalarlesel, join = scalarlejoinsel);
create operator @extschema@.= (leftarg = @extschema@.@type@, rightarg = @extschema@.@type@, function = @extschema@.@type@_eq,
  commutator = operator(@extschema@.=), negator = operator(@extschema@.<>), restrict = eqsel, join = eqjoinsel);
create operator @extschema@.<> (leftarg = @extschema@.@type@, rightarg = @extschema@.@type@, function = @extschema@.@type@_ne,
  commutator = operator(@extschema@.<>), negator = operator(@extschema@.=), restrict = eqsel, join = eqjoinsel);
create operator @extschema@.>= (leftarg = @extschema@.@type@, rightarg = @extschema@.@type@, function = @extschema@.@type@_ge,
  commutator = operator(@extschema@.<=), negator = operator(@extschema@.<), restrict = scalargesel, join = scalargejoinsel);
create operator @extschema@.> (leftarg = @extschema@.@type@, rightarg = @extschema@.@type@, function = @extschema@.@type@_gt,
  commutator = operator(@extschema@.<), negator = operator(@extschema@.<=), restrict = scalargtsel, join = scalargtjoinsel);
create operator class @extschema@.@type@_ops default for type @extschema@.@type@ using btree as
  operator 1 @extschema@.<, operator 2 @extschema@.<=, operator 3 @extschema@.=, operator 4 @extschema@.>=,
  operator 5 @extschema@.>, function 1 @extschema@.@type@_cmp(@extschema@.@type@, @extschema@.@type@);

-- State of avg and sum: how many, then the sums.
create function @extschema@.@type@_accum(state float8[], value @extschema@.@type@) returns float8[]
  language plpgsql immutable strict parallel safe set search_path = pg_catalog, pg_temp
as $$
declare
  numbers float8[] := @extschema@.@type@_numbers(value);
begin
  if cardinality(state) <= 1 then
    return array[1::float8] || numbers;
  elsif cardinality(state) - 1 <> cardinality(numbers) then
    raise exception 'expected % dimensions, not %', cardinality(state) - 1, cardinality(numbers) using errcode = '22000';
  end if;
  return array(select a + b from unnest(state, array[1::float8] || numbers) with ordinality as pairs (a, b, place) order by place);
end $$;
create function @extschema@.@type@_avg(state float8[]) returns @extschema@.@type@
  language sql immutable strict parallel safe
  begin atomic
    select case when cardinality(state) > 1 and state[1] > 0 then
      @extschema@.array_to_@type@(array(select number / state[1] from unnest(state[2:]) as number), -1, false) end;
  end;
create function @extschema@.@type@_sum(state float8[]) returns @extschema@.@type@
  language sql immutable strict parallel safe
  begin atomic
    select case when cardinality(state) > 1 then @extschema@.array_to_@type@(state[2:], -1, false) end;
  end;
create aggregate @extschema@.avg(@extschema@.@type@) (
  sfunc = @extschema@.@type@_accum, stype = float8[], finalfunc = @extschema@.@type@_avg, initcond = '{0}'
);
create aggregate @extschema@.sum(@extschema@.@type@) (
  sfunc = @extschema@.@type@_accum, stype = float8[], finalfunc = @extschema@.@type@_sum, initcond = '{0}'
);
