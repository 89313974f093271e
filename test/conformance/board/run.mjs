/**
 * `npm run conformance -- <source>=<path> …`: runs the upstream suites whose checkouts are given and writes docs/conformance.md.
 * `--only=<suite>[,…]` runs some of them, `--prepare` only installs what they need, `--scratch=<folder>` is where.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { commitOf, layOut } from './checkout.mjs'
import { readArguments } from './read-arguments.mjs'
import { compareReasons, renderPage } from './render-page.mjs'
import { suites } from './suites.mjs'

const root = resolve(import.meta.dirname, '../../..')
const stored = join(root, 'docs/conformance.json')
const { given, wanted, scratch, isPreparing } = readArguments(process.argv.slice(2), suites)
mkdirSync(scratch, { recursive: true })
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

let isComplete = true
for (const suite of wanted) {
  const result = await measure(suite)
  if (result.why !== undefined) isComplete = false
  if (!isPreparing) write({ ...read(), [suite.id]: result })
  console.log(`${suite.id}: ${describe(result)}`)
}
if (!isPreparing) {
  write(read())
  const { unexplained, stale } = compareReasons(read())
  for (const line of unexplained) console.log(`not explained: ${line}`)
  for (const line of stale) console.log(`a reason of no failing test: ${line}`)
  if (unexplained.length + stale.length > 0) isComplete = false
}
process.exit(isComplete ? 0 : 1)

/** A suite that cannot be run here is a result, too: it says why. */
async function measure(suite) {
  const path = resolve(given[suite.source])
  const about = {
    repository: suite.repository,
    commit: commitOf(path),
    date: today(),
    basalt: ours(),
  }
  const log = (name) => join(scratch, `${suite.id}-${name}.log`)
  try {
    const folder = layOut(path, suite.source, scratch)
    const context = { root, path, folder, scratch, given, log }
    await suite.prepare?.(context)
    if (isPreparing) return { ...about, passed: 0, failures: [], skips: [] }
    return { ...about, ...sum(await suite.run(context)) }
  } catch (error) {
    return { ...about, why: error.message.slice(0, 500) }
  }
}

function sum(tests) {
  if (tests.length === 0) throw new Error('the suite reported no test at all')
  const of = (wanted) => tests.filter(({ status }) => status === wanted)
  const byName = (a, b) => (a.test < b.test ? -1 : 1)
  return {
    passed: of('passed').length,
    failures: of('failed')
      .map(({ test, message }) => ({ test, message }))
      .toSorted(byName),
    skips: of('skipped')
      .map(({ test }) => ({ test }))
      .toSorted(byName),
  }
}

function describe({ why, passed, failures, skips }) {
  if (why !== undefined) return `not run: ${why}`
  if (isPreparing) return 'prepared'
  return `${passed} passed, ${failures.length} failed, ${skips.length} skipped`
}

function today() {
  return new Date().toISOString().slice(0, 10)
}

/** The last commit that changed the packages, which is what is measured; a plus stands for changes that are not committed. */
function ours() {
  const git = (...words) =>
    execFileSync('git', ['-C', root, ...words])
      .toString()
      .trim()
  const changed = git('status', '--porcelain', '--', 'packages')
  return (
    git('log', '-1', '--format=%h', '--abbrev=10', '--', 'packages') + (changed === '' ? '' : '+')
  )
}

function read() {
  return existsSync(stored) ? JSON.parse(readFileSync(stored, 'utf8')) : {}
}

function write(results) {
  const known = suites.filter(({ id }) => results[id] !== undefined)
  const ordered = Object.fromEntries(known.map(({ id }) => [id, results[id]]))
  writeFileSync(stored, `${JSON.stringify(ordered, null, 2)}\n`)
  writeFileSync(join(root, 'docs/conformance.md'), renderPage(ordered, suites))
}
