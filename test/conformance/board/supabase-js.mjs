/** supabase-js' own integration tests, in Node, Bun and Deno, beside a Basalt with the package's migrations and functions. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runLogged } from './checkout.mjs'
import { readJunit } from './read-results.mjs'
import {
  beside,
  installAndBuild,
  packageFolder,
  repository,
  runJest,
  source,
} from './client-libraries.mjs'
import { installRuntimes } from './runtimes.mjs'

export { repository, source }

function besideProject(context, work) {
  const project = packageFolder(context, 'supabase-js')
  addImportMap(project)
  return beside(context, project, work)
}

/** Some of the functions import the package; the map beside them leads to a preview on esm.sh, this one to the build. */
function addImportMap(project) {
  const functions = join(project, 'supabase/functions')
  mkdirSync(join(functions, '_built'), { recursive: true })
  cpSync(join(project, 'dist/cors.mjs'), join(functions, '_built/cors.mjs'))
  const imports = { '@supabase/supabase-js/cors': './_built/cors.mjs' }
  writeFileSync(join(functions, 'import_map.json'), JSON.stringify({ imports }))
}

/** Runs a command that writes `junit` and reads it. */
async function runForJunit(context, program, words, { cwd, junit, name }) {
  rmSync(junit, { force: true })
  await runLogged(program, words, { cwd, log: context.log(name), env: { NO_COLOR: '1' } })
  if (!existsSync(junit)) throw new Error(`${name} gave no report (${context.log(name)})`)
  return readJunit(readFileSync(junit, 'utf8'))
}

/** Lets the tests in `folder` import the built package by its name. */
function linkPackage(context, folder) {
  const scope = join(folder, 'node_modules/@supabase')
  mkdirSync(scope, { recursive: true })
  rmSync(join(scope, 'supabase-js'), { force: true })
  symlinkSync(packageFolder(context, 'supabase-js'), join(scope, 'supabase-js'))
}

async function prepare(context) {
  await installAndBuild(context)
  await installRuntimes(context)
}

/** Node 20 has the WebSocket that the client asks for behind a flag. */
const withWebSocket =
  globalThis.WebSocket === undefined ? { NODE_OPTIONS: '--experimental-websocket' } : {}

const inNode = {
  id: 'supabase-js',
  title: 'supabase-js, in Node',
  how: '`jest test/integration.test.ts` beside `basalt start` with the package’s config.toml, migrations and functions.',
  prepare,
  run: (context) =>
    besideProject(context, () =>
      runJest(context, 'supabase-js', ['test/integration.test.ts'], withWebSocket),
    ),
}

const inBun = {
  id: 'supabase-js-bun',
  title: 'supabase-js, in Bun',
  how: '`test/integration/bun` on the same project, with the package built from the commit in the place of the preview it would download.',
  prepare,
  async run(context) {
    const { bun } = await installRuntimes(context)
    const cwd = join(packageFolder(context, 'supabase-js'), 'test/integration/bun')
    linkPackage(context, cwd)
    const junit = context.log('report').replace('.log', '.xml')
    const words = ['test', 'integration.test.ts', '--reporter=junit', `--reporter-outfile=${junit}`]
    return besideProject(context, () =>
      runForJunit(context, bun, words, { cwd, junit, name: 'bun' }),
    )
  },
}

/** The two assertions that the tests take from deno.land, which is not asked. */
const assertions = `import { deepStrictEqual, ok } from 'node:assert'
export const assertEquals = (a, b, message) => deepStrictEqual(a, b, message)
export const assertExists = (a, message) => ok(a !== null && a !== undefined, message)
`

const inDeno = {
  id: 'supabase-js-deno',
  title: 'supabase-js and edge functions, in Deno',
  how: '`test/deno` on the same project, with the package built from the commit, and `assertEquals` and `assertExists` of `node:assert` in the place of those of deno.land.',
  prepare,
  async run(context) {
    const { deno } = await installRuntimes(context)
    const cwd = join(packageFolder(context, 'supabase-js'), 'test/deno')
    linkPackage(context, cwd)
    const shim = join(cwd, 'assertions.mjs')
    writeFileSync(shim, assertions)
    const map = join(cwd, 'local-imports.json')
    const std = 'https://deno.land/std@0.220.1/assert/mod.ts'
    writeFileSync(map, JSON.stringify({ imports: { [std]: pathToFileURL(shim).href } }))
    const junit = context.log('report').replace('.log', '.xml')
    const flags = ['--allow-all', '--no-check', '--no-config', '--node-modules-dir=manual']
    const sloppy = ['--unstable-sloppy-imports', '--unstable-detect-cjs', `--import-map=${map}`]
    const words = ['test', ...flags, ...sloppy, `--junit-path=${junit}`]
    return besideProject(context, () =>
      runForJunit(context, deno, words, { cwd, junit, name: 'deno' }),
    )
  },
}

export const suites = [inNode, inBun, inDeno]
