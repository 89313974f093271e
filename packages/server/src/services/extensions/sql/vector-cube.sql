-- vector, part 1: the distances in C, which contrib/cube has and which know no limit of dimensions (only cube's input has one).
-- A cube here is what cube calls a point: its header and one float8 a dimension. Nobody can make or read one but through
-- these functions: its input always refuses, so that what takes a cube may be called by everybody.
set local search_path = pg_catalog, pg_temp;

create type @extschema@.vector_cube;
create function @extschema@.vector_cube_in(cstring) returns @extschema@.vector_cube
  language internal immutable strict parallel safe as 'anyelement_in';
create function @extschema@.vector_cube_out(@extschema@.vector_cube) returns cstring
  language internal immutable strict parallel safe as 'void_out';
create type @extschema@.vector_cube (
  input = @extschema@.vector_cube_in, output = @extschema@.vector_cube_out, alignment = double
);

create function @extschema@.vector_cube_distance(@extschema@.vector_cube, @extschema@.vector_cube) returns float8
  language c immutable strict parallel safe as '$libdir/cube', 'cube_distance';
create function @extschema@.vector_cube_taxicab(@extschema@.vector_cube, @extschema@.vector_cube) returns float8
  language c immutable strict parallel safe as '$libdir/cube', 'distance_taxicab';
create function @extschema@.vector_cube_cmp(@extschema@.vector_cube, @extschema@.vector_cube) returns int4
  language c immutable strict parallel safe as '$libdir/cube', 'cube_cmp';
create function @extschema@.vector_cube_dim(@extschema@.vector_cube) returns int4
  language c immutable strict parallel safe as '$libdir/cube', 'cube_dim';

-- Bytes under another type. Wrong arguments would read foreign memory: only the functions below, which check them, may call these.
create function @extschema@.vector_cube_cat(bytea, bytea) returns @extschema@.vector_cube
  language internal immutable strict parallel safe as 'byteacat';
create function @extschema@.vector_raw(float8[], int4) returns bytea
  language internal immutable strict parallel safe as 'bytea_substr_no_len';
create function @extschema@.vector_raw(int4[], int4) returns bytea
  language internal immutable strict parallel safe as 'bytea_substr_no_len';
revoke all on function @extschema@.vector_cube_cat(bytea, bytea), @extschema@.vector_raw(float8[], int4),
  @extschema@.vector_raw(int4[], int4) from public;

-- The header of a point: the number of dimensions, the highest bit set. 20 bytes of array header stand before the elements.
create function @extschema@.vector_cube_header(dims int4) returns bytea
  language sql immutable strict parallel safe
  return @extschema@.vector_raw(array[(-2147483648)::int4 + dims], 21);
revoke all on function @extschema@.vector_cube_header(int4) from public;

-- From one-dimensional arrays without nulls; raises in the words of pgvector for all others.
create function @extschema@.vector_check(numbers float8[], typmod int4) returns float8[]
  language plpgsql immutable strict parallel safe set search_path = pg_catalog, pg_temp
as $$
declare
  dims int4 := cardinality(numbers);
begin
  if dims = 0 then
    raise exception 'vector must have at least 1 dimension' using errcode = '22000';
  elsif array_ndims(numbers) <> 1 then
    raise exception 'array must be 1-D' using errcode = '22000';
  elsif dims > 16000 then
    raise exception 'vector cannot have more than 16000 dimensions' using errcode = '54000';
  elsif array_position(numbers, null) is not null then
    raise exception 'array must not contain nulls' using errcode = '22004';
  elsif array_position(numbers, 'NaN'::float8) is not null then
    raise exception 'NaN not allowed in vector' using errcode = '22000';
  elsif array_position(numbers, 'Infinity'::float8) is not null
    or array_position(numbers, '-Infinity'::float8) is not null then
    raise exception 'infinite value not allowed in vector' using errcode = '22000';
  elsif typmod <> -1 and typmod <> dims then
    raise exception 'expected % dimensions, not %', typmod, dims using errcode = '22000';
  end if;
  return numbers;
end $$;

create function @extschema@.vector_cube_of(numbers float8[]) returns @extschema@.vector_cube
  language plpgsql immutable strict parallel safe security definer set search_path = pg_catalog, pg_temp
as $$
declare
  checked float8[] := @extschema@.vector_check(numbers, -1);
begin
  return @extschema@.vector_cube_cat(
    @extschema@.vector_cube_header(cardinality(checked)), @extschema@.vector_raw(checked, 21));
end $$;

create function @extschema@.vector_cube_origin() returns @extschema@.vector_cube
  language sql immutable parallel safe security definer set search_path = pg_catalog, pg_temp
  return @extschema@.vector_cube_cat(@extschema@.vector_cube_header(0), ''::bytea);

create function @extschema@.vector_same_dims(a @extschema@.vector_cube, b @extschema@.vector_cube) returns void
  language plpgsql immutable strict parallel safe
as $$
begin
  raise exception 'different vector dimensions % and %',
    @extschema@.vector_cube_dim(a), @extschema@.vector_cube_dim(b) using errcode = '22000';
end $$;

create function @extschema@.vector_cube_l2(a @extschema@.vector_cube, b @extschema@.vector_cube) returns float8
  language plpgsql immutable strict parallel safe
as $$
begin
  if @extschema@.vector_cube_dim(a) <> @extschema@.vector_cube_dim(b) then
    perform @extschema@.vector_same_dims(a, b);
  end if;
  return @extschema@.vector_cube_distance(a, b);
end $$;

create function @extschema@.vector_cube_l1(a @extschema@.vector_cube, b @extschema@.vector_cube) returns float8
  language plpgsql immutable strict parallel safe
as $$
begin
  if @extschema@.vector_cube_dim(a) <> @extschema@.vector_cube_dim(b) then
    perform @extschema@.vector_same_dims(a, b);
  end if;
  return @extschema@.vector_cube_taxicab(a, b);
end $$;

-- a·b = (|a|² + |b|² − |a − b|²) / 2. Every distance comes out of a square root, so the sum is off by some 2⁻⁵⁰ of
-- |a|² + |b|²: rounded to 2⁻⁴⁴ of it, whole numbers are whole again (pgvector itself adds up in single precision, 2⁻²³).
create function @extschema@.vector_cube_dot(a @extschema@.vector_cube, b @extschema@.vector_cube) returns float8
  language plpgsql immutable strict parallel safe
as $$
declare
  origin @extschema@.vector_cube := @extschema@.vector_cube_origin();
  distance float8 := @extschema@.vector_cube_distance(a, b);
  norm_a float8 := @extschema@.vector_cube_distance(a, origin);
  norm_b float8 := @extschema@.vector_cube_distance(b, origin);
  squares float8 := norm_a * norm_a + norm_b * norm_b;
  unit float8;
begin
  if @extschema@.vector_cube_dim(a) <> @extschema@.vector_cube_dim(b) then
    perform @extschema@.vector_same_dims(a, b);
  elsif squares = 0::float8 then
    return 0;
  end if;
  unit := power(2::float8, floor(
    ln(squares) / 0.6931471805599453::float8) - 44::float8);
  return round((squares - distance * distance) / 2::float8 / unit) * unit;
end $$;

-- 1 − a·b / (|a| |b|), from 0 to 2; not a number where a vector is all zeros.
create function @extschema@.vector_cube_cosine(a @extschema@.vector_cube, b @extschema@.vector_cube) returns float8
  language plpgsql immutable strict parallel safe
as $$
declare
  origin @extschema@.vector_cube := @extschema@.vector_cube_origin();
  norm_a float8 := @extschema@.vector_cube_distance(a, origin);
  norm_b float8 := @extschema@.vector_cube_distance(b, origin);
  distance float8 := @extschema@.vector_cube_distance(a, b);
  norms float8 := norm_a * norm_b;
begin
  if @extschema@.vector_cube_dim(a) <> @extschema@.vector_cube_dim(b) then
    perform @extschema@.vector_same_dims(a, b);
  elsif norms = 0::float8 then
    return 'NaN'::float8;
  end if;
  -- 2 (1 − cos) = (|a − b|² − (|a| − |b|)²) / (|a| |b|): without the loss of subtracting nearly equal numbers; to 2⁻⁴⁰
  distance := (distance * distance - (norm_a - norm_b) * (norm_a - norm_b)) / (2::float8 * norms);
  return least(greatest(round(distance * 1099511627776::float8)
    / 1099511627776::float8, 0::float8), 2::float8);
end $$;
