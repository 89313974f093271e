/**
 * `npm run drill:code-hostile`: repositories at full size, with the usual limits: a file of 1 GB of zeros, one of 1 GB of
 * noise, 1,000,000 files, folders 2,000 deep. Each ends as a job with a reason, and the worker goes on to the next.
 */
import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { createProject, startProject } from '../bench/bench-project.mjs'
import {
  createKey,
  databaseUrl,
  environmentFor,
  killAll,
  residentMb,
  startCode,
} from '../code/code-processes.mjs'
import { startGitServer } from '../code/git-server.mjs'

const git = await startGitServer()
const dataDir = mkdtempSync(join(tmpdir(), 'basalt-code-hostile-'))
const project = await createProject()
const basalt = await startProject(project)
const db = new pg.Client(databaseUrl(project))
try {
  await db.connect()
  const environment = environmentFor(project, git.host, dataDir)
  const api = await startCode(['serve', '--migrate'], environment)
  const key = await createKey(db)
  const worker = await startCode(['worker'], environment)
  await run(api, worker, key, 'zeros', (origin) => {
    const file = join(origin.tree, 'zeros.ts')
    closeSync(openSync(file, 'w'))
    truncateSync(file, 1e9)
    origin.commit({ 'fine.ts': 'export const fine = 1\n' })
    origin.git('push', '-q', origin.bare, 'HEAD:main')
  })
  for (const [name, filters] of [
    ['noise', 'true'],
    ['noise-from-a-server-without-filters', 'false'],
  ])
    await run(api, worker, key, name, (origin) => {
      execFileSync('git', ['config', 'uploadpack.allowFilter', filters], { cwd: origin.bare })
      origin.git('config', 'core.compression', '0')
      const file = openSync(join(origin.tree, 'noise.ts'), 'w')
      for (let part = 0; part < 110; part++) writeSync(file, randomBytes(1e7))
      closeSync(file)
      origin.commit({ 'fine.ts': 'export const fine = 1\n' })
      origin.git('push', '-q', origin.bare, 'HEAD:main')
    })
  await run(api, worker, key, 'a million files', (origin) => importFiles(origin, 1_000_000))
  await run(api, worker, key, 'deep folders', (origin) => importDeep(origin, 2_000))
  await run(api, worker, key, 'plain, at the end', (origin) => {
    origin.commit({ 'fine.ts': 'export const fine = 1\n' })
    origin.git('push', '-q', origin.bare, 'HEAD:main')
  })
} finally {
  killAll()
  await db.end().catch(() => {})
  await basalt.stop().catch(() => {})
  await git.close()
  project.remove()
  rmSync(dataDir, { recursive: true, force: true })
}

async function run(api, worker, key, name, fill) {
  const origin = git.create(name.replace(/\W+/g, '-'))
  await fill(origin)
  const response = await fetch(`${api.url}/api/v1/repositories`, {
    method: 'POST',
    // a kept connection may be over by now: a commit of 1 GB stops everything here
    headers: { 'x-api-key': key, 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ git_url: origin.url }),
  })
  const { job_id: job } = await response.json()
  const startedAt = performance.now()
  let peak = 0
  for (;;) {
    peak = Math.max(peak, residentMb(worker.pid))
    const { rows } = await db.query(
      `select status, error_message, (select context from indexing_job_events where job_id = jobs.id and event_type = 'skipped') as skipped
       from indexing_jobs jobs where id = $1`,
      [job],
    )
    const [row] = rows
    if (['completed', 'failed'].includes(row.status)) {
      const took = ((performance.now() - startedAt) / 1000).toFixed(1)
      console.log(
        `${name}: ${row.status}${row.error_message === null ? '' : ` (${row.error_message})`}${row.skipped === null ? '' : ` ${JSON.stringify(row.skipped)}`}, ${took} s, worker at most ${Math.round(peak)} MB`,
      )
      break
    }
    if (performance.now() - startedAt > 300_000) throw new Error(`${name} does not end`)
    await delay(50)
  }
  rmSync(origin.bare, { recursive: true, force: true })
  rmSync(origin.tree, { recursive: true, force: true })
}

/** As a stream: nobody writes a million files. */
async function importStream(origin, write) {
  const child = spawn('git', ['fast-import', '--quiet'], {
    cwd: origin.bare,
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  child.stdin.write('blob\nmark :1\ndata 19\nexport const x = 1\n\n')
  child.stdin.write('commit refs/heads/main\ncommitter A <a@example.com> 1 +0000\ndata 1\nx\n')
  await write(async (text) => {
    if (!child.stdin.write(text)) await once(child.stdin, 'drain')
  })
  child.stdin.end('\n')
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`git fast-import ended with ${code}`)
}

function importFiles(origin, count) {
  return importStream(origin, async (write) => {
    for (let from = 0; from < count; from += 1_000) {
      let text = ''
      for (let index = from; index < from + 1_000; index++)
        text += `M 100644 :1 d${Math.floor(index / 1_000)}/f${index}.ts\n`
      await write(text)
    }
  })
}

function importDeep(origin, depth) {
  return importStream(origin, (write) =>
    write(`M 100644 :1 ${'d/'.repeat(depth)}f.ts\nM 100644 :1 g.ts\n`),
  )
}
