/** A platform that was used in every way. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { driveBasalt, endDrives, hello, schema } from './drive-basalt.mjs'

type Scraped = Pick<TestPlatform['platform'], 'handleAdmin'>

export interface Driven {
  readonly server: TestPlatform
  /** `/metrics` */
  scrape(): Promise<string>
  close(): Promise<void>
}

export async function scrape({ handleAdmin }: Scraped): Promise<string> {
  const response = await handleAdmin({
    method: 'GET',
    path: '/metrics',
    query: '',
    headers: {},
    remoteAddress: '',
    cancellation: { cancelled: false, onCancel: () => () => {} },
    body: null as never,
  })
  return String(response.body)
}

export async function startDriven(): Promise<Driven> {
  const workdir = mkdtempSync(join(tmpdir(), 'basalt-driven-'))
  mkdirSync(join(workdir, 'supabase/functions/hello'), { recursive: true })
  writeFileSync(join(workdir, 'supabase/functions/hello/index.ts'), hello)
  const server = await startTestPlatform({ schema, workdir })
  await driveBasalt({
    url: server.url,
    key: server.platform.keys.serviceRoleKey,
    query: (text: string) => server.script(text),
  })
  return {
    server,
    scrape: () => scrape(server.platform),
    close: async () => {
      await endDrives()
      await server.close()
      rmSync(workdir, { recursive: true, force: true })
    },
  }
}
