/**
 * What the suites' own reports say, as `{ test, status, message }`: status `passed`, `failed` or `skipped`.
 */
import { relative } from 'node:path'

const escapes = new RegExp(`${String.fromCodePoint(27)}\\[[0-9;]*m`, 'g')
const statuses = { passed: 'passed', failed: 'failed' }

/** Jest's `--json`, which vitest's reporter `json` has the shape of. A file that could not be loaded is one failed test. */
export function readJest(report, folder) {
  return report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(folder, name)
    if (assertionResults.length === 0 && status === 'failed')
      return [{ test: file, status: 'failed', message: firstLine(message) }]
    return assertionResults.map((one) => ({
      test: `${file}: ${one.fullName}`,
      status: statuses[one.status] ?? 'skipped',
      message: firstLine(one.failureMessages?.[0]),
    }))
  })
}

/** The `--json` of the runner of PostgREST's cases. */
export function readPostgrest(report) {
  return report.results.map(({ id, name, pass, failures }) => ({
    test: `${id}: ${name}`,
    status: pass ? 'passed' : 'failed',
    message: firstLine(failures?.[0]?.msg),
  }))
}

/** The `--json` of Realtime's `realtime-check`. */
export function readRealtimeCheck(report) {
  return Object.entries(report.suites).flatMap(([suite, { tests }]) =>
    tests.map(({ name, passed, error }) => ({
      test: `${suite}: ${name}`,
      status: passed ? 'passed' : 'failed',
      message: firstLine(error),
    })),
  )
}

function firstLine(message) {
  const lines = (message ?? '').replaceAll(escapes, '').split('\n')
  return (lines.find((line) => line.trim() !== '') ?? '').trim().slice(0, 200)
}

/** JUnit's XML, as Bun and Deno write it. */
export function readJunit(xml) {
  const cases = xml.matchAll(/<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)
  return [...cases].map(([, attributes, body = '']) => {
    const [failure] = body.match(/<(?:failure|error)\b[\s\S]*/) ?? []
    const isSkipped = /<skipped\b/.test(body)
    return {
      test: `${attribute(attributes, 'file') ?? attribute(attributes, 'classname')}: ${attribute(attributes, 'name')}`,
      status: failure !== undefined ? 'failed' : isSkipped ? 'skipped' : 'passed',
      message: failure === undefined ? '' : firstLine(attribute(failure, 'message') ?? failure),
    }
  })
}

function attribute(text, name) {
  const value = text.match(new RegExp(`\\b${name}="([^"]*)"`))?.[1]
  return value
    ?.replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll(/&(?:apos|#39);/g, "'")
    .replaceAll('&amp;', '&')
}
