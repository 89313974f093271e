/** Jobs that do not simply succeed: cancelled while they run, tried again and again, their folder taken away. */
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestService } from './test-service.ts'
import type { TestService, TestUser } from './test-service.ts'

let service: TestService
let ann: TestUser
beforeAll(async () => {
  service = await startTestService({ environment: { CODE_ALLOWED_HOSTS: '127.0.0.1' } })
  ann = await service.signUp('ann')
  await service.platform.script(`
    create function public.hold() returns trigger language plpgsql as $$
      begin perform pg_advisory_xact_lock(7); return new; end $$;
    create trigger hold before insert on public.indexed_files for each row when (new.path = 'held.txt')
      execute function public.hold()`)
})
afterAll(() => service.close())

const post = (path: string) => service.ask(path, ann.key, { method: 'POST', body: {} })
const cancel = (job: string) =>
  service.ask(`/api/v1/jobs/${job}/cancel`, ann.key, { method: 'POST' })
const stateOf = async (job: string) =>
  (await ann.client.from('indexing_jobs').select('status, attempts').eq('id', job)).data?.[0]
const statusOf = async (job: string) => (await stateOf(job))?.status as string
const filesOf = async (repository: string) =>
  (
    (await ann.client.from('indexed_files').select('path').eq('repository_id', repository)).data ??
    []
  ).length

async function register(url: string): Promise<{ id: string; job_id: string }> {
  const body = { git_url: url }
  const made = await service.ask('/api/v1/repositories', ann.key, { method: 'POST', body })
  expect(made.status, JSON.stringify(made.body)).toBe(201)
  return made.body
}

/** What writes a file called `held.txt` waits until it is let go. */
async function hold(): Promise<() => Promise<void>> {
  const holder = new pg.Client(service.platform.databaseUrl)
  await holder.connect()
  await holder.query('begin')
  await holder.query('select pg_advisory_xact_lock(7)')
  return async () => {
    await holder.query('commit')
    await holder.end()
  }
}

test('a branch that is not there, and a repository without commits, are told apart', async () => {
  const origin = service.git.create('nothing')
  const { id, job_id } = await register(origin.url)
  const messageOf = async (job: string) =>
    (await service.ask(`/api/v1/jobs/${job}`, ann.key)).body.error_message
  await expect.poll(() => statusOf(job_id)).toBe('failed')
  expect(await messageOf(job_id)).toBe(
    'The repository has no commits yet, or its HEAD is of no branch.',
  )
  await ann.client.from('repositories').update({ default_branch: 'trunk' }).eq('id', id)
  const other = (await post(`/api/v1/repositories/${id}/index`)).body.job_id
  await expect.poll(() => statusOf(other)).toBe('failed')
  expect(await messageOf(other)).toBe('The branch trunk is not in the repository.')
})

test('another branch that is chosen is indexed, and lines are counted', async () => {
  const origin = service.git.create('branches')
  origin.commit({ 'main.ts': 'export const one = 1\n', 'empty.ts': '', 'open.ts': 'a\nb' })
  await origin.push()
  const { id, job_id } = await register(origin.url)
  await expect.poll(() => statusOf(job_id)).toBe('completed')
  const files = async () =>
    (
      await ann.client
        .from('indexed_files')
        .select('path, line_count')
        .eq('repository_id', id)
        .order('path')
    ).data
  expect(await files()).toEqual([
    { path: 'empty.ts', line_count: 0 },
    { path: 'main.ts', line_count: 1 },
    { path: 'open.ts', line_count: 2 },
  ])
  origin.git('checkout', '-q', '-b', 'next')
  origin.commit({ 'main.ts': null, 'empty.ts': null, 'open.ts': null, 'next.ts': '1\n2\n' })
  origin.git('push', '-q', origin.bare, 'next')
  await ann.client.from('repositories').update({ default_branch: 'next' }).eq('id', id)
  await expect.poll(files).toEqual([{ path: 'next.ts', line_count: 2 }])
})

