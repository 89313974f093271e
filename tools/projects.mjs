/**
 * `npm run projects -- [--keep-going] <folder…>`: whether a supabase/ folder starts here, and the first statement that fails.
 * A folder is a project (with supabase/ in it) or the supabase/ folder itself; it is copied and started in the copy, on a
 * Postgres of its own, without ports. Exit code 1 if one does not start.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  ConfigError,
  SqlFileError,
  StartError,
  freePort,
  loadConfig,
  openLocalPlatform,
} from '../packages/server/dist/host/node/index.js'
import { splitStatements } from '../packages/server/dist/host/workspace/index.js'

/** With --keep-going each failing statement means a start from the beginning, 1 s or more. */
const mostFailures = 20

/** State of a Supabase CLI, and what no migration reads. */
const leftOut = new Set(['.temp', '.branches', 'node_modules', '.git'])

/**
 * Starts a copy of `folder`. With `keepGoing` a failing statement is cut out of the copy, and the rest is tried.
 * Resolves with `{ name, failures, warnings, migrations, seconds }`; a failure is `{ file, line, sql, message }`.
 */
export async function tryProject(folder, { keepGoing = false } = {}) {
  const began = performance.now()
  const workdir = mkdtempSync(join(tmpdir(), 'basalt-project-'))
  try {
    const supabase = copyProject(resolve(folder), workdir)
    const failures = []
    const warnings = new Set()
    for (;;) {
      const failure = await startOnce(workdir, warnings)
      if (failure === null) break
      failures.push(failure)
      const cut = keepGoing && failures.length < mostFailures && cutOut(workdir, failure)
      if (!cut) break
    }
    const seconds = (performance.now() - began) / 1000
    return { name: nameOf(folder), failures, warnings: [...warnings], supabase, seconds }
  } finally {
    rmSync(workdir, { recursive: true, force: true })
  }
}

/** `apps/web/supabase` and `apps/web` are the same project. */
function copyProject(folder, workdir) {
  const source = basename(folder) === 'supabase' ? folder : join(folder, 'supabase')
  if (!existsSync(source)) throw new Error(`${folder}: there is no supabase/ folder`)
  const target = join(workdir, 'supabase')
  cpSync(source, target, {
    recursive: true,
    filter: (path) => path === source || !leftOut.has(basename(path)),
  })
  return source
}

function nameOf(folder) {
  const path = resolve(folder)
  return basename(path) === 'supabase' ? `${basename(dirname(path))}/supabase` : basename(path)
}

/** Null when it starts and its API answers. */
async function startOnce(workdir, warnings) {
  const { BASALT_DB_URL: _, SUPABASE_BASALT_DB_URL: __, ...environment } = process.env
  let platform = null
  try {
    const flags = { 'db.port': await freePort() }
    const loaded = loadConfig({ workdir, flags, environment })
    for (const warning of loaded.warnings) warnings.add(warning)
    platform = await openLocalPlatform({
      workdir,
      config: loaded.config,
      onWarning: (warning) => warnings.add(warning),
    })
    return await askApi(platform, loaded.config)
  } catch (error) {
    return describe(error, workdir)
  } finally {
    await platform?.close()
    rmSync(join(workdir, 'supabase', '.temp'), { recursive: true, force: true })
  }
}

async function askApi({ platform }, config) {
  if (!config['api.enabled']) return null
  const response = await platform.fetch('http://in.process/rest/v1/', {
    headers: { apikey: platform.keys.secretKey },
  })
  if (response.status === 200) return null
  const message = `/rest/v1/ answers ${response.status}: ${await response.text()}`
  return { file: null, line: null, sql: null, message }
}

function describe(error, workdir) {
  const message = error instanceof Error ? error.message : String(error)
  if (!(error instanceof SqlFileError)) {
    if (error instanceof ConfigError || error instanceof StartError)
      return { file: 'supabase/config.toml', line: null, sql: null, message }
    return { file: null, line: null, sql: null, message: error?.stack ?? message }
  }
  const { file, line, statement } = error.place
  const found = statement === null ? undefined : statementsOf(workdir, file)[statement - 1]
  const sql = found === undefined ? null : firstLine(found.text)
  const [summary = ''] = message.split('\n')
  const reason = statement === null ? summary : summary.replace(/^.*?: /, '')
  return { file, line, sql, statement, message: reason }
}

function statementsOf(workdir, file) {
  return splitStatements(readFileSync(join(workdir, file), 'utf8'))
}

/** The first line of SQL that is no comment. */
function firstLine(text) {
  const lines = text.replaceAll(/\/\*[^]*?\*\//g, '').split('\n')
  const line = lines.find((each) => each.trim() !== '' && !each.trim().startsWith('--')) ?? ''
  return line.trim().slice(0, 160)
}

/** Empties the statement in the copy; its lines stay, so that later ones are named as in the original. */
function cutOut(workdir, { file, statement }) {
  if (file === null || statement === null || statement === undefined) return false
  const path = join(workdir, file)
  const text = readFileSync(path, 'utf8')
  const found = splitStatements(text)[statement - 1]
  if (found === undefined) return false
  const at = text.indexOf(found.text, offsetOfLine(text, found.textLine))
  if (at === -1) return false
  const blank = found.text.replaceAll(/[^\n]/g, ' ')
  writeFileSync(path, text.slice(0, at) + blank + text.slice(at + found.text.length))
  return true
}

function offsetOfLine(text, line) {
  return text
    .split('\n')
    .slice(0, line - 1)
    .join('\n').length
}

/** `supabase/migrations/1_a.sql:12  create extension x  — what Postgres said` */
function renderFailure({ file, line, sql, message }) {
  const place = [file, line].filter((part) => part !== null).join(':')
  return [place, sql, `— ${message}`].filter((part) => part !== null && part !== '').join('  ')
}

async function main(given) {
  const keepGoing = given.includes('--keep-going')
  const folders = given.filter((argument) => !argument.startsWith('--'))
  if (folders.length === 0) {
    console.error('usage: npm run projects -- [--keep-going] <folder…>')
    return 2
  }
  let started = 0
  for (const folder of folders) {
    try {
      const { name, failures, seconds } = await tryProject(folder, { keepGoing })
      const time = `${seconds.toFixed(1)} s`
      if (failures.length === 0) {
        started++
        console.log(`ok    ${name}  ${time}`)
      } else console.log(`FAIL  ${name}  ${failures.map(renderFailure).join('\n        ')}`)
    } catch (error) {
      console.log(`FAIL  ${folder}  — ${error.message}`)
    }
  }
  console.log(`${started} of ${folders.length} start`)
  return started === folders.length ? 0 : 1
}

const isCalled = import.meta.url === pathToFileURL(process.argv[1] ?? '').href
if (isCalled) process.exitCode = await main(process.argv.slice(2))
