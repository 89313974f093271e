/** The given cases (cases/README.md) against a Basalt of this process, over sockets, configured at run time. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestPlatform } from '@basalt/server/testing'

export interface CaseRow {
  readonly id: string
  readonly status: 'pass' | 'fail' | 'skip'
  readonly failure?: unknown
}

/** The runner in a process of its own, as its README has it. `env` besides what every suite needs; `filter` is a regular expression over ids. */
export async function runCases(
  suite: 'auth' | 'storage' | 'realtime',
  { url, inboxUrl, databaseUrl, platform }: TestPlatform,
  env: Readonly<Record<string, string>> = {},
  filter = '',
): Promise<CaseRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'basalt-cases-'))
  const report = join(folder, 'report.json')
  const program = join(import.meta.dirname, 'cases/run.mjs')
  const chosen = filter === '' ? [] : ['--filter', filter]
  const told = [program, '--suite', suite, '--quiet', '--json', report, ...chosen]
  const child = spawn(process.execPath, told, {
    env: {
      PATH: process.env['PATH'],
      SUPABASE_URL: url,
      MAILPIT_URL: inboxUrl ?? '',
      DB_URL: databaseUrl,
      JWT_SECRET: platform.keys.jwtSecret,
      ANON_KEY: platform.keys.anonKey,
      SERVICE_ROLE_KEY: platform.keys.serviceRoleKey,
      PUBLISHABLE_KEY: platform.keys.publishableKey,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stdout.on('data', (text) => (said += String(text)))
  child.stderr.on('data', (text) => (said += String(text)))
  try {
    const code = await new Promise((resolve) => child.on('close', resolve))
    if (code !== 0) throw new Error(`the runner ended with ${String(code)}: ${said}`)
    return (JSON.parse(readFileSync(report, 'utf8')) as { cases: CaseRow[] }).cases
  } finally {
    rmSync(folder, { recursive: true })
  }
}
