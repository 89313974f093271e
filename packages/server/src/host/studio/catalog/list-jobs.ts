/** What runs by itself: jobs with their runs, queues, webhooks with their deliveries, and the names in the vault. Tables of extensions, so read as the operator's login. */
import type { ProjectDatabase } from '#host/control-plane/inspect'
import type { Transaction } from '#base/db'
import { decodeRows } from '#base/db'
import { quoteIdentifier, quoteLiteral, sql } from '#base/sql'
import type { Statement } from '#base/sql'
import { catalogErrors } from './errors.ts'

const maxBytes = 4 * 1024 * 1024
const maxRows = 1000

/** Null where there is no such table: the extension is not made. */
async function readTable(
  transaction: Transaction,
  table: string,
  statement: Statement,
): Promise<object[] | null> {
  const [found] = await transaction.rows<{ is: boolean }>(
    sql`/* studio.hasTable */ select pg_catalog.to_regclass(${table}) is not null as is`,
  )
  if (found?.is !== true) return null
  return decodeRows<object>(await transaction.firstRows(statement, maxRows, maxBytes))
}

export function readCron(database: ProjectDatabase): Promise<object> {
  return database.as({ readOnly: true }, async (transaction) => {
    const jobs = await readTable(transaction, 'cron.job', listJobs)
    const runs =
      jobs === null ? null : await readTable(transaction, 'cron.job_run_details', listRuns)
    return { available: jobs !== null, jobs: jobs ?? [], runs: runs ?? [] }
  })
}

const listJobs = sql`/* studio.listJobs */
  select jobid::text as id, jobname as name, schedule, left(command, 10000) as command, username, database, active
  from cron.job order by jobid`

const listRuns = sql`/* studio.listJobRuns */
  select runid::text as id, jobid::text as job_id, status, left(return_message, 10000) as message,
    to_char(start_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as started_at,
    (extract(epoch from end_time - start_time) * 1000)::float8 as ms
  from cron.job_run_details order by runid desc limit 200`

/** At most 200 queues are measured. */
export function readQueues(database: ProjectDatabase): Promise<object> {
  return database.as({ readOnly: true }, async (transaction) => {
    const found = (await readTable(transaction, 'pgmq.meta', listQueues)) as
      | { name: string }[]
      | null
    const queues = []
    for (const queue of (found ?? []).slice(0, 200))
      queues.push({ ...queue, ...(await measureQueue(transaction, queue.name)) })
    return { available: found !== null, queues }
  })
}

const listQueues = sql`/* studio.listQueues */
  select queue_name as name, is_unlogged as unlogged, is_partitioned as partitioned,
    to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as created_at
  from pgmq.meta order by 1`

/** Its table may be gone although it is still listed. */
async function measureQueue(transaction: Transaction, name: string): Promise<object> {
  const nothing = { messages: null, visible: null, oldest_seconds: null, archived: null }
  const tables = ['q', 'a'].map(
    (prefix) => `pgmq.${quoteIdentifier(`${prefix}_${name.toLowerCase()}`)}`,
  )
  const [queue = '', archive = ''] = tables
  const exists = tables.map((table) => `to_regclass(${quoteLiteral(table)}) is not null`)
  const [found] = await transaction.rows<{ is: boolean }>({
    name: 'studio.hasQueue',
    text: `/* studio.hasQueue */ select ${exists.join(' and ')} as is`,
    values: [],
  })
  if (found?.is !== true) return nothing
  const [measured] = await transaction.rows<object>({
    name: 'studio.measureQueue',
    text: `/* studio.measureQueue */ select count(*) as messages, count(*) filter (where vt <= clock_timestamp()) as visible,
        extract(epoch from clock_timestamp() - min(enqueued_at))::float8 as oldest_seconds,
        (select nullif(reltuples, -1)::bigint from pg_class where oid = ${quoteLiteral(archive)}::regclass) as archived
      from (select vt, enqueued_at from ${queue} limit 1000000) q`,
    values: [],
  })
  return measured ?? nothing
}

/** Hooks are triggers that call supabase_functions.http_request; deliveries the newest 200. */
export function readWebhooks(database: ProjectDatabase): Promise<object> {
  return database.as({ readOnly: true }, async (transaction) => {
    const hooks = await transaction.rows<object>(listHooks)
    const hasHooks = await readTable(
      transaction,
      'supabase_functions.hooks',
      sql`/* studio.nothing */ select`,
    )
    const responses = await readTable(
      transaction,
      'net._http_response',
      sql`/* studio.nothing */ select`,
    )
    const deliveries =
      hasHooks === null || responses === null
        ? []
        : await readTable(transaction, 'supabase_functions.hooks', listDeliveries)
    return { available: hasHooks !== null, hooks, deliveries: deliveries ?? [] }
  })
}

const listHooks = sql`/* studio.listHooks */
  select t.tgname as name, n.nspname as schema, c.oid as table_oid, c.relname as table, t.tgenabled <> 'D' as enabled,
    left(pg_get_triggerdef(t.oid), 10000) as definition
  from pg_catalog.pg_trigger t join pg_catalog.pg_class c on c.oid = t.tgrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_proc p on p.oid = t.tgfoid join pg_catalog.pg_namespace f on f.oid = p.pronamespace
  where not t.tgisinternal and f.nspname = 'supabase_functions' and p.proname = 'http_request'
  order by 2, 4, 1 limit 1000`

const listDeliveries = sql`/* studio.listDeliveries */
  select h.id::text as id, h.hook_name as hook, c.relname as table, n.nspname as schema,
    to_char(h.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at,
    r.status_code, r.timed_out, left(r.error_msg, 2000) as error, left(r.content, 2000) as answer
  from (select * from supabase_functions.hooks order by id desc limit 200) h
    left join pg_class c on c.oid = h.hook_table_id left join pg_namespace n on n.oid = c.relnamespace
    left join net._http_response r on r.id = h.request_id
  order by h.id desc`

/** Names, never what they stand for. */
export function readVault(database: ProjectDatabase): Promise<object> {
  return database.as({ readOnly: true }, async (transaction) => {
    const secrets = await readTable(transaction, 'vault.secrets', listSecrets)
    return { available: secrets !== null, secrets: secrets ?? [] }
  })
}

const listSecrets = sql`/* studio.listSecrets */
  select id, name, left(description, 2000) as description,
    to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as created_at,
    to_char(updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as updated_at
  from vault.secrets order by name, id limit 1000`

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** @throws studio_secret_not_found */
export async function readSecret(database: ProjectDatabase, id: string): Promise<string> {
  if (!uuid.test(id)) throw catalogErrors.studio_secret_not_found()
  const rows = await database.as({}, (transaction) =>
    transaction.rows<{ value: string }>(sql`/* studio.readSecret */
      select decrypted_secret as value from vault.decrypted_secrets where id = ${id}::uuid`),
  )
  if (rows[0] === undefined) throw catalogErrors.studio_secret_not_found()
  return rows[0].value
}
