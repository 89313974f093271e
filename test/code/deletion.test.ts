/** Repositories that are deleted while workers are at them: nobody waits for the other in a circle. */
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCode } from '@basalt/code'
import { startTestService } from './test-service.ts'
import type { TestService, TestUser } from './test-service.ts'

let service: TestService
let ann: TestUser
let db: pg.Client
const clients: pg.Client[] = []
beforeAll(async () => {
  service = await startTestService({ works: false })
  ann = await service.signUp('ann')
  db = await connect()
})
afterAll(async () => {
  for (const client of clients) await client.end()
  await service.close()
})

async function connect(): Promise<pg.Client> {
  const client = new pg.Client(service.platform.databaseUrl)
  clients.push(client)
  await client.connect()
  return client
}

async function create(url: string): Promise<{ readonly id: string; readonly job: string }> {
  const body = { git_url: url }
  const made = await service.ask('/api/v1/repositories', ann.key, { method: 'POST', body })
  return { id: made.body.id, job: made.body.job_id }
}

const startWorker = () =>
  startCode({ config: service.config, log: () => {}, serves: false, works: true })

const statusOf = async (job: string): Promise<string | undefined> =>
  (await db.query<{ status: string }>('select status from indexing_jobs where id = $1', [job]))
    .rows[0]?.status

/** How many statements that begin so wait for a lock. */
const waiting = async (text: string): Promise<number | undefined> =>
  (
    await db.query<{ count: number }>(
      `select count(*)::int from pg_stat_activity where wait_event_type = 'Lock' and query like $1 || '%'`,
      [text],
    )
  ).rows[0]?.count

test('of many repositories that are deleted at once no job is taken, and those of others are', async () => {
  const first = await create(`${service.git.url}/first.git`)
  const second = await create(`${service.git.url}/second.git`)
  const kept = await create(`${service.git.url}/kept.git`)
  await db.query(
    `insert into indexed_files (repository_id, path, content_hash, size_bytes) values ($1, 'a', '', 1)`,
    [first.id],
  )
  await db.query('update indexing_jobs set status = $2 where id = $1', [first.job, 'completed'])
  const [holder, deleter] = [await connect(), await connect()]
  await holder.query('begin')
  await holder.query('select from indexed_files where repository_id = $1 for update', [first.id])
  const both = [first.id, second.id]
  const deleted = deleter.query('delete from repositories where id = any ($1)', [both])
  await expect.poll(() => waiting('delete'), { interval: 10 }).toBe(1)
  const worker = await startWorker()
  try {
    // behind that of the second one
    await expect.poll(() => statusOf(kept.job), { interval: 10 }).toBe('failed')
    await holder.query('rollback')
    expect(await deleted).toMatchObject({ rowCount: 2 })
    expect(await statusOf(second.job)).toBeUndefined()
  } finally {
    await worker.close()
  }
})

test('a repository that is deleted between two statements of its worker is gone a moment later', async () => {
  const origin = service.git.create('held')
  origin.commit({ 'held.txt': 'one\n' })
  await origin.push()
  const { id, job } = await create(origin.url)
  await service.platform.script(`
    create function public.hold() returns trigger language plpgsql as $$
      begin perform pg_advisory_xact_lock(7); return new; end $$;
    create trigger hold before insert on public.indexed_files for each row when (new.path = 'held.txt')
      execute function public.hold()`)
  const worker = await startWorker()
  try {
    await expect.poll(() => statusOf(job), { interval: 10 }).toBe('completed')
    await db.query('select pg_advisory_lock(7)')
    origin.commit({ 'held.txt': 'two\n' })
    await origin.push()
    await service.ask(`/api/v1/repositories/${id}/index`, ann.key, { method: 'POST', body: {} })
    // what was there of the file has gone, what comes is not there
    await expect.poll(() => waiting('/* code.insertFiles'), { interval: 10 }).toBe(1)
    const deleted = (await connect()).query('delete from repositories where id = $1', [id])
    await expect.poll(() => waiting('delete'), { interval: 10 }).toBe(1)
    await db.query('select pg_advisory_unlock(7)')
    expect(await deleted).toMatchObject({ rowCount: 1 })
  } finally {
    await worker.close()
  }
})

test('old payloads, jobs, deliveries and usage go, but not the newest job of a repository, nor what waits', async () => {
  const { id, job } = await create(`${service.git.url}/years.git`)
  await db.query(
    `with delivery as (
       insert into webhook_deliveries (repository_id, delivery_id, event_type, status, payload, received_at)
       select $1::uuid, days::text, 'push', 'processed', '{}', now() - days * interval '1 day' from unnest(array[1, 8, 91]) days)
     insert into indexing_jobs (repository_id, job_type, status, queued_at, finished_at)
     select $1::uuid, 'full_index', 'completed', now() - days * interval '1 day', now() - days * interval '1 day'
     from unnest(array[1, 91]) days`,
    [id],
  )
  await db.query(
    `insert into usage_metrics (api_key_id, endpoint, method, status_code, response_time_ms, created_at)
     select $1, '/of ' || days, 'GET', 200, 1, now() - days * interval '1 day' from unnest(array[89, 91]) days`,
    [ann.keyId],
  )
  await db.query(`update indexing_jobs set run_at = now() + interval '1 day' where id = $1`, [job])
  const left = async () => {
    const { rows } = await db.query<{
      deliveries: string[]
      payloads: string[]
      jobs: string[]
      usage: string[]
    }>(
      `select
         (select array_agg(delivery_id order by id) from webhook_deliveries where repository_id = $1) as deliveries,
         (select array_agg(delivery_id order by id) from webhook_deliveries where repository_id = $1 and payload is not null) as payloads,
         (select array_agg(status order by status) from indexing_jobs where repository_id = $1) as jobs,
         (select array_agg(endpoint order by endpoint) from usage_metrics where endpoint like '/of %') as usage`,
      [id],
    )
    return rows[0]
  }
  expect((await left())?.jobs).toEqual(['completed', 'completed', 'queued'])
  const worker = await startWorker()
  try {
    const expected = {
      deliveries: ['1', '8'],
      payloads: ['1'],
      jobs: ['completed', 'queued'],
      usage: ['/of 89'],
    }
    await expect.poll(left, { interval: 10 }).toEqual(expected)
  } finally {
    await worker.close()
  }
})
