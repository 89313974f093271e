/**
 * `npm run bench -- code`: search among a million symbols and real sources, at 16 callers, and the speed of indexing beside
 * bare tree-sitter in the same run, and the processor time of each. `BENCH_SECONDS` each (5), `BENCH_SYMBOLS` (1000000), `BENCH_SOURCES_MB` (20), `BENCH_NAME_CACHE_MB` (256; 0: Postgres alone).
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { extname, join, resolve } from 'node:path'
import pg from 'pg'
import { Parser, Language } from 'web-tree-sitter'
import { findGrammar, languageOf } from '../../packages/code/dist/parse/languages.js'
import { startGitServer } from '../code/git-server.mjs'
import { createProject, startProject } from './bench-project.mjs'
import {
  createKey,
  databaseUrl,
  environmentFor,
  killAll,
  residentMb,
  startCode,
} from '../code/code-processes.mjs'
import { cpuByKind, cpuOf } from './cpu-time.mjs'
import { searches } from './code-searches.mjs'
import { quantile } from './quantile.mjs'
import { runLoad } from './run-load.mjs'

const seconds = Number(process.env.BENCH_SECONDS ?? 5)
const symbols = Number(process.env.BENCH_SYMBOLS ?? 1_000_000)
const sourceBytes = Number(process.env.BENCH_SOURCES_MB ?? 20) * 1e6
const nameCache = process.env.BENCH_NAME_CACHE_MB ?? '256'
const callers = 16

/** Real sources below node_modules, of the languages there are, until there is enough. */
function findSources() {
  const root = resolve(import.meta.dirname, '../../node_modules')
  const found = {}
  let bytes = 0
  for (const path of readdirSync(root, { recursive: true, encoding: 'utf8' }).toSorted()) {
    if (bytes > sourceBytes || languageOf(path) === null || path.includes('\0')) continue
    if (/\.min\.|tree-sitter-|[\\/]dist[\\/]esm/.test(path) || extname(path) === '.h') continue
    const file = join(root, path)
    const { size } = statSync(file, { throwIfNoEntry: false }) ?? { size: 0 }
    if (size < 200 || size > 500_000 || !statSync(file).isFile()) continue
    found[path] = readFileSync(file)
    bytes += size
  }
  return found
}

/** The same files, one thread, nothing but the trees. */
async function parseBare(sources) {
  await Parser.init()
  const parsers = new Map()
  let bytes = 0
  let ms = 0
  for (const [path, content] of Object.entries(sources)) {
    const language = languageOf(path)
    if (!parsers.has(language.name)) {
      const parser = new Parser()
      parser.setLanguage(await Language.load(findGrammar(language)))
      parsers.set(language.name, parser)
    }
    const text = content.toString()
    const started = performance.now()
    parsers.get(language.name).parse(text)?.delete()
    ms += performance.now() - started
    bytes += content.length
  }
  return bytes / 1e3 / ms
}

const ms = (value) => `${value.toFixed(2)} ms`.padStart(10)

async function loadSymbols(db, repository) {
  const { rows: known } = await db.query('select max(id)::int as id from indexed_files')
  const files = Math.ceil(symbols / 1000)
  await db.query(
    `insert into indexed_files (repository_id, path, language, content_hash, size_bytes)
     select $1, 'src/module' || i % 97 || '/file' || i || '.ts', 'typescript', i::text, 1000 from generate_series(1, $2::int) i`,
    [repository, files],
  )
  const words = `'{get,set,find,create,delete,update,parse,render,open,close,read,write,load,store,merge,split,encode,decode,start,stop}'::text[]`
  const nouns = `'{User,Order,Invoice,Session,Token,Cache,Buffer,Stream,Socket,Request,Response,Header,Query,Row,Table,Index,Node,Tree,Graph,Edge}'::text[]`
  await db.query(
    `insert into symbols (repository_id, file_id, ordinal, name, kind, language, signature, start_line, start_column, end_line, end_column)
     select $1, first.id + i / 1000, i % 1000,
       (${words})[1 + i % 20] || (${nouns})[1 + (i / 20) % 20] || 'By' || (${nouns})[1 + (i / 400) % 20] || i / 8000,
       case i % 3 when 0 then 'function' when 1 then 'class' else 'method' end, 'typescript', 'function x()', i % 1000, 0, i % 1000 + 5, 1
     from generate_series(0, $2::int - 1) i, (select min(id) as id from indexed_files where repository_id = $1 and id > $3) first`,
    [repository, symbols, known[0].id],
  )
}

