/** The embedded mode as the README shows it: a project's folder, a Postgres of its own, no port. */
import { cpSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { makeTestFolder } from '@basalt/server/testing'
import { openLocalPlatform } from '@basalt/server/node'
import { todoJourney } from '../../examples/todo/todo-journey.mjs'

test('a project runs inside a process, and finds its data again', async () => {
  const workdir = makeTestFolder()
  const source = resolve(import.meta.dirname, '../../examples/todo/supabase')
  const notState = (path: string): boolean => !path.includes('.temp')
  cpSync(source, join(workdir, 'supabase'), { recursive: true, filter: notState })
  try {
    const first = await openLocalPlatform({ workdir })
    const { keys, fetch } = first.platform
    const lines: string[] = []
    const log = (line: string): void => void lines.push(line)
    await todoJourney({
      url: 'http://in.process',
      anonKey: keys.publishableKey,
      fetch: fetch as typeof globalThis.fetch,
      log,
    })
    expect(lines).toHaveLength(8)
    await first.close()

    const second = await openLocalPlatform({ workdir })
    const { platform } = second
    const answer = await platform.fetch('http://in.process/rest/v1/profiles?select=count', {
      headers: { apikey: platform.keys.secretKey },
    })
    expect(await answer.json()).toEqual([{ count: 2 }])
    await second.close()
  } finally {
    rmSync(workdir, { recursive: true, force: true })
  }
})
