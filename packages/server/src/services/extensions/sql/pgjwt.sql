-- pgjwt: JSON Web Tokens with HMAC. The HMAC is pgcrypto's, taken from its library: pgcrypto need not be installed.
set local search_path = pg_catalog, pg_temp;

create function @extschema@.pgjwt_hmac(data bytea, key bytea, type text) returns bytea
  language c immutable strict parallel safe as '$libdir/pgcrypto', 'pg_hmac';

create function @extschema@.url_encode(data bytea) returns text
  language sql immutable return translate(encode(data, 'base64'), E'+/=\n', '-_');

create function @extschema@.url_decode(data text) returns bytea
  language sql immutable
  return decode(translate(data, '-_', '+/') || repeat('=', (4 - length(data) % 4) % 4), 'base64');

create function @extschema@.algorithm_sign(signables text, secret text, algorithm text) returns text
  language plpgsql immutable set search_path = pg_catalog, pg_temp
as $$
declare
  hash text := case algorithm when 'HS256' then 'sha256' when 'HS384' then 'sha384' when 'HS512' then 'sha512' end;
begin
  if algorithm is not null and hash is null then
    raise exception 'Cannot use "%": No such hash algorithm', algorithm
      using errcode = '22023', hint = 'pgjwt signs with HS256, HS384 and HS512.';
  end if;
  return @extschema@.url_encode(
    @extschema@.pgjwt_hmac(convert_to(signables, 'utf8'), convert_to(secret, 'utf8'), hash));
end $$;

create function @extschema@.sign(payload json, secret text, algorithm text default 'HS256') returns text
  language sql immutable
  begin atomic
    select signables || '.' || @extschema@.algorithm_sign(signables, secret, algorithm)
    from (
      select @extschema@.url_encode(convert_to('{"alg":"' || algorithm || '","typ":"JWT"}', 'utf8'))
        || '.' || @extschema@.url_encode(convert_to(payload::text, 'utf8'))
    ) as parts (signables);
  end;

create function @extschema@.try_cast_double(inp text) returns float8
  language plpgsql immutable set search_path = pg_catalog, pg_temp
as $$
begin
  return inp::float8;
exception when others then
  return null;
end $$;

-- The signatures are compared by their HMACs under a key of this call: how long it takes says nothing of them.
create function @extschema@.verify(token text, secret text, algorithm text default 'HS256')
  returns table (header json, payload json, valid boolean)
  language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  parts text[] := string_to_array(token, '.');
  once bytea := uuid_send(gen_random_uuid());
  expected text;
begin
  header := convert_from(@extschema@.url_decode(parts[1]), 'utf8')::json;
  payload := convert_from(@extschema@.url_decode(parts[2]), 'utf8')::json;
  expected := @extschema@.algorithm_sign(parts[1] || '.' || parts[2], secret, algorithm);
  valid := cardinality(parts) = 3
    and @extschema@.pgjwt_hmac(convert_to(parts[3], 'utf8'), once, 'sha256')
      = @extschema@.pgjwt_hmac(convert_to(expected, 'utf8'), once, 'sha256')
    and tstzrange(
      to_timestamp(@extschema@.try_cast_double(payload ->> 'nbf')),
      to_timestamp(@extschema@.try_cast_double(payload ->> 'exp'))
    ) @> now();
  return next;
end $$;