/** Processor time in µs of the API and of Postgres so far; that of threads of the API among it. */
function cpuSoFar({ api, basalt }) {
  const kinds = cpuByKind(basalt.pid)
  const all = Object.values(kinds).reduce((sum, us) => sum + us, 0)
  return { api: cpuOf(api.pid).ownUs, postgres: all - kinds.node }
}

/** The process that answers is `api`, at `api.url`. */
async function measure({ api, basalt, key }, name, paths) {
  const { port } = new URL(api.url)
  const requests = paths.map(
    (path) => `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nx-api-key: ${key}\r\n\r\n`,
  )
  const plan = { host: '127.0.0.1', port: Number(port), connections: callers, requests }
  await runLoad({ ...plan, seconds: 1 })
  const before = cpuSoFar({ api, basalt })
  const {
    requests: done,
    errors,
    p50,
    p99,
    seconds: took,
    cpuUs,
  } = await runLoad({ ...plan, seconds })
  const after = cpuSoFar({ api, basalt })
  const each = (us) => String(Math.round(us / done))
  const cpu = `${each(after.api - before.api)} + ${each(after.postgres - before.postgres)} + ${each(cpuUs)} us`
  console.log(
    `${name.padEnd(34)} p50 ${ms(p50)}  p99 ${ms(p99)}  ${Math.round(done / took)} a second  ${cpu}${errors > 0 ? `  ${errors} ERRORS` : ''}`,
  )
}

/** Rows by node:http and pg alone. */
async function measureBare({ basalt, key }, repository) {
  const child = spawn(process.execPath, [
    join(import.meta.dirname, 'bare-rows.mjs'),
    databaseUrl(project),
    repository,
  ])
  const [port] = await once(child.stdout, 'data')
  const api = { url: `http://127.0.0.1:${Number(port)}`, pid: child.pid }
  await measure({ api, basalt, key }, 'bare node:http and pg, 20 rows', ['/'])
  child.kill()
}

/** From the insert of a job until its worker has it, and until it is done where nothing has changed. */
async function measureWaking(db, repository) {
  const took = []
  const done = []
  for (let round = 0; round < 30; round++) {
    const { rows } = await db.query('select request_indexing($1) as job', [repository])
    let ended
    while (ended === undefined) {
      const found = await db.query(
        `select extract(epoch from started_at - queued_at)::float8 * 1000 as woken, extract(epoch from finished_at - queued_at)::float8 * 1000 as ended
         from indexing_jobs where id = $1 and status = 'completed'`,
        [rows[0].job],
      )
      ended = found.rows[0]
    }
    took.push(ended.woken)
    done.push(ended.ended)
  }
  const sorted = (values) => values.toSorted((one, other) => one - other)
  console.log(
    `a job is taken after p50 ${ms(quantile(sorted(took), 0.5))}, at most ${ms(Math.max(...took))}; without changes done after p50 ${ms(quantile(sorted(done), 0.5))}`,
  )
}

/** Asks once, and waits until the names are in memory. */
async function measureNames(api, key) {
  const residentBefore = residentMb(api.pid)
  const headers = { 'x-api-key': key }
  await fetch(`${api.url}/api/v1/symbols/search?pattern=findOrder`, { headers })
  let longest = 0
  let line
  while (line === undefined) {
    const started = performance.now()
    await fetch(`${api.url}/health`)
    longest = Math.max(longest, performance.now() - started)
    if (api.said().includes('do not fit')) throw new Error(api.said())
    line = /.*names of a repository are in memory.*/.exec(api.said())?.[0]
  }
  const { names, bytes, ms: took } = JSON.parse(line)
  console.log(
    `${names} names in memory after ${Math.round(took)} ms, ${Math.round(bytes / 1_048_576)} MiB (the process ${Math.round(residentMb(api.pid) - residentBefore)} MB more); /health meanwhile at most ${Math.round(longest)} ms`,
  )
}

