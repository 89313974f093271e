/** The example app with the real supabase-js: over a socket, and in process through `createPlatform(config).fetch`. */
import { readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { todoJourney } from '../../examples/todo/todo-journey.mjs'

const migrations = resolve(import.meta.dirname, '../../examples/todo/supabase/migrations')
const schema = readdirSync(migrations)
  .toSorted()
  .map((name) => readFileSync(join(migrations, name), 'utf8'))
  .join('\n')

let server: TestPlatform
beforeAll(async () => {
  server = await startTestPlatform({ schema })
})
afterAll(() => server.close())

const told = async (fetch?: typeof globalThis.fetch): Promise<readonly string[]> => {
  const lines: string[] = []
  const { anonKey, publishableKey } = server.platform.keys
  await todoJourney({
    url: server.url,
    anonKey: fetch === undefined ? publishableKey : anonKey,
    ...(fetch === undefined ? {} : { fetch }),
    log: (line: string) => lines.push(line),
  })
  return lines
}

test('an unmodified supabase-js app works over a socket, with a publishable key', async () => {
  expect(await told()).toHaveLength(8)
})

test('the same app works in process, with the legacy anon key', async () => {
  expect(await told(server.platform.fetch as typeof globalThis.fetch)).toHaveLength(8)
})
