/** A project on this machine whose hooks, webhooks and jobs call its own functions. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { defineConfig } from '#base/config'
import type { Config } from '#base/config'
import { freePort } from '#host/node/postgres'
import { startLocal } from './start-local.ts'
import type { LocalServer } from './local-server.ts'

const workdir = mkdtempSync(join(tmpdir(), 'basalt local functions '))
let config: Config
let server: LocalServer

const secret = 'v1,whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE='

/** Keeps what it was called with. */
const hook = `
const seen: unknown[] = []
Deno.serve(async (request) => {
  if (request.method === 'GET') return Response.json(seen)
  const body = await request.json()
  seen.push({ body, signature: request.headers.get('webhook-signature'), from: new URL(request.url).searchParams.get('from') })
  return body.user?.email === 'refused@example.com' ? Response.json({ error: { http_code: 403, message: 'Not you' } }) : Response.json({})
})`

/** Through a Postgres client, as SUPABASE_DB_URL is meant. */
const rows = `
import pg from 'npm:pg@8.16.3'
Deno.serve(async () => {
  const client = new pg.Client({ connectionString: Deno.env.get('SUPABASE_DB_URL') })
  await client.connect()
  const { rows } = await client.query('select current_user as who')
  await client.end()
  return Response.json(rows)
})`

/** Told by the project's own Realtime. */
const listens = `
import { createClient } from 'npm:@supabase/supabase-js@2.108.2'
Deno.serve(async () => {
  const client = createClient(Deno.env.get('SUPABASE_URL')!, Deno.env.get('SUPABASE_SERVICE_ROLE_KEY')!)
  const { data } = await client.from('notes').select('id')
  const status = await new Promise((resolve) => client.channel('room').subscribe((state) => resolve(state)))
  await client.removeAllChannels()
  return Response.json({ data, status })
})`

beforeAll(async () => {
  const port = await freePort()
  const entry = {
    enabled: true,
    verify_jwt: false,
    import_map: null,
    entrypoint: null,
    static_files: [],
    env: {},
  }
  config = defineConfig({
    'api.port': port,
    'db.port': await freePort(),
    'basalt.admin_port': await freePort(),
    'inbucket.port': await freePort(),
    'auth.hook': {
      before_user_created: {
        enabled: true,
        uri: 'http://kong:8000/functions/v1/hook?from=auth',
        secrets: secret,
      },
    },
    'auth.email.enable_confirmations': false,
    functions: { hook: entry, rows: entry, listens: entry },
  })
  write('functions/hook/index.ts', hook)
  write('functions/rows/index.ts', rows)
  write('functions/listens/index.ts', listens)
  write(
    'migrations/20260101000000_notes.sql',
    `create table notes (id int primary key);
grant all on notes to anon, authenticated, service_role;
create trigger told after insert on notes for each row execute function
  supabase_functions.http_request('http://kong:8000/functions/v1/hook?from=webhook', 'POST', '{"Content-Type":"application/json"}', '{}', '5000');
create extension if not exists pg_net;
create extension if not exists pg_cron;
select cron.schedule('tick', '1 second', $$ select net.http_post('http://host.docker.internal:${port}/functions/v1/hook?from=cron', '{"tick":true}'::jsonb) $$);`,
  )
  server = await startLocal({ workdir, config, onWarning: () => {} })
})
afterAll(async () => {
  await server.stop()
  rmSync(workdir, { recursive: true, force: true })
})

function write(path: string, content: string): void {
  const file = join(workdir, 'supabase', path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
}

interface Seen {
  readonly from: string
  readonly signature: string | null
  readonly body: Record<string, unknown>
}

async function post(path: string, body: unknown): Promise<Response> {
  return fetch(`${server.state.url}${path}`, {
    method: 'POST',
    headers: { apikey: config['auth.publishable_key'], 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

async function seen(from: string): Promise<Seen[]> {
  const response = await fetch(`${server.state.url}/functions/v1/hook`)
  return ((await response.json()) as Seen[]).filter((one) => one.from === from)
}

test('a hook of Auth is a function of the project, signed', async () => {
  const password = 'correct horse battery'
  const signUp = await post('/auth/v1/signup', { email: 'somebody@example.com', password })
  expect(signUp.status).toBe(200)
  const [call] = await seen('auth')
  expect(call?.signature).toMatch(/^v1,[A-Za-z0-9+/=]{44}$/)
  expect(call?.body).toMatchObject({ user: { email: 'somebody@example.com' } })
  const refused = await post('/auth/v1/signup', { email: 'refused@example.com', password })
  expect([refused.status, ((await refused.json()) as { msg: string }).msg]).toEqual([
    403,
    'Not you',
  ])
})

test('database webhooks and jobs call functions', async () => {
  expect((await post('/rest/v1/notes', { id: 1 })).status).toBe(201)
  await expect
    .poll(() => seen('webhook'))
    .toMatchObject([{ body: { type: 'INSERT', table: 'notes', record: { id: 1 } } }])
  await expect.poll(async () => (await seen('cron')).length).toBeGreaterThan(0)
})

test('a function reaches the database and Realtime of its project', async () => {
  const answer = async (name: string): Promise<unknown> =>
    (await post(`/functions/v1/${name}`, {})).json()
  expect(await answer('rows')).toEqual([{ who: 'postgres' }])
  expect(await answer('listens')).toEqual({ data: [{ id: 1 }], status: 'SUBSCRIBED' })
})
