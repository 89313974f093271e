-- pg_jsonschema: JSON Schema of drafts 4 to 2020-12. Refused: unevaluatedProperties, unevaluatedItems, $dynamicRef,
-- $recursiveRef, and references that leave the schema. Unknown words are annotations, as the standard has it.
set local search_path = pg_catalog, pg_temp;

create function @extschema@.jsonschema_is_type(instance jsonb, type text) returns bool
  language sql immutable strict parallel safe set search_path = pg_catalog, pg_temp
  return case type
    when 'integer' then jsonb_typeof(instance) = 'number'
      and case when jsonb_typeof(instance) = 'number' then (instance #>> '{}')::numeric % 1 = 0 end
    else jsonb_typeof(instance) = type
  end;

-- What a reference within the schema points to: `#`, `#/$defs/name`.
create function @extschema@.jsonschema_resolve(root jsonb, reference text) returns jsonb
  language plpgsql immutable strict parallel safe set search_path = pg_catalog, pg_temp
as $$
declare
  target jsonb := root;
  token text;
begin
  if reference = '#' then
    return root;
  elsif reference !~ '^#/' then
    raise exception 'pg_jsonschema: the reference "%" leaves the schema', reference using errcode = '0A000',
      hint = 'References within the schema work: #/$defs/name.';
  end if;
  foreach token in array string_to_array(substr(reference, 3), '/') loop
    token := replace(replace(replace(replace(token, '%25', '%'), '%22', '"'), '~1', '/'), '~0', '~');
    target := case when jsonb_typeof(target) = 'array' and token ~ '^\d{1,9}$' then target -> token::int4 else target -> token end;
  end loop;
  if target is null then
    raise exception 'pg_jsonschema: nothing in the schema is at "%"', reference using errcode = '22023';
  end if;
  return target;
end $$;

create function @extschema@.jsonschema_is_format(value text, format text) returns bool
  language sql immutable strict parallel safe set search_path = pg_catalog, pg_temp
  return case format
    when 'date' then value ~ '^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$'
    when 'time' then value ~* '^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(z|[+-]\d{2}:\d{2})$'
    when 'date-time' then value ~* '^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])t([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(z|[+-]\d{2}:\d{2})$'
    when 'email' then value ~ '^[^@\s]+@[^@\s]+$'
    when 'ipv4' then value ~ '^((25[0-5]|2[0-4]\d|1?\d?\d)(\.(?!$)|$)){4}$'
    when 'ipv6' then value ~ '^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$'
    when 'uri' then value ~ '^[A-Za-z][A-Za-z0-9+.-]*:\S*$'
    when 'hostname' then value ~ '^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$'
    else true
  end;

-- The words about numbers and strings.
create function @extschema@.jsonschema_scalar_errors(schema jsonb, instance jsonb, root jsonb) returns text[]
  language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp
as $$
declare
  errors text[] := '{}';
  number numeric;
  line text;
begin
  if jsonb_typeof(instance) = 'number' then
    number := (instance #>> '{}')::numeric;
    if number < (schema ->> 'minimum')::numeric then
      errors := errors || format('%s is less than the minimum of %s', instance, schema -> 'minimum');
    end if;
    if number > (schema ->> 'maximum')::numeric then
      errors := errors || format('%s is greater than the maximum of %s', instance, schema -> 'maximum');
    end if;
    -- a number, or in draft 4 a word that changes `minimum`
    if (case jsonb_typeof(schema -> 'exclusiveMinimum') when 'number' then number <= (schema ->> 'exclusiveMinimum')::numeric
        when 'boolean' then (schema ->> 'exclusiveMinimum')::bool and number = (schema ->> 'minimum')::numeric end) then
      errors := errors || format('%s is less than or equal to the minimum of %s', instance, coalesce(nullif(schema -> 'exclusiveMinimum', 'true'), schema -> 'minimum'));
    end if;
    if (case jsonb_typeof(schema -> 'exclusiveMaximum') when 'number' then number >= (schema ->> 'exclusiveMaximum')::numeric
        when 'boolean' then (schema ->> 'exclusiveMaximum')::bool and number = (schema ->> 'maximum')::numeric end) then
      errors := errors || format('%s is greater than or equal to the maximum of %s', instance, coalesce(nullif(schema -> 'exclusiveMaximum', 'true'), schema -> 'maximum'));
    end if;
    if number % nullif((schema ->> 'multipleOf')::numeric, 0) <> 0 then
      errors := errors || format('%s is not a multiple of %s', instance, schema -> 'multipleOf');
    end if;
  elsif jsonb_typeof(instance) = 'string' then
    line := instance #>> '{}';
    if length(line) < (schema ->> 'minLength')::numeric then
      errors := errors || format('%s is shorter than %s characters', instance, schema -> 'minLength');
    end if;
    if length(line) > (schema ->> 'maxLength')::numeric then
      errors := errors || format('%s is longer than %s characters', instance, schema -> 'maxLength');
    end if;
    if line !~ (schema ->> 'pattern') then
      errors := errors || format('%s does not match %s', instance, schema -> 'pattern');
    end if;
    -- since draft 2019-09 a format is an annotation
    if root ->> '$schema' ~ 'draft-0[467]' and not @extschema@.jsonschema_is_format(line, schema ->> 'format') then
      errors := errors || format('%s is not a %s', instance, schema -> 'format');
    end if;
  end if;
  return errors;
end $$;

create function @extschema@.jsonschema_errors(schema jsonb, instance jsonb, root jsonb, depth int4) returns text[]
  language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp
as $$
declare
  errors text[] := '{}';
  kind text := jsonb_typeof(instance);
  entry record;
  part record;
  matched int4;
  known bool;
  word text;
begin
  if schema = 'true'::jsonb then
    return errors;
  elsif schema = 'false'::jsonb then
    return array[format('False schema does not allow %s', instance)];
  elsif depth > 100 then
    raise exception 'pg_jsonschema: more than 100 levels' using errcode = '54001', hint = 'Does a reference lead back to itself?';
  elsif jsonb_typeof(schema) is distinct from 'object' then
    raise exception 'pg_jsonschema: % is no schema', schema using errcode = '22023';
  end if;
  foreach word in array array['unevaluatedProperties', 'unevaluatedItems', '$dynamicRef', '$recursiveRef'] loop
    if schema ? word then
      raise exception 'pg_jsonschema: this server does not know "%"', word using errcode = '0A000';
    end if;
  end loop;
  if schema ? '$ref' then
    errors := @extschema@.jsonschema_errors(@extschema@.jsonschema_resolve(root, schema ->> '$ref'), instance, root, depth + 1);
    if root ->> '$schema' ~ 'draft-0[467]' then
      return errors;
    end if;
  end if;

  if jsonb_typeof(schema -> 'type') = 'string' and not @extschema@.jsonschema_is_type(instance, schema ->> 'type') then
    errors := errors || format('%s is not of type %s', instance, schema -> 'type');
  elsif jsonb_typeof(schema -> 'type') = 'array' and not exists (
    select from jsonb_array_elements_text(schema -> 'type') as types (type) where @extschema@.jsonschema_is_type(instance, type)) then
    errors := errors || format('%s is not of types %s', instance, (select string_agg(type::text, ', ') from jsonb_array_elements(schema -> 'type') as types (type)));
  end if;
  if schema ? 'enum' and not exists (select from jsonb_array_elements(schema -> 'enum') as choices (choice) where choice = instance) then
    errors := errors || format('%s is not one of %s', instance, schema -> 'enum');
  end if;
  if schema ? 'const' and schema -> 'const' <> instance then
    errors := errors || format('%s was expected', schema -> 'const');
  end if;
  errors := errors || @extschema@.jsonschema_scalar_errors(schema, instance, root);
  if kind = 'array' then
    errors := errors || @extschema@.jsonschema_array_errors(schema, instance, root, depth);
  elsif kind = 'object' then
    errors := errors || @extschema@.jsonschema_object_errors(schema, instance, root, depth);
  end if;

  for entry in select value from jsonb_array_elements(schema -> 'allOf') loop
    errors := errors || @extschema@.jsonschema_errors(entry.value, instance, root, depth + 1);
  end loop;
  if schema ? 'anyOf' and not exists (select from jsonb_array_elements(schema -> 'anyOf') as choices (choice)
    where cardinality(@extschema@.jsonschema_errors(choice, instance, root, depth + 1)) = 0) then
    errors := errors || format('%s is not valid under any of the schemas listed in the ''anyOf'' keyword', instance);
  end if;
  if schema ? 'oneOf' then
    matched := (select count(*) from jsonb_array_elements(schema -> 'oneOf') as choices (choice)
      where cardinality(@extschema@.jsonschema_errors(choice, instance, root, depth + 1)) = 0);
    if matched <> 1 then
      errors := errors || format(case when matched = 0 then '%s is not valid under any of the schemas listed in the ''oneOf'' keyword'
        else '%s is valid under more than one of the schemas listed in the ''oneOf'' keyword' end, instance);
    end if;
  end if;
  if schema ? 'not' and cardinality(@extschema@.jsonschema_errors(schema -> 'not', instance, root, depth + 1)) = 0 then
    errors := errors || format('%s is not allowed for %s', schema -> 'not', instance);
  end if;
  if schema ? 'if' then
    known := cardinality(@extschema@.jsonschema_errors(schema -> 'if', instance, root, depth + 1)) = 0;
    word := case when known then 'then' else 'else' end;
    if schema ? word then
      errors := errors || @extschema@.jsonschema_errors(schema -> word, instance, root, depth + 1);
    end if;
  end if;
  return errors;
end $$;

create function @extschema@.jsonschema_array_errors(schema jsonb, instance jsonb, root jsonb, depth int4) returns text[]
  language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp
as $$
declare
  errors text[] := '{}';
  size int4 := jsonb_array_length(instance);
  -- tuples: `items` as a list until 2019-09, then `prefixItems`
  is_old bool := jsonb_typeof(schema -> 'items') = 'array';
  tuple jsonb := case when is_old then schema -> 'items' else coalesce(schema -> 'prefixItems', '[]') end;
  rest jsonb := case when is_old then schema -> 'additionalItems' else schema -> 'items' end;
  entry record;
  own jsonb;
  matched int4;
begin
  if size < (schema ->> 'minItems')::numeric then
    errors := errors || format('%s has less than %s items', instance, schema -> 'minItems');
  end if;
  if size > (schema ->> 'maxItems')::numeric then
    errors := errors || format('%s has more than %s items', instance, schema -> 'maxItems');
  end if;
  if schema -> 'uniqueItems' = 'true' and (select count(distinct value) < count(*) from jsonb_array_elements(instance)) then
    errors := errors || format('%s has non-unique elements', instance);
  end if;
  for entry in select value, ordinality::int4 as place from jsonb_array_elements(instance) with ordinality loop
    own := coalesce(tuple -> (entry.place - 1), rest);
    if own is not null then
      errors := errors || @extschema@.jsonschema_errors(own, entry.value, root, depth + 1);
    end if;
  end loop;
  if schema ? 'contains' then
    matched := (select count(*) from jsonb_array_elements(instance) as items (item)
      where cardinality(@extschema@.jsonschema_errors(schema -> 'contains', item, root, depth + 1)) = 0);
    if matched < coalesce((schema ->> 'minContains')::numeric, 1) or matched > (schema ->> 'maxContains')::numeric then
      errors := errors || format('%s: %s of its items are valid under the schema of ''contains''', instance, matched);
    end if;
  end if;
  return errors;
end $$;

create function @extschema@.jsonschema_object_errors(schema jsonb, instance jsonb, root jsonb, depth int4) returns text[]
  language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp
as $$
declare
  errors text[] := '{}';
  entry record;
  part record;
  known bool;
  dependencies jsonb := coalesce(schema -> 'dependencies', '{}') || coalesce(schema -> 'dependentRequired', '{}');
begin
  for entry in select value from jsonb_array_elements(case when jsonb_typeof(schema -> 'required') = 'array' then schema -> 'required' end) loop
    if not instance ? (entry.value #>> '{}') then
      errors := errors || format('%s is a required property', entry.value);
    end if;
  end loop;
  if (select count(*) from jsonb_object_keys(instance)) < (schema ->> 'minProperties')::numeric then
    errors := errors || format('%s has less than %s properties', instance, schema -> 'minProperties');
  end if;
  if (select count(*) from jsonb_object_keys(instance)) > (schema ->> 'maxProperties')::numeric then
    errors := errors || format('%s has more than %s properties', instance, schema -> 'maxProperties');
  end if;
  for entry in select key, value from jsonb_each(instance) loop
    known := schema -> 'properties' ? entry.key;
    if known then
      errors := errors || @extschema@.jsonschema_errors(schema -> 'properties' -> entry.key, entry.value, root, depth + 1);
    end if;
    for part in select key as pattern, value as own from jsonb_each(schema -> 'patternProperties') loop
      if entry.key ~ part.pattern then
        known := true;
        errors := errors || @extschema@.jsonschema_errors(part.own, entry.value, root, depth + 1);
      end if;
    end loop;
    if known is not true and schema -> 'additionalProperties' = 'false' then
      errors := errors || format('Additional properties are not allowed (''%s'' was unexpected)', entry.key);
    elsif known is not true and schema ? 'additionalProperties' then
      errors := errors || @extschema@.jsonschema_errors(schema -> 'additionalProperties', entry.value, root, depth + 1);
    end if;
    if schema ? 'propertyNames' then
      errors := errors || @extschema@.jsonschema_errors(schema -> 'propertyNames', to_jsonb(entry.key), root, depth + 1);
    end if;
    if jsonb_typeof(dependencies -> entry.key) = 'array' then
      for part in select value from jsonb_array_elements_text(dependencies -> entry.key) loop
        if not instance ? part.value then
          errors := errors || format('"%s" is a required property', part.value);
        end if;
      end loop;
    elsif dependencies ? entry.key then
      errors := errors || @extschema@.jsonschema_errors(dependencies -> entry.key, instance, root, depth + 1);
    end if;
    if schema -> 'dependentSchemas' ? entry.key then
      errors := errors || @extschema@.jsonschema_errors(schema -> 'dependentSchemas' -> entry.key, instance, root, depth + 1);
    end if;
  end loop;
  return errors;
end $$;

create function @extschema@.json_matches_schema(schema json, instance json) returns bool
  language sql immutable strict parallel safe
  return cardinality(@extschema@.jsonschema_errors(schema::jsonb, instance::jsonb, schema::jsonb, 0)) = 0;
create function @extschema@.jsonb_matches_schema(schema json, instance jsonb) returns bool
  language sql immutable strict parallel safe
  return cardinality(@extschema@.jsonschema_errors(schema::jsonb, instance, schema::jsonb, 0)) = 0;
create function @extschema@.jsonschema_validation_errors(schema json, instance json) returns text[]
  language sql immutable strict parallel safe
  return @extschema@.jsonschema_errors(schema::jsonb, instance::jsonb, schema::jsonb, 0);

-- Whether the words of a schema have values they can have.
create function @extschema@.jsonschema_is_valid(schema json) returns bool
  language plpgsql immutable strict parallel safe set search_path = pg_catalog, pg_temp
as $$
declare
  count constant jsonb := '{"type": "integer", "minimum": 0}';
  number constant jsonb := '{"type": "number"}';
  own constant jsonb := '{"$ref": "#"}';
  list constant jsonb := '{"type": "array", "minItems": 1, "items": {"$ref": "#"}}';
  by_name constant jsonb := '{"type": "object", "additionalProperties": {"$ref": "#"}}';
  names constant jsonb := '{"type": "array", "items": {"type": "string"}, "uniqueItems": true}';
  type constant jsonb := '{"enum": ["array", "boolean", "integer", "null", "number", "object", "string"]}';
  meta jsonb := jsonb_build_object('type', '["object", "boolean"]'::jsonb, 'properties', jsonb_build_object(
    'type', jsonb_build_object('anyOf', jsonb_build_array(type, jsonb_build_object('type', 'array', 'items', type, 'minItems', 1, 'uniqueItems', true))),
    'multipleOf', '{"type": "number", "exclusiveMinimum": 0}'::jsonb, 'minimum', number, 'maximum', number,
    'exclusiveMinimum', '{"type": ["number", "boolean"]}'::jsonb, 'exclusiveMaximum', '{"type": ["number", "boolean"]}'::jsonb,
    'minLength', count, 'maxLength', count, 'minItems', count, 'maxItems', count, 'minProperties', count, 'maxProperties', count,
    'minContains', count, 'maxContains', count, 'pattern', '{"type": "string"}'::jsonb, 'uniqueItems', '{"type": "boolean"}'::jsonb,
    'required', names, 'enum', '{"type": "array"}'::jsonb, 'properties', by_name, 'patternProperties', by_name,
    '$defs', by_name, 'definitions', by_name, 'dependentSchemas', by_name, '$ref', '{"type": "string"}'::jsonb
  ) || jsonb_build_object(
    'additionalProperties', own, 'propertyNames', own, 'items', jsonb_build_object('anyOf', jsonb_build_array(own, list)),
    'additionalItems', own, 'prefixItems', list, 'contains', own, 'allOf', list, 'anyOf', list, 'oneOf', list,
    'not', own, 'if', own, 'then', own, 'else', own, 'format', '{"type": "string"}'::jsonb,
    'dependentRequired', jsonb_build_object('type', 'object', 'additionalProperties', names)));
  errors text[] := @extschema@.jsonschema_errors(meta, schema::jsonb, meta, 0);
begin
  if cardinality(errors) > 0 then
    raise notice 'Invalid JSON schema: %', errors[1];
  end if;
  return cardinality(errors) = 0;
end $$;
