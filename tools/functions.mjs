/**
 * `npm run projects:functions -- <folder…>`: whether the functions of a supabase/ folder boot here, and what keeps those that do
 * not. Each is called once with OPTIONS; the database has none of the project's tables.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { freePort, loadConfig, openLocalPlatform } from '../packages/server/dist/host/node/index.js'

const leftOut = new Set(['.temp', '.branches', 'node_modules', '.git'])
/** How an answer of ours begins when a function does not boot. */
const notBooted = new Set(['BOOT_ERROR', 'WORKER_LIMIT'])

const folders = process.argv.slice(2)
if (folders.length === 0) {
  console.log('usage: npm run projects:functions -- <folder…>')
  process.exit(2)
}
let booted = 0
let all = 0
for (const folder of folders) await tryFolder(resolve(folder))
console.log(`${booted} of ${all} functions boot`)

async function tryFolder(folder) {
  const source = basename(folder) === 'supabase' ? folder : join(folder, 'supabase')
  if (!existsSync(join(source, 'functions'))) return
  const workdir = mkdtempSync(join(tmpdir(), 'basalt-functions-'))
  try {
    const target = join(workdir, 'supabase')
    mkdirSync(target)
    const filter = (path) => !leftOut.has(basename(path))
    cpSync(join(source, 'functions'), join(target, 'functions'), { recursive: true, filter })
    if (existsSync(join(source, 'config.toml')))
      cpSync(join(source, 'config.toml'), join(target, 'config.toml'))
    await callAll(basename(folder), workdir)
  } finally {
    rmSync(workdir, { recursive: true, force: true })
  }
}

async function callAll(name, workdir) {
  const { config } = loadConfig({ workdir, flags: {}, environment: process.env })
  const local = await openLocalPlatform({
    workdir,
    config: { ...config, 'db.port': await freePort(), 'basalt.functions.boot_timeout': 30_000 },
  })
  try {
    for (const slug of slugsOf(workdir, config)) {
      all++
      const problem = await problemOf(local.platform, slug)
      if (problem === null) booted++
      console.log(`${name}/${slug}: ${problem ?? 'boots'}`)
    }
  } finally {
    await local.close()
  }
}

function slugsOf(workdir, config) {
  const root = join(workdir, 'supabase/functions')
  const named = Object.keys(config.functions).filter(
    (slug) => config.functions[slug].enabled !== false,
  )
  const there = readdirSync(root).filter(
    (slug) => /^[A-Za-z]/.test(slug) && existsSync(join(root, slug, 'index.ts')),
  )
  return [...new Set([...there, ...named])].sort()
}

/** Null where it boots. */
async function problemOf(platform, slug) {
  const response = await platform.fetch(`http://localhost/functions/v1/${slug}`, {
    method: 'OPTIONS',
    headers: {
      authorization: `Bearer ${platform.keys.serviceRoleKey}`,
      origin: 'http://localhost',
      'access-control-request-method': 'POST',
    },
  })
  const text = await response.text()
  if (response.status === 404 && text === 'Function not found') return 'has no entrypoint'
  if (response.status !== 503 && response.status !== 546) return null
  const { code, details } = JSON.parse(text)
  return notBooted.has(code) ? String(details).split('\n').slice(0, 3).join(' | ') : null
}
