/** What every method of postgrest-js is tried on. */
export const schema = `
  create table things (
    id int primary key, name text unique, n int, done boolean, tags text[], doc jsonb, span int4range, body tsvector,
    parent_id int references things);
  insert into things values
    (1, 'Alpha', 10, true, '{a,b}', '{"k":1,"deep":{"x":"y"}}', '[1,5)', to_tsvector('english', 'the quick foxes'), null),
    (2, 'beta', 20, false, '{b,c}', '{"k":2}', '[5,10)', to_tsvector('english', 'a lazy dog'), 1),
    (3, 'Gamma', null, null, '{}', '{}', '[20,30)', to_tsvector('english', 'brown foxes jump'), 1);
  create table written (id int primary key, name text default 'unnamed', n int);
  create function add(a int, b int) returns int language sql immutable as $$ select a + b $$;
  create function below(most int) returns setof things language sql stable as $$ select * from things where id <= most $$;
  create function slow() returns int language sql as $$ select pg_sleep(20); select 1 $$;
  create schema other;
  create table other.elsewhere (id int);
  insert into other.elsewhere values (7);
  grant usage on schema other to anon;
  grant select on other.elsewhere to anon;
  -- what PostGIS would bring; the embedded Postgres has none
  create function st_asgeojson(row_ things) returns text language sql
    as $$ select json_build_object('type', 'Feature', 'properties', json_build_object('id', row_.id), 'geometry', null)::text $$;`
