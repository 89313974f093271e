/** The examples of tenants in one database. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { SupabaseClient } from '@supabase/supabase-js'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { tenancyJourney } from '../../examples/tenancy-schema/tenancy-journey.mjs'
import { connect } from './connect.ts'

const migration = (name: string): string =>
  readFileSync(resolve(`examples/${name}/supabase/migrations/20260101000000_tenants.sql`), 'utf8')

interface Journey {
  readonly service: SupabaseClient
  readonly ada: SupabaseClient
  readonly bob: SupabaseClient
  readonly user: (email: string, tenant: string | null) => Promise<SupabaseClient>
}

/** Until Postgres has told of a schema. */
const soon = (check: () => Promise<void>): Promise<void> => vi.waitFor(check, 15_000)

describe('a schema each', () => {
  let server: TestPlatform
  let journey: Journey
  beforeAll(async () => {
    server = await startTestPlatform({
      config: {
        'api.schemas': ['public', 'shared'],
        'basalt.tenancy.mode': 'schema',
        'basalt.tenancy.claim': 'app_metadata.tenant_id',
      },
      schema: `create schema shared; create table shared.plans (name text);
        grant usage on schema shared to authenticated; grant select on shared.plans to authenticated`,
    })
    await server.script(migration('tenancy-schema'))
    const client = (key: string): SupabaseClient => connect(server, 'over a socket', key)
    journey = (await tenancyJourney(client, server.platform.keys)) as Journey
    await soon(async () => {
      for (const one of [journey.ada, journey.bob]) {
        const { error } = await one.from('invoices').select()
        if (error !== null) throw new Error(error.message)
      }
    })
  })
  afterAll(() => server?.close())

  /** As a user who adds headers of his own. */
  async function ask(client: SupabaseClient, path: string, headers: Record<string, string>) {
    const { data } = await client.auth.getSession()
    const authorization = `Bearer ${data.session?.access_token ?? ''}`
    const response = await fetch(`${server.url}/rest/v1/${path}`, {
      headers: { apikey: server.platform.keys.anonKey, authorization, ...headers },
    })
    return { status: response.status, json: (await response.json()) as unknown }
  }

  test('each sees the table of his own schema', async () => {
    const { ada, bob } = journey
    expect((await ada.from('invoices').insert({ amount: 10 })).error).toBeNull()
    expect((await bob.from('invoices').insert({ amount: 20 })).error).toBeNull()
    expect((await ada.from('invoices').select('amount')).data).toEqual([{ amount: 10 }])
    expect((await bob.from('invoices').select('amount')).data).toEqual([{ amount: 20 }])
    const steps = [{ select: 'invoices?select=amount' }]
    const { data } = await ada.rpc('transaction', { steps })
    expect(data).toMatchObject([{ body: [{ amount: 10 }] }])
  })

  test('what is shared is there by its profile', async () => {
    expect(await journey.ada.schema('shared').from('plans').select()).toMatchObject({
      data: [],
      error: null,
    })
  })

  test('no header and no profile leads to another tenant', async () => {
    const { ada } = journey
    expect(await ask(ada, 'invoices', { 'x-tenant-id': 'acme' })).toMatchObject({ status: 200 })
    for (const tenant of ['globex', 'ACME', 'acme,globex', '', 'acme"; drop schema x', '../acme'])
      expect(await ask(ada, 'invoices', { 'x-tenant-id': tenant })).toMatchObject({
        status: 403,
        json: { code: 'BTN01' },
      })
    const other = await ask(ada, 'invoices', { 'accept-profile': 'tenant_globex' })
    expect(other).toMatchObject({ status: 406, json: { code: 'PGRST106' } })
    expect(JSON.stringify(other.json)).not.toContain('tenant_acme,tenant')
    const step = { select: 'invoices', schema: 'tenant_globex' }
    expect((await ada.rpc('transaction', { steps: [step] })).error?.code).toBe('PGRST106')
  })

  test('who has no tenant, or one without a schema, reaches none', async () => {
    const nobody = await journey.user('nobody@example.com', null)
    expect((await nobody.from('invoices').select()).error?.code).toBe('PGRST205')
    expect(await ask(nobody, 'invoices', { 'x-tenant-id': 'acme' })).toMatchObject({ status: 403 })
    for (const [email, tenant] of [
      ['lost@example.com', 'nowhere'],
      ['odd@example.com', 'acme"."x'],
    ] as const) {
      const lost = await journey.user(email, tenant)
      expect((await lost.from('invoices').select()).error?.code).toBe('BTN02')
    }
  })

  test('the service role chooses', async () => {
    const { serviceRoleKey } = server.platform.keys
    const as = async (headers: Record<string, string>): Promise<unknown> => {
      const own = { apikey: serviceRoleKey, authorization: `Bearer ${serviceRoleKey}` }
      const url = `${server.url}/rest/v1/invoices?select=amount`
      return (await fetch(url, { headers: { ...own, ...headers } })).json()
    }
    expect(await as({ 'x-tenant-id': 'acme' })).toEqual([{ amount: 10 }])
    expect(await as({ 'x-tenant-id': 'globex' })).toEqual([{ amount: 20 }])
    expect(await as({ 'accept-profile': 'tenant_globex' })).toEqual([{ amount: 20 }])
  })

  test('a tenant who goes is served no more', async () => {
    const { service, user } = journey
    await service.rpc('create_tenant', { name: 'brief' })
    const eve = await user('eve@brief.example', 'brief')
    await soon(async () => expect((await eve.from('invoices').select()).error).toBeNull())
    await server.script('drop schema tenant_brief cascade')
    await soon(async () => expect((await eve.from('invoices').select()).error?.code).toBe('BTN02'))
  })
})

test('the same tables for all: rows are of the tenant in the token, whoever writes them', async () => {
  const server = await startTestPlatform({
    config: {
      'auth.hook': {
        custom_access_token: {
          enabled: true,
          uri: 'pg-functions://postgres/public/add_tenant',
          secrets: '',
        },
      },
    },
  })
  await server.script(migration('tenancy-rls'))
  const service = connect(server, 'over a socket', server.platform.keys.serviceRoleKey)
  const member = async (email: string, tenant: string): Promise<SupabaseClient> => {
    const password = 'correct horse battery'
    const { data } = await service.auth.admin.createUser({ email, password, email_confirm: true })
    await service.from('memberships').insert({ user_id: data.user?.id, tenant_id: tenant })
    const client = connect(server, 'over a socket')
    await client.auth.signInWithPassword({ email, password })
    return client
  }
  const ada = await member('ada@acme.example', 'acme')
  const bob = await member('bob@globex.example', 'globex')
  expect((await ada.from('invoices').insert({ amount: 10 })).error).toBeNull()
  expect((await bob.from('invoices').insert({ amount: 20, tenant_id: 'acme' })).error?.code).toBe(
    '42501',
  )
  expect((await ada.from('invoices').select('tenant_id, amount')).data).toEqual([
    { tenant_id: 'acme', amount: 10 },
  ])
  expect((await bob.from('invoices').select()).data).toEqual([])
  await server.close()
})
