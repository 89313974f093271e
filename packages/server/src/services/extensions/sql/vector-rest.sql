-- vector, part 3: what only one of the types has, and sparsevec by name.
create function @extschema@.vector_norm(@extschema@.vector) returns float8
  language sql immutable strict parallel safe
  return @extschema@.vector_cube_distance(@extschema@.vector_cube($1), @extschema@.vector_cube_origin());
create function @extschema@.l2_norm(@extschema@.halfvec) returns float8
  language sql immutable strict parallel safe
  return @extschema@.vector_cube_distance(@extschema@.halfvec_cube($1), @extschema@.vector_cube_origin());

create function @extschema@.vector_to_halfvec(value @extschema@.vector, typmod int4, explicit bool) returns @extschema@.halfvec
  language sql immutable strict parallel safe
  return @extschema@.array_to_halfvec(@extschema@.vector_numbers(value), typmod, explicit);
create function @extschema@.halfvec_to_vector(value @extschema@.halfvec, typmod int4, explicit bool) returns @extschema@.vector
  language sql immutable strict parallel safe
  return @extschema@.array_to_vector(@extschema@.halfvec_numbers(value), typmod, explicit);
create cast (@extschema@.vector as @extschema@.halfvec)
  with function @extschema@.vector_to_halfvec(@extschema@.vector, int4, bool) as implicit;
create cast (@extschema@.halfvec as @extschema@.vector)
  with function @extschema@.halfvec_to_vector(@extschema@.halfvec, int4, bool) as assignment;

create function @extschema@.hamming_distance(bit, bit) returns float8
  language sql immutable strict parallel safe return bit_count($1 # $2)::float8;
create function @extschema@.jaccard_distance(bit, bit) returns float8
  language sql immutable strict parallel safe
  return case when bit_count($1 & $2) = 0 then 1::float8
    else 1::float8 - bit_count($1 & $2)::float8 / bit_count($1 | $2)::float8 end;
create operator @extschema@.<~> (leftarg = bit, rightarg = bit, function = @extschema@.hamming_distance,
  commutator = operator(@extschema@.<~>));
create operator @extschema@.<%> (leftarg = bit, rightarg = bit, function = @extschema@.jaccard_distance,
  commutator = operator(@extschema@.<%>));

create type @extschema@.sparsevec;
create function @extschema@.sparsevec_in(cstring, oid, int4) returns @extschema@.sparsevec
  language internal immutable strict parallel safe as 'textin';
create function @extschema@.sparsevec_out(@extschema@.sparsevec) returns cstring
  language internal immutable strict parallel safe as 'textout';
create function @extschema@.sparsevec_typmod_in(cstring[]) returns int4
  language internal immutable strict parallel safe as 'varbittypmodin';
create function @extschema@.sparsevec_typmod_out(int4) returns cstring
  language internal immutable strict parallel safe as 'varbittypmodout';
create type @extschema@.sparsevec (
  input = @extschema@.sparsevec_in, output = @extschema@.sparsevec_out,
  typmod_in = @extschema@.sparsevec_typmod_in, typmod_out = @extschema@.sparsevec_typmod_out, storage = external
);

-- What runs with other rights than the caller's runs with those of a role that has none but these: who owns the schema can
-- rename it and put another in its place, whose functions these names would then find.
grant usage on schema @extschema@ to basalt_extensions;
do $$
declare
  own record;
begin
  for own in
    select p.oid::regprocedure as signature, p.prosecdef as is_definer
    from pg_proc p
    join pg_depend d on d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
      and d.refclassid = 'pg_extension'::regclass
      and d.refobjid = (select oid from pg_extension where extname = 'vector')
  loop
    execute format('grant execute on function %s to basalt_extensions', own.signature);
    if own.is_definer then
      execute format('alter function %s owner to basalt_extensions', own.signature);
    end if;
  end loop;
end $$;

-- a script's notices are kept from the user otherwise
set local client_min_messages = notice;
do $$ begin
  raise notice 'vector: the stand-in of this server. Search is exact and reads every row; there are no hnsw and ivfflat indexes. halfvec keeps single precision, sparsevec is a name without operators.';
end $$;
