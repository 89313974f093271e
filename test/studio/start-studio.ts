/** One `basalt start` for all journeys: a project of its own in a temporary folder, with the page as it is built. */
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { freePort } from '#host/node'

declare module 'vitest' {
  interface ProvidedContext {
    studioUrl: string
    apiUrl: string
    /** Holds `supabase/`. */
    studioWorkdir: string
    databaseUrl: string
  }
}

export default async function startStudio(project: TestProject): Promise<() => Promise<void>> {
  const workdir = mkdtempSync(join(tmpdir(), 'basalt studio '))
  const ports = await Promise.all(Array.from({ length: 5 }, freePort))
  const [api, db, studio, mail, admin] = ports as [number, number, number, number, number]
  mkdirSync(join(workdir, 'supabase'))
  cpSync('test/studio/project', join(workdir, 'supabase'), { recursive: true })
  writeFileSync(
    join(workdir, 'supabase/config.toml'),
    `project_id = "journeys"
[api]
port = ${api}
[db]
port = ${db}
[studio]
port = ${studio}
[inbucket]
port = ${mail}
[realtime]
max_events_per_second = 20000
[basalt]
admin_port = ${admin}
`,
  )
  const child = spawn(
    process.execPath,
    ['packages/cli/bin/basalt.mjs', '--workdir', workdir, 'start'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      // an option whose value is from the environment
      env: { ...process.env, SUPABASE_AUTH_RATE_LIMIT_TOKEN_REFRESH: '151' },
    },
  )
  let printed = ''
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      printed += chunk.toString()
      if (printed.includes('Ready in')) resolve()
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.on('exit', (code) => reject(new Error(`basalt start ended with ${code}:\n${printed}`)))
  })
  project.provide('studioUrl', `http://127.0.0.1:${studio}`)
  project.provide('apiUrl', `http://127.0.0.1:${api}`)
  project.provide('studioWorkdir', workdir)
  project.provide('databaseUrl', `postgresql://postgres:postgres@127.0.0.1:${db}/postgres`)
  return async () => {
    child.removeAllListeners('exit')
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await gone
    rmSync(workdir, { recursive: true, force: true })
  }
}
