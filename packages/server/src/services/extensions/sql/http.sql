-- http: its types and functions, so that functions which name them can be made. A call is refused: a statement that waits
-- for another server holds its locks and its connection, and the worker sees a request only after commit.
set local search_path = pg_catalog, pg_temp;

create domain @extschema@.http_method as text;
create domain @extschema@.content_type as text check (value ~ '^\S+\/\S+');
create type @extschema@.http_header as (field varchar, value varchar);
create type @extschema@.http_response as (
  status integer, content_type varchar, headers @extschema@.http_header[], content varchar
);
create type @extschema@.http_request as (
  method @extschema@.http_method, uri varchar, headers @extschema@.http_header[], content_type varchar, content varchar
);

create function @extschema@.http_header(field varchar, value varchar) returns @extschema@.http_header
  language sql immutable return row(field, value)::@extschema@.http_header;

create function @extschema@.http(request @extschema@.http_request) returns @extschema@.http_response
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception 'http: this server sends no HTTP request inside a statement' using errcode = '0A000',
    hint = 'Use net.http_get, net.http_post or net.http_delete of pg_net: they leave after commit, the response is in net._http_response.';
end $$;

create function @extschema@.http_get(uri varchar) returns @extschema@.http_response
  language sql return @extschema@.http(row('GET', uri, null, null, null)::@extschema@.http_request);
create function @extschema@.http_get(uri varchar, data jsonb) returns @extschema@.http_response
  language sql return @extschema@.http(row('GET', uri, null, null, null)::@extschema@.http_request);
create function @extschema@.http_post(uri varchar, content varchar, content_type varchar) returns @extschema@.http_response
  language sql return @extschema@.http(row('POST', uri, null, content_type, content)::@extschema@.http_request);
create function @extschema@.http_post(uri varchar, data jsonb) returns @extschema@.http_response
  language sql return @extschema@.http(row('POST', uri, null, null, null)::@extschema@.http_request);
create function @extschema@.http_put(uri varchar, content varchar, content_type varchar) returns @extschema@.http_response
  language sql return @extschema@.http(row('PUT', uri, null, content_type, content)::@extschema@.http_request);
create function @extschema@.http_patch(uri varchar, content varchar, content_type varchar) returns @extschema@.http_response
  language sql return @extschema@.http(row('PATCH', uri, null, content_type, content)::@extschema@.http_request);
create function @extschema@.http_delete(uri varchar) returns @extschema@.http_response
  language sql return @extschema@.http(row('DELETE', uri, null, null, null)::@extschema@.http_request);
create function @extschema@.http_delete(uri varchar, content varchar, content_type varchar) returns @extschema@.http_response
  language sql return @extschema@.http(row('DELETE', uri, null, content_type, content)::@extschema@.http_request);
create function @extschema@.http_head(uri varchar) returns @extschema@.http_response
  language sql return @extschema@.http(row('HEAD', uri, null, null, null)::@extschema@.http_request);
create function @extschema@.http_set_curlopt(curlopt varchar, value varchar) returns boolean
  language sql return true;
create function @extschema@.http_reset_curlopt() returns boolean language sql return true;

-- Bytes as %XX; spaces too.
create function @extschema@.urlencode(string varchar) returns text
  language plpgsql immutable strict set search_path = pg_catalog, pg_temp
as $$
declare
  bytes bytea := convert_to(string, 'utf8');
  byte int4;
  result text := '';
begin
  for i in 0 .. octet_length(bytes) - 1 loop
    byte := get_byte(bytes, i);
    result := result || case
      when byte between 1 and 127 and chr(greatest(byte, 1)) ~ '^[A-Za-z0-9._~-]$' then chr(byte)
      else '%' || upper(lpad(to_hex(byte), 2, '0')) end;
  end loop;
  return result;
end $$;

set local client_min_messages = notice;
do $$ begin
  raise notice 'http: by name only. Its functions refuse to send; use pg_net.';
end $$;