test('a job that is cancelled while it fetches ends, and git with it', async () => {
  const silent = createServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const connected = once(silent, 'connection') as Promise<[Socket]>
  const { port } = silent.address() as AddressInfo
  const repository = await register(`http://127.0.0.1:${port}/silent.git`)
  const [socket] = await connected
  const closed = once(socket.on('error', () => {}).resume(), 'close')
  expect((await cancel(repository.job_id)).body.status).toBe('in_progress')
  await expect.poll(() => statusOf(repository.job_id)).toBe('cancelled')
  await closed
  silent.close()
  const { data } = await ann.client.from('repositories').select().eq('id', repository.id).single()
  expect(data).toMatchObject({
    sync_state: 'pending',
    status: 'pending',
    last_indexed_commit: null,
  })
  expect(await filesOf(repository.id)).toBe(0)
  const { body } = await service.ask(`/api/v1/jobs/${repository.job_id}`, ann.key)
  expect(body.error_message).toBe('cancelled by its user')
  expect(body.indexing_job_events.map(({ event_type }) => event_type)).toEqual(
    expect.arrayContaining(['started', 'cancel_requested', 'cancelled']),
  )
})

test('of a job that is cancelled while it writes, what it was writing is not there, and the next one does the rest', async () => {
  const origin = service.git.create('written')
  // a transaction has 200 files: this one is in the second
  const names = Array.from({ length: 300 }, (_, index) => `f${String(index).padStart(3, '0')}.txt`)
  origin.commit(Object.fromEntries([...names, 'held.txt'].map((name) => [name, `of ${name}\n`])))
  await origin.push()
  const release = await hold()
  const repository = await register(origin.url)
  await expect.poll(() => filesOf(repository.id)).toBe(200)
  expect((await cancel(repository.job_id)).body.status).toBe('in_progress')
  await release()
  await expect.poll(() => statusOf(repository.job_id)).toBe('cancelled')
  expect(await filesOf(repository.id)).toBe(200)
  const { data } = await ann.client
    .from('repositories')
    .select('last_indexed_commit')
    .eq('id', repository.id)
  expect(data).toEqual([{ last_indexed_commit: null }])
  const { body } = await post(`/api/v1/repositories/${repository.id}/index`)
  await expect.poll(() => statusOf(body.job_id)).toBe('completed')
  expect(await filesOf(repository.id)).toBe(301)
})

test('a server that is away is tried again later and later, and five times at most', async () => {
  const away = createServer().listen(0, '127.0.0.1')
  await once(away, 'listening')
  const { port } = away.address() as AddressInfo
  away.close()
  const { id, job_id: job } = await register(`http://127.0.0.1:${port}/away.git`)
  for (const attempts of [1, 2, 3, 4]) {
    await expect.poll(() => stateOf(job)).toEqual({ status: 'queued', attempts })
    // the clock that counts is the database's: its time has come
    await service.platform.script(
      `update indexing_jobs set run_at = now() where id = '${job}'; notify code_jobs`,
    )
  }
  await expect.poll(() => stateOf(job)).toEqual({ status: 'failed', attempts: 5 })
  const { body } = await service.ask(`/api/v1/jobs/${job}`, ann.key)
  expect(body.error_message).toMatch(/git fetch/)
  const delays = body.indexing_job_events
    .filter(({ event_type }) => event_type === 'retry')
    .map(({ context }) => Number(context['delay_ms']))
  expect(delays).toHaveLength(4)
  for (const [index, delay] of delays.entries()) {
    expect(delay).toBeGreaterThanOrEqual(1_000 * 2 ** index)
    expect(delay).toBeLessThanOrEqual(1_500 * 2 ** index)
  }
  const { data } = await ann.client.from('repositories').select('status, sync_state').eq('id', id)
  expect(data).toEqual([{ status: 'error', sync_state: 'failed' }])
})

