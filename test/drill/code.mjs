/**
 * `npm run drill:code [-- kills]`: 200 pushes to 10 repositories, while worker, API and the whole of Postgres are killed
 * with -9 again and again. Deliveries are sent until they are acknowledged, as GitHub does by hand. At the end every job is
 * done, none twice, every delivery processed, and each repository has exactly the symbols of its last commit.
 */
import { createHmac, randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
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
  startCode,
} from '../code/code-processes.mjs'
import { startGitServer } from '../code/git-server.mjs'

const kills = Number(process.argv[2] ?? 15)
const repositories = 10
const pushes = 20

const git = await startGitServer()
const dataDir = mkdtempSync(join(tmpdir(), 'basalt-code-drill-'))
const project = await createProject()
let basalt = await startProject(project)
let api
let workers = []
try {
  const environment = {
    ...environmentFor(project, git.host, dataDir),
    CODE_STALE_SECONDS: '3',
    CODE_POLL_SECONDS: '1',
    DATABASE_POOL_SIZE: '5',
  }
  api = await startCode(['serve', '--migrate'], environment)
  const key = await query((db) => createKey(db))
  const made = []
  for (let index = 0; index < repositories; index++) made.push(await register(key, index))
  workers = [await startCode(['worker'], environment), await startCode(['worker'], environment)]

  let sent = 0
  const sending = Promise.all(
    made.map(async (repository) => {
      for (let push = 0; push < pushes; push++) {
        const files = { 'src/main.ts': source(repository.index, push) }
        // each takes a moment: a job is caught in its middle
        for (let more = 0; more < 30; more++)
          files[`src/part${more}.ts`] = source(repository.index, push, more)
        const before = repository.commit
        repository.commit = repository.origin.commit(files)
        await repository.origin.push()
        await deliver(repository, before)
        sent++
      }
    }),
  )
  let isSent = false
  void sending.then(() => (isSent = true))
  const killed = { worker: 0, api: 0, postgres: 0 }
  for (let kill = 0; kill < kills; kill++) {
    await delay(300 + Math.random() * 1_200)
    const victim = ['worker', 'api', 'worker', 'postgres', 'worker'][kill % 5]
    killed[victim]++
    if (victim === 'worker') {
      await workers[kill % 2].kill()
      workers[kill % 2] = await startAgain(['worker'], environment)
    } else if (victim === 'api') {
      await api.kill()
      api = await startAgain(['serve'], environment)
    } else {
      for (const member of familyOf(basalt.pid)) {
        try {
          process.kill(member, 'SIGKILL')
        } catch {
          // its parent's death was quicker
        }
      }
      basalt = await startProject(project)
    }
  }
  await sending
  console.log(`killed ${JSON.stringify(killed)} while ${isSent ? 'all' : sent} pushes were sent`)
  await settled()
  await check(made)
} finally {
  killAll()
  await basalt.stop().catch(() => {})
  await git.close()
  project.remove()
  rmSync(dataDir, { recursive: true, force: true })
}

function source(repository, push, part = 'main') {
  return `export function r${repository}_p${push}_${part}() {\n  return helper(${push})\n}\n`
}

async function startAgain(args, environment) {
  for (let attempt = 0; ; attempt++) {
    try {
      return await startCode(args, environment)
    } catch (error) {
      if (attempt === 20) throw error
      await delay(200)
    }
  }
}

async function register(key, index) {
  const origin = git.create(`r${index}`)
  const commit = origin.commit({ 'README.md': 'nothing yet\n' })
  await origin.push()
  const response = await fetch(`${api.url}/api/v1/repositories`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify({ git_url: origin.url }),
  })
  if (response.status !== 201) throw new Error(await response.text())
  return { ...(await response.json()), index, origin, commit }
}

/** Until it is acknowledged, always by the same id. */
async function deliver(repository, before) {
  const body = JSON.stringify({
    ref: 'refs/heads/main',
    before,
    after: repository.commit,
    commits: [{ added: [], modified: ['src/main.ts'], removed: [] }],
    repository: { default_branch: 'main' },
  })
  const signature = createHmac('sha256', repository.webhook_secret).update(body).digest('hex')
  const headers = {
    'x-github-event': 'push',
    'x-github-delivery': randomUUID(),
    'x-hub-signature-256': `sha256=${signature}`,
  }
  for (;;) {
    const status = await fetch(`${api.url}/webhooks/github/${repository.id}`, {
      method: 'POST',
      headers,
      body,
      signal: AbortSignal.timeout(5_000),
    }).then(
      (response) => response.status,
      () => 0,
    )
    if (status === 202 || status === 200) return
    await delay(100)
  }
}

