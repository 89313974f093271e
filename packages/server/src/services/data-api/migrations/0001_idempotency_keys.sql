-- Answers of client transactions by Idempotency-Key, so that one sent twice runs once. No API role may read them.
create schema if not exists basalt;

create table basalt.idempotency_keys (
  role text not null,
  subject text not null,
  key text not null,
  request_hash text not null,
  status integer not null,
  body text not null,
  created_at timestamptz not null default now(),
  primary key (role, subject, key)
);
create index idempotency_keys_created_at on basalt.idempotency_keys (created_at);
alter table basalt.idempotency_keys enable row level security;
revoke all on basalt.idempotency_keys from public, anon, authenticated, service_role;

-- Takes the key until the transaction ends; `claimed` is false while another one has it. With what is stored for it, if anything.
create function basalt.claim_idempotency_key(p_role text, p_subject text, p_key text)
returns table (claimed boolean, request_hash text, status integer, body text)
language plpgsql security definer set search_path = '' as $$
begin
  if not pg_catalog.pg_try_advisory_xact_lock(
    pg_catalog.hashtextextended(pg_catalog.json_build_array(p_role, p_subject, p_key)::text, 7236502)
  ) then
    return query select false, null::text, null::integer, null::text;
    return;
  end if;
  -- a serializable transaction that read here would conflict with every other one that writes here: it asks in one of its own before
  if pg_catalog.current_setting('transaction_isolation') <> 'read committed' then
    return query select true, null::text, null::integer, null::text;
    return;
  end if;
  delete from basalt.idempotency_keys as old where old.ctid = any (array(
    select expired.ctid from basalt.idempotency_keys as expired
    where expired.created_at <= pg_catalog.now() - interval '24 hours'
    order by expired.created_at limit 20 for update skip locked
  ));
  return query
    select true, stored.request_hash, stored.status, stored.body
    from (select 1) as always
    left join basalt.idempotency_keys as stored
      on stored.role = p_role and stored.subject = p_subject and stored.key = p_key
      and stored.created_at > pg_catalog.now() - interval '24 hours';
end $$;

-- Stores the answer in the transaction that made it. Fails with 23505, or 40001 under a stricter isolation, if another one was faster.
create function basalt.store_idempotent_response(
  p_role text, p_subject text, p_key text, p_request_hash text, p_status integer, p_body text
) returns void
language plpgsql security definer set search_path = '' as $$
begin
  insert into basalt.idempotency_keys as stored (role, subject, key, request_hash, status, body)
  values (p_role, p_subject, p_key, p_request_hash, p_status, p_body)
  on conflict (role, subject, key) do update
    set request_hash = excluded.request_hash, status = excluded.status, body = excluded.body, created_at = excluded.created_at
    where stored.created_at <= pg_catalog.now() - interval '24 hours';
  if not found then
    raise unique_violation using message = 'the idempotency key was used meanwhile';
  end if;
end $$;

revoke all on function basalt.claim_idempotency_key(text, text, text) from public, anon, authenticated, service_role;
revoke all on function basalt.store_idempotent_response(text, text, text, text, integer, text) from public, anon, authenticated, service_role;
grant usage on schema basalt to authenticator;
grant execute on function basalt.claim_idempotency_key(text, text, text) to authenticator;
grant execute on function basalt.store_idempotent_response(text, text, text, text, integer, text) to authenticator;