const git = await startGitServer()
const dataDir = mkdtempSync(join(tmpdir(), 'basalt-code-bench-'))
const project = await createProject()
const basalt = await startProject(project)
const url = databaseUrl(project)
const db = new pg.Client(url)
try {
  await db.connect()
  const environment = {
    ...environmentFor(project, git.host, dataDir),
    CODE_PARSER_THREADS: String(cpus().length),
    CODE_NAME_CACHE_MB: nameCache,
    CODE_ANSWER_CACHE_MB: '0',
  }
  const api = await startCode(['serve', '--migrate'], environment)
  const key = await createKey(db)

  const sources = findSources()
  const bytes = Object.values(sources).reduce((sum, content) => sum + content.length, 0)
  const origin = git.create('sources')
  origin.commit(sources)
  await origin.push()
  console.log(
    `${Object.keys(sources).length} files of node_modules, ${(bytes / 1e6).toFixed(1)} MB`,
  )

  const worker = await startCode(['worker'], environment)
  const bare = await parseBare(sources)
  const created = await fetch(`${api.url}/api/v1/repositories`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify({ git_url: origin.url }),
  })
  const { id: repository, job_id: job } = await created.json()
  const before = cpuSoFar({ api: worker, basalt })
  let peak = 0
  let row
  for (;;) {
    const { rows } = await db.query(
      `select status, error_message, progress, extract(epoch from finished_at - started_at)::float8 as took from indexing_jobs where id = $1`,
      [job],
    )
    row = rows[0]
    peak = Math.max(peak, residentMb(worker.pid))
    if (['completed', 'failed'].includes(row.status)) break
    await new Promise((done) => setTimeout(done, 100))
  }
  if (row.status === 'failed') throw new Error(row.error_message)
  const after = cpuSoFar({ api: worker, basalt })
  const used = (kind) => `${((after[kind] - before[kind]) / 1e6).toFixed(1)} s`
  const speed = bytes / 1e6 / row.took
  console.log(
    `indexing ${speed.toFixed(2)} MB/s with fetch, parse and rows; bare tree-sitter ${bare.toFixed(2)} MB/s; ratio ${(speed / bare).toFixed(2)}; fetched in ${row.progress.fetch_ms} ms, ${row.progress.write_ms} ms of writing; ${row.progress.symbols} symbols; worker at most ${Math.round(peak)} MB; processor time of the worker ${used('api')}, of Postgres ${used('postgres')}`,
  )
  await measureWaking(db, repository)
  await worker.stop()

  await loadSymbols(db, repository)
  await db.query('vacuum analyze symbols, symbol_references, indexed_files, file_chunks')
  const { rows: sizes } = await db.query(
    `select count(*)::int as symbols, pg_size_pretty(pg_database_size(current_database())) as size from symbols`,
  )
  console.log(
    `${sizes[0].symbols} symbols, database ${sizes[0].size}; ${callers} callers, ${seconds} s each`,
  )
  if (nameCache !== '0') await measureNames(api, key)
  console.log('processor time of each search: the API + Postgres + the load generator')
  await measureBare({ basalt, key }, repository)
  for (const [name, paths] of searches) await measure({ api, basalt, key }, name, paths)
  await api.stop()

  const keeping = await startCode(['serve'], { ...environment, CODE_ANSWER_CACHE_MB: '32' })
  if (nameCache !== '0') await measureNames(keeping, key)
  console.log('answers that are kept')
  for (const [name, paths] of searches.filter(([, { length }]) => length < 1_000))
    await measure({ api: keeping, basalt, key }, name, paths)
  await keeping.stop()
} finally {
  killAll()
  await db.end().catch(() => {})
  await basalt.stop()
  await git.close()
  project.remove()
  rmSync(dataDir, { recursive: true, force: true })
}
