/**
 * `npm run conformance:indexeddb -- <path>`: runs the web-platform-tests of IndexedDB, as the fakeIndexedDB repository
 * (a checkout or a bare repository at <path>) has converted them for Node, against this package and against
 * fake-indexeddb (`--ours`: not). Each file is a process of its own. `--only=<part of a file's name>` runs some and prints failures;
 * `--json=<file>` is where what ours did is written, too.
 */
import { execFileSync, fork } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { indexeddbReasons as reasons } from './board/indexeddb-reasons.mjs'

const root = resolve(import.meta.dirname, '../..')
const [path] = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice(7)
const json = process.argv.find((argument) => argument.startsWith('--json='))?.slice(7)
const withOther = !process.argv.includes('--ours')
const timeoutMs = 10_000
const atOnce = 2
const tests = 'src/test/web-platform-tests'
if (path === undefined) {
  console.log(
    'usage: npm run conformance:indexeddb -- <path of a checkout of dumbmatter/fakeIndexedDB>',
  )
  process.exit(2)
}

const work = mkdtempSync(join(tmpdir(), 'indexeddb-conformance-'))
try {
  const given = checkout()
  const { files, left } = listFiles(given)
  const ours = await runAll(files, prepare(given, 'ours'))
  report('@basalt/docstore', ours)
  if (withOther)
    report(`fake-indexeddb ${versionOfOther()}`, await runAll(files, prepare(given, 'other')))
  printFailures(ours)
  if (json !== undefined) writeFileSync(json, JSON.stringify({ ours, left }))
} finally {
  rmSync(work, { recursive: true, force: true })
}

function checkout() {
  if (existsSync(join(path, tests))) return resolve(path)
  const target = join(work, 'given')
  mkdirSync(target)
  const archive = execFileSync('git', ['-C', path, 'archive', 'HEAD', tests], {
    maxBuffer: 1 << 28,
  })
  execFileSync('tar', ['x', '-C', target], { input: archive })
  return target
}

/** Files that need a browser's windows, frames or network are marked there to be skipped: `left`. */
function listFiles(given) {
  const manifests = join(given, tests, 'manifests')
  const isSkipped = (file) => {
    const manifest = join(manifests, file.replace(/\.js$/, '.toml'))
    return existsSync(manifest) && /^skip\s*=\s*true/m.test(readFileSync(manifest, 'utf8'))
  }
  const all = readdirSync(join(given, tests, 'converted'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.js'))
    .filter((file) => only === undefined || file.includes(only))
    .toSorted()
  return { files: all.filter((file) => !isSkipped(file)), left: all.filter(isSkipped) }
}

/** Lays the tests beside what they import by relative paths: the globals, an Event class, the exceptions. */
function prepare(given, kind) {
  const home = join(work, kind)
  for (const part of ['converted', 'idlharness', 'wpt-env.js'])
    cpSync(join(given, tests, part), join(home, tests, part), { recursive: true })
  writeFileSync(join(home, 'package.json'), '{"type":"module"}')
  mkdirSync(join(home, 'auto'), { recursive: true })
  const other = join(root, 'node_modules/fake-indexeddb')
  if (kind === 'other') {
    cpSync(join(other, 'build/esm'), join(home, 'build/esm'), { recursive: true })
    cpSync(join(other, 'auto/index.mjs'), join(home, 'auto/index.mjs'))
    return home
  }
  mkdirSync(join(home, 'build/esm/lib'), { recursive: true })
  symlinkSync(join(root, 'test/conformance/indexeddb-globals.mjs'), join(home, 'auto/index.mjs'))
  writeFileSync(join(home, 'build/esm/lib/FakeEvent.js'), 'export default globalThis.Event\n')
  writeFileSync(join(home, 'build/esm/lib/errors.js'), exceptions())
  return home
}

function exceptions() {
  const names = [
    'Abort',
    'Constraint',
    'DataClone',
    'Data',
    'InvalidAccess',
    'InvalidState',
    'NotFound',
    'ReadOnly',
    'TransactionInactive',
    'Version',
  ]
  return names
    .map(
      (name) =>
        `export class ${name}Error extends DOMException { constructor(m = '') { super(m, '${name}Error') } }\n`,
    )
    .join('')
}

async function runAll(files, home) {
  const results = []
  const left = [...files]
  const worker = async () => {
    for (let file = left.shift(); file !== undefined; file = left.shift())
      results.push(await runFile(home, file))
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return results.toSorted((a, b) => (a.file < b.file ? -1 : 1))
}

function runFile(home, file) {
  return new Promise((done) => {
    const child = fork(file, [], {
      cwd: join(home, tests, 'converted'),
      silent: true,
      env: { ...process.env, DOCSTORE_CONFORMANCE_DIR: mkdtempSync(join(work, 'data-')) },
    })
    let output = ''
    let errors = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (errors += chunk))
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    child.on('exit', (code, signal) => {
      clearTimeout(timer)
      const cases = {}
      for (const line of output.split('\n'))
        if (line.includes('testResult')) Object.assign(cases, JSON.parse(line).testResult)
      done({
        file,
        cases,
        ended: code === 0 ? 'ok' : signal === 'SIGKILL' ? 'timed out' : `exit ${code}`,
        errors,
      })
    })
  })
}

function report(name, results) {
  const cases = results.flatMap((result) => Object.values(result.cases))
  const passed = cases.filter((one) => one.passed).length
  const unfinished = results.filter(({ ended }) => ended !== 'ok').length
  console.log(
    `${name}: ${passed} passed, ${cases.length - passed} failed, ${unfinished} of ${results.length} files did not end by themselves`,
  )
}

function printFailures(results) {
  for (const { file, cases, ended, errors } of results) {
    if (ended !== 'ok') console.log(`  ${file}: ${ended} ${errors.slice(0, only ? 2000 : 200)}`)
    for (const [name, { passed, error }] of Object.entries(cases))
      if (!passed) {
        const why = reasons.find(([pattern]) => pattern.test(`${file} ${name}`))?.[1] ?? 'NEW'
        console.log(`  ${file}: ${name}\n      ${only ? error : why}`)
      }
  }
}

function versionOfOther() {
  return JSON.parse(readFileSync(join(root, 'node_modules/fake-indexeddb/package.json'), 'utf8'))
    .version
}
