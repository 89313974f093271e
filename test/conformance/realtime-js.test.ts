/** The stock client on two nodes, in Node and in a real browser: everything realtime-js offers, and server-sent events. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@supabase/supabase-js'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import WebSocket from 'ws'
import { createMemoryBus, startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { serveAppPage } from './app-page.ts'
import { executablePath, inChromium } from './chromium.ts'
import { everythingHeard, realtimeSchema, useAccessToken, useRealtime } from './use-realtime.ts'
import type { RealtimeUse } from './use-realtime.ts'

let first: TestPlatform
let second: TestPlatform
let use: RealtimeUse

beforeAll(async () => {
  const bus = createMemoryBus()
  first = await startTestPlatform({ bus: bus.connect() })
  await first.script(realtimeSchema)
  second = await startTestPlatform({ bus: bus.connect(), databaseUrl: first.databaseUrl })
})
beforeEach(async () => {
  // each has a user, and a room whose history is its own
  const { anonKey } = first.platform.keys
  const supabase = createClient(first.url, anonKey, { realtime: { transport: WebSocket as never } })
  const email = `${crypto.randomUUID()}@example.com`
  const { data } = await supabase.auth.signUp({ email, password: 'correct horse battery' })
  use = {
    urls: [first.url, second.url],
    key: anonKey,
    token: data.session?.access_token ?? '',
  }
  await first.script('delete from realtime.messages; delete from public.note')
})
afterAll(async () => {
  await second.close()
  await first.close()
})

test('in Node', async () => {
  expect(await useRealtime(createClient, use, { transport: WebSocket })).toEqual(everythingHeard)
})

test('a token that is fetched, in Node', async () => {
  const heard = await useAccessToken(createClient, use, { transport: WebSocket })
  expect(heard).toEqual(['known', 'late'])
})

const title = inChromium('in Chromium, events too')

test.skipIf(executablePath === undefined)(title, async () => {
  const app = await serveAppPage(() => ({ apiUrl: first.url, key: use.key }))
  const profile = mkdtempSync(join(tmpdir(), 'basalt-browser-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: executablePath ?? '',
    headless: true,
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  })
  try {
    const page = await context.newPage()
    await page.goto(app.url)
    const source = `(${useRealtime.toString()})(supabase.createClient, ${JSON.stringify(use)})`
    expect(await page.evaluate(source)).toEqual(everythingHeard)
    const fetched = `(${useAccessToken.toString()})(supabase.createClient, ${JSON.stringify(use)})`
    expect(await page.evaluate(fetched)).toEqual(['known', 'late'])
    const parameters = new URLSearchParams({
      topic: 'events',
      apikey: use.key,
      access_token: use.token,
      changes: '{"event":"INSERT","table":"note"}',
    })
    const events = `new Promise((resolve, reject) => {
      const events = new EventSource(${JSON.stringify(`${second.url}/realtime/v1/events?${parameters}`)})
      events.onerror = () => reject(new Error('refused'))
      events.addEventListener('system', () => fetch(${JSON.stringify(`${first.url}/rest/v1/note`)}, {
        method: 'POST',
        headers: { apikey: ${JSON.stringify(use.key)}, authorization: ${JSON.stringify(`Bearer ${use.token}`)}, 'content-type': 'application/json' },
        body: '{"id":2,"text":"z"}',
      }))
      events.addEventListener('postgres_changes', (event) => {
        resolve([event.lastEventId.length, JSON.parse(event.data).data.record.text])
        events.close()
      })
    })`
    expect(await page.evaluate(events)).toEqual([22, 'z'])
  } finally {
    await context.close()
    await app.close()
    rmSync(profile, { recursive: true, force: true })
  }
})