test('who has a job that runs and others that wait lets those of others go first', async () => {
  const silent = createServer((socket) => void socket.on('error', () => {}).resume())
  await once(silent.listen(0, '127.0.0.1'), 'listening')
  const { port } = silent.address() as AddressInfo
  const jobs: string[] = []
  for (const name of ['first', 'second', 'third'])
    jobs.push((await register(`http://127.0.0.1:${port}/${name}.git`)).job_id)
  const states = () => Promise.all(jobs.map(statusOf))
  await expect.poll(states, { interval: 10 }).toEqual(['in_progress', 'in_progress', 'queued'])
  const bob = await service.signUp('bob')
  const origin = service.git.create('patient')
  origin.commit({ 'a.ts': 'export const patient = 1\n' })
  await origin.push()
  const body = { git_url: origin.url }
  const made = await service.ask('/api/v1/repositories', bob.key, { method: 'POST', body })
  await cancel(jobs[0] ?? '')
  const state = async () =>
    (await service.ask(`/api/v1/jobs/${made.body.job_id}`, bob.key)).body.status
  await expect.poll(state, { interval: 10, timeout: 15_000 }).toBe('completed')
  for (const job of jobs.slice(1)) await cancel(job)
  await expect.poll(states, { interval: 10, timeout: 15_000 }).toEqual(jobs.map(() => 'cancelled'))
  silent.close()
})

test('an attempt whose worker is killed is none of the five', async () => {
  const away = createServer().listen(0, '127.0.0.1')
  await once(away, 'listening')
  const { port } = away.address() as AddressInfo
  away.close()
  const { job_id: job } = await register(`http://127.0.0.1:${port}/killed.git`)
  await expect.poll(() => stateOf(job)).toEqual({ status: 'queued', attempts: 1 })
  await service.platform.script(
    `update indexing_jobs set status = 'in_progress', lease = gen_random_uuid(), attempts = 2, heartbeat_at = now() - interval '1 hour'
     where id = '${job}'`,
  )
  for (const attempts of [3, 4, 5]) {
    await expect.poll(() => stateOf(job)).toEqual({ status: 'queued', attempts })
    await service.platform.script(
      `update indexing_jobs set run_at = now() where id = '${job}'; notify code_jobs`,
    )
  }
  await expect.poll(() => stateOf(job)).toEqual({ status: 'failed', attempts: 6 })
})

test('a job is not taken before its time', async () => {
  const origin = service.git.create('later')
  origin.commit({ 'a.ts': 'export const later = 1\n' })
  await origin.push()
  const { id, job_id: first } = await register(origin.url)
  await expect.poll(() => statusOf(first)).toBe('completed')
  const [late, next] = [
    '00000000-0000-4000-8000-000000000001',
    '00000000-0000-4000-8000-000000000002',
  ]
  await service.platform.script(`
    insert into indexing_jobs (id, repository_id, job_type, priority, run_at)
    values ('${late}', '${id}', 'incremental_update', 9, now() + interval '1 hour');
    insert into indexing_jobs (id, repository_id, job_type) values ('${next}', '${id}', 'incremental_update')`)
  await expect.poll(() => statusOf(next)).toBe('completed')
  expect(await stateOf(late)).toEqual({ status: 'queued', attempts: 0 })
})

test('the folder of what was fetched may go at any time, also while a job reads it', async () => {
  const origin = service.git.create('volatile')
  origin.commit({ 'a.ts': 'export const before = 1\n' })
  await origin.push()
  const repository = await register(origin.url)
  await expect.poll(() => statusOf(repository.job_id)).toBe('completed')
  const remove = () => rmSync(join(service.config.dataDir, 'git'), { recursive: true, force: true })
  remove()
  const names = Array.from({ length: 300 }, (_, index) => `z${index}.txt`)
  origin.commit({ 'held.txt': 'x\n', ...Object.fromEntries(names.map((name) => [name, 'z\n'])) })
  await origin.push()
  const release = await hold()
  const { body } = await post(`/api/v1/repositories/${repository.id}/index`)
  await expect.poll(() => heldBackends()).toBe(1)
  remove()
  await release()
  await expect.poll(() => statusOf(body.job_id)).toBe('completed')
  expect(await filesOf(repository.id)).toBe(302)
})

const heldBackends = () =>
  service.platform.count(
    `select count(*)::int as n from pg_locks where locktype = 'advisory' and objid = 7 and not granted`,
  )
