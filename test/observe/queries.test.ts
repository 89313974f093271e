/** `GET /admin/v1/projects/{ref}/queries` on a Postgres that counts statements. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPostgres, startTestStudio } from '@basalt/server/testing'
import type { TestPostgres, TestStudio } from '@basalt/server/testing'

let postgres: TestPostgres
let studio: TestStudio

beforeAll(async () => {
  postgres = await startTestPostgres({
    settings: { shared_preload_libraries: 'pg_stat_statements' },
  })
  studio = await startTestStudio({ databaseUrl: postgres.url })
  await studio.server.script(`
    create schema if not exists extensions;
    create extension if not exists pg_stat_statements with schema extensions;
    create table public.notes (id int primary key);
    grant all on public.notes to anon, service_role;
    notify pgrst, 'reload schema';
    alter role authenticator with connection limit 50 password 'not to be ''read''';
    alter role authenticator password null;
    select pg_sleep(0.2);`)
})
afterAll(async () => {
  await studio.close()
  await postgres.stop()
})

interface Query {
  readonly query: string
  readonly calls: number
  readonly total_ms: number
  readonly mean_ms: number
}

interface Answer {
  readonly available: boolean
  readonly queries: readonly Query[]
  readonly code?: string
}

const queries = async (search = ''): Promise<Answer> =>
  (await studio.ask('GET', `/queries${search}`)).json

test('statements are told by what they cost', async () => {
  const { url, platform } = studio.server
  const { serviceRoleKey: apikey } = platform.keys
  const headers = { apikey, authorization: `Bearer ${apikey}` }
  await expect.poll(async () => (await fetch(`${url}/rest/v1/notes`, { headers })).status).toBe(200)
  const byTotal = await queries()
  expect(byTotal.available).toBe(true)
  const times = byTotal.queries.map(({ total_ms: ms }) => ms)
  expect(times).toEqual(times.toSorted((a, b) => b - a))
  expect(byTotal.queries.length).toBeLessThanOrEqual(50)
  const byMean = await queries('?order=mean&limit=3')
  expect(byMean.queries).toHaveLength(3)
  expect(byMean.queries.map(({ query }) => query).join('\n')).toContain('pg_sleep($1)')
  await studio.server.script('select extensions.pg_stat_statements_reset()')
  await fetch(`${url}/rest/v1/notes`, { headers })
  const all = await queries('?order=calls&limit=200')
  expect(all.queries.some(({ query }) => query.includes('FROM "public"."notes"'))).toBe(true)
  expect(all.queries[0]?.calls).toBeGreaterThan(1)
})

test('no password is told, and what is no order is refused', async () => {
  const { queries: all } = await queries('?order=max&limit=200')
  expect(JSON.stringify(all)).not.toContain('not to be')
  expect((await queries('?order=query')).code).toBe('control_body_invalid')
  expect((await queries('?limit=100000')).code).toBe('control_body_invalid')
  expect((await queries('?order=constructor')).code).toBe('control_body_invalid')
})
