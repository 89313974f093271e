-- Replays of one key at the same time are all answered: only who would run it takes the key.
create or replace function basalt.claim_idempotency_key(p_role text, p_subject text, p_key text)
returns table (claimed boolean, request_hash text, status integer, body text)
language plpgsql security definer set search_path = '' as $$
declare
  -- a serializable transaction that read here would conflict with every other one that writes here: it asks in one of its own before
  reads constant boolean := pg_catalog.current_setting('transaction_isolation') = 'read committed';
begin
  for attempt in 1..2 loop
    if reads then
      return query
        select true, stored.request_hash, stored.status, stored.body from basalt.idempotency_keys as stored
        where stored.role = p_role and stored.subject = p_subject and stored.key = p_key
          and stored.created_at > pg_catalog.now() - interval '24 hours';
      if found then return; end if;
    end if;
    -- looked once more with the key in hand: who had it may have stored an answer in between
    exit when attempt = 2;
    if not pg_catalog.pg_try_advisory_xact_lock(
      pg_catalog.hashtextextended(pg_catalog.json_build_array(p_role, p_subject, p_key)::text, 7236502)
    ) then
      return query select false, null::text, null::integer, null::text;
      return;
    end if;
  end loop;
  if reads then
    delete from basalt.idempotency_keys as old where old.ctid = any (array(
      select expired.ctid from basalt.idempotency_keys as expired
      where expired.created_at <= pg_catalog.now() - interval '24 hours'
      order by expired.created_at limit 20 for update skip locked
    ));
  end if;
  return query select true, null::text, null::integer, null::text;
end $$;