async function query(work) {
  const db = new pg.Client(databaseUrl(project))
  await db.connect()
  try {
    return await work(db)
  } finally {
    await db.end()
  }
}

async function settled() {
  const startedAt = performance.now()
  for (;;) {
    const { rows } = await query((db) =>
      db.query(
        `select count(*)::int as n from indexing_jobs where status in ('queued', 'in_progress')`,
      ),
    )
    if (rows[0].n === 0) break
    if (performance.now() - startedAt > 120_000) throw new Error(`${rows[0].n} jobs do not end`)
    await delay(200)
  }
  console.log(`all jobs ended ${Math.round(performance.now() - startedAt)} ms after the last push`)
}

async function check(made) {
  const problems = []
  const count = async (text) => (await query((db) => db.query(text))).rows[0].n
  const expect = async (what, text, wanted) => {
    const found = await count(text)
    console.log(`${found === wanted ? 'ok  ' : 'FAIL'} ${what}: ${found}`)
    if (found !== wanted) problems.push(what)
  }
  const jobs = repositories * (pushes + 1)
  await expect(
    'jobs completed',
    `select count(*)::int as n from indexing_jobs where status = 'completed'`,
    jobs,
  )
  await expect(
    'jobs otherwise',
    `select count(*)::int as n from indexing_jobs where status <> 'completed'`,
    0,
  )
  await expect(
    'completed once',
    `select count(distinct job_id)::int as n from indexing_job_events where event_type = 'completed'`,
    jobs,
  )
  await expect(
    'completed twice',
    `select count(*)::int as n from (select from indexing_job_events where event_type = 'completed' group by job_id having count(*) > 1) twice`,
    0,
  )
  await expect(
    'deliveries processed',
    `select count(*)::int as n from webhook_deliveries where status = 'processed'`,
    repositories * pushes,
  )
  await expect(
    'deliveries otherwise',
    `select count(*)::int as n from webhook_deliveries where status <> 'processed'`,
    0,
  )
  await expect('symbols', 'select count(*)::int as n from symbols', repositories * 31)
  await expect('files', 'select count(*)::int as n from indexed_files', repositories * 32)
  await expect(
    'orphans',
    'select count(*)::int as n from symbols where file_id not in (select id from indexed_files)',
    0,
  )
  for (const { id, index, commit } of made) {
    const { rows } = await query((db) =>
      db.query(
        `select (select last_indexed_commit from repositories where id = $1) as commit,
           (select count(*)::int from symbols where repository_id = $1 and name like $2) as n`,
        [id, `r${index}\\_p${pushes - 1}\\_%`],
      ),
    )
    if (rows[0].commit !== commit || rows[0].n !== 31)
      problems.push(`repository ${index}: ${JSON.stringify(rows[0])}`)
  }
  const attempts = await count('select max(attempts)::int as n from indexing_jobs')
  const recovered = await count(
    `select count(*)::int as n from indexing_job_events where event_type in ('recovered', 'retry')`,
  )
  console.log(`at most ${attempts} attempts, ${recovered} jobs taken over or tried again`)
  if (problems.length > 0) {
    console.log(problems.join('\n'))
    const { rows } = await query((db) =>
      db.query(
        `select jobs.id, jobs.status, array_agg(events.created_at::time(3) || ' ' || event_type || coalesce(': ' || message, '') order by events.id) as events
         from indexing_jobs jobs join indexing_job_events events on events.job_id = jobs.id
         where jobs.status <> 'completed' group by jobs.id`,
      ),
    )
    console.log(rows)
    process.exitCode = 1
  }
}

function familyOf(root) {
  const parents = new Map()
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
      parents.set(Number(entry), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
    } catch {
      // ended meanwhile
    }
  }
  const family = [root]
  for (const member of family)
    for (const [child, parent] of parents) if (parent === member) family.push(child)
  return family
}
