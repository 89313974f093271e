import { readFileSync, rmSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { makeTestFolder } from '#testing'
import { openLocalPlatform } from './open-local-platform.ts'
import type { LocalPlatform } from './open-local-platform.ts'
import { isPostgresOf } from '#host/node/postgres'

let workdir = ''
let local: LocalPlatform | null = null
let messages: string[] = []

afterEach(async () => {
  await local?.close()
  rmSync(workdir, { recursive: true, force: true })
})

const migration =
  'create table notes (id int primary key); grant all on notes to anon, service_role;'

async function open(): Promise<LocalPlatform> {
  workdir = makeTestFolder()
  mkdirSync(join(workdir, 'supabase/migrations'), { recursive: true })
  writeFileSync(join(workdir, 'supabase/migrations/20260101000000_notes.sql'), migration)
  messages = []
  const note = (message: string): void => void messages.push(message)
  const log = { debug: () => {}, info: () => {}, warn: note, error: note }
  local = await openLocalPlatform({ workdir, log })
  return local
}

const dataDir = (): string => join(workdir, 'supabase/.temp/pgdata')

function postmaster(): number {
  return Number(readFileSync(join(dataDir(), 'postmaster.pid'), 'utf8').split('\n')[0])
}

const isEnd = (text: string): boolean => /unexpectedly|could not be started again/.test(text)

/** The status of a read, and how long it took. */
async function read({ platform }: LocalPlatform): Promise<{ status: number; tookMs: number }> {
  const begun = performance.now()
  const headers = { apikey: platform.keys.publishableKey }
  const { status } = await platform.fetch('http://x/rest/v1/notes', { headers })
  return { status, tookMs: performance.now() - begun }
}

test('a Postgres killed again and again right after its start comes back', async () => {
  const opened = await open()
  expect((await read(opened)).status).toBe(200)
  let slowestMs = 0
  const statuses = new Set<number>()
  for (let kill = 1; kill <= 3; kill++) {
    const killed = postmaster()
    process.kill(killed, 'SIGKILL')
    await expect
      .poll(
        async () => {
          const { status, tookMs } = await read(opened)
          statuses.add(status)
          slowestMs = Math.max(slowestMs, tookMs)
          return status === 200 && postmaster() !== killed
        },
        { interval: 5 },
      )
      .toBe(true)
  }
  expect([...statuses].filter((status) => status !== 200 && status !== 503)).toEqual([])
  expect(slowestMs).toBeLessThan(5_000)
})

test('stopping does not leave a Postgres behind that was about to come back', async () => {
  const opened = await open()
  for (let ends = 1; ends <= 2; ends++) {
    await expect.poll(() => isPostgresOf(postmaster(), dataDir())).toBe(true)
    process.kill(postmaster(), 'SIGKILL')
    // the second time it waits before it starts it again
    // the second may come before it was ready
    await expect.poll(() => messages.filter(isEnd)).toHaveLength(ends)
  }
  await opened.close()
  local = null
  expect(isPostgresOf(postmaster(), dataDir())).toBe(false)
})
