/** The suites of supabase/supabase-js that ask a running stack: each with the config.toml, migrations and seeds it brings. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun, runLogged } from './checkout.mjs'
import { readJest } from './read-results.mjs'
import { startBasalt } from './start-basalt.mjs'

export const source = 'supabase-js'
export const repository = 'supabase/supabase-js'
const pnpm = ['-y', 'pnpm@10.18.0', '--config.manage-package-manager-versions=false']

/** The lockfile's packages; install scripts (husky, downloads of the CLI and of browsers) are left out. */
export async function install({ folder, log }) {
  const done = join(folder, 'node_modules/.installed')
  if (existsSync(done)) return
  const words = [
    'install',
    '--frozen-lockfile',
    '--ignore-scripts',
    '--filter',
    '{./packages/core/*}...',
  ]
  await mustRun('npx', [...pnpm, ...words], { cwd: folder, log: log('install') })
  writeFileSync(done, '')
}

/** What supabase-js' own tests import of its neighbours are their builds. */
export async function installAndBuild(context) {
  await install(context)
  const done = join(context.folder, 'node_modules/.built')
  if (existsSync(done)) return
  const words = ['--filter', '{./packages/core/*}...', 'run', 'build']
  await mustRun('npx', [...pnpm, ...words], { cwd: context.folder, log: context.log('build') })
  writeFileSync(done, '')
}

export function packageFolder({ folder }, name) {
  return join(folder, 'packages/core', name)
}

/** Runs a package's jest as its repository does, without coverage; `--ci` keeps it from writing snapshots. */
export async function runJest(context, name, words = [], env = {}) {
  const cwd = packageFolder(context, name)
  const output = context.log('jest').replace('.log', '.json')
  rmSync(output, { force: true })
  const options = ['--ci', '--runInBand', '--coverage=false', '--forceExit', '--json']
  await runLogged('node_modules/.bin/jest', [...options, `--outputFile=${output}`, ...words], {
    cwd,
    env,
    log: context.log('jest'),
  })
  if (!existsSync(output)) throw new Error(`jest gave no report (${context.log('jest')})`)
  return readJest(JSON.parse(readFileSync(output, 'utf8')), cwd)
}

/** Runs `work` beside a Basalt of the project in `workdir`. */
export async function beside(context, workdir, work, options = {}) {
  const basalt = await startBasalt(workdir, { log: context.log('basalt'), ...options })
  try {
    return await work()
  } finally {
    await basalt.stop()
  }
}

/** Writes the keys that auth-js' tests sign with, as its targets do first; resolves to the folder of the tests. */
export async function writeKeys(context) {
  const test = join(packageFolder(context, 'auth-js'), 'test')
  await mustRun('node', ['generate-signing-keys.js'], { cwd: test, log: context.log('keys') })
  return test
}

const authJs = {
  id: 'auth-js',
  title: 'auth-js',
  how: '`jest.config.cli.js` beside `basalt start` with the suite’s `test/supabase/config.toml`, in place of the Supabase CLI’s stack.',
  prepare: install,
  async run(context) {
    const test = await writeKeys(context)
    return beside(context, test, () =>
      runJest(context, 'auth-js', ['--config', 'jest.config.cli.js']),
    )
  },
}

const postgrestJs = {
  id: 'postgrest-js',
  title: 'postgrest-js',
  how: '`jest` beside `basalt start` with the suite’s config.toml, migration and seed, on Debian’s Postgres 15 with PostGIS (`--postgres-bin`), which the migration asks for.',
  prepare: install,
  run: (context) =>
    beside(
      context,
      join(packageFolder(context, 'postgrest-js'), 'test'),
      () => runJest(context, 'postgrest-js'),
      { words: ['--postgres-bin', process.env.POSTGRES_BIN ?? '/usr/lib/postgresql/15/bin'] },
    ),
}

const storageJs = {
  id: 'storage-js',
  title: 'storage-js',
  how: '`jest` beside `basalt start` with the suite’s config.toml and seed.',
  prepare: install,
  run: (context) =>
    beside(context, join(packageFolder(context, 'storage-js'), 'test'), () =>
      runJest(context, 'storage-js'),
    ),
}

export const suites = [authJs, postgrestJs, storageJs]
