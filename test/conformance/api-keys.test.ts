/** The example of customers' keys with the real supabase-js, its migration included. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import WebSocket from 'ws'
import { keyJourney } from '../../examples/api-keys/key-journey.mjs'

const migrations = resolve(import.meta.dirname, '../../examples/api-keys/supabase/migrations')

test('a customer makes a key, uses it, sees what it was used for, and ends it', async () => {
  const server = await startTestPlatform({ config: { 'basalt.api_keys.enabled': true } })
  await server.script(readFileSync(resolve(migrations, '20260101000000_repositories.sql'), 'utf8'))
  await server.script(`grant all on public.repositories to anon, authenticated, service_role`)
  const lines: string[] = []
  await keyJourney({
    url: server.url,
    anonKey: server.platform.keys.publishableKey,
    realtime: { transport: WebSocket },
    log: (line: string) => lines.push(line),
  })
  expect(lines).toEqual([
    expect.stringMatching(/^made a key, shown this one time: basalt_ak_/),
    'listed it without: my server, null',
    'wrote with it, as the same user: true, true',
    'read with it: [{"name":"basalt"}], 98 of 100 left this minute',
    'used: POST /rest/v1/repositories 201',
    'used: GET /rest/v1/repositories 200',
    'deleted it: 401 from now on',
  ])
  await server.close()
})
