/** `docs/conformance.md`, of what `docs/conformance.json` holds. */
import { notRun, reasons } from './reasons.mjs'

const unexplained = '**not explained**'

export function renderPage(results, suites) {
  const measured = suites.filter(({ id }) => results[id] !== undefined)
  const parts = [
    intro,
    table(
      ['suite', 'upstream', 'passed', 'failed', 'skipped', 'of', 'measured'],
      measured.map((suite) => summary(suite, results[suite.id])),
    ),
    ...measured.map((suite) => details(suite, results[suite.id])).filter((part) => part !== ''),
    `## What is not run\n\n${table(['suite', 'why'], notRun)}`,
    repeat(suites),
  ]
  return `${parts.join('\n\n')}\n`
}

/** `{ unexplained: failures without a reason, stale: reasons without a failure }`, each as a line. */
export function compareReasons(results) {
  const missing = []
  const stale = []
  for (const [id, { failures, skips, why }] of Object.entries(results)) {
    if (why !== undefined) continue
    for (const { test } of failures)
      if (reasonOf(id, test) === undefined) missing.push(`${id}: ${test}`)
    const names = [...failures, ...skips].map(({ test }) => test)
    for (const [pattern] of reasons[id] ?? [])
      if (!names.some((name) => fits(pattern, name))) stale.push(`${id}: ${pattern}`)
  }
  return { unexplained: missing, stale }
}

function summary(
  { id, title },
  { repository, commit, why, passed, failures, skips, date, basalt },
) {
  const upstream = `${repository} \`${commit.slice(0, 10)}\``
  const when = `${date}, Basalt \`${basalt}\``
  if (why !== undefined) return [title, upstream, '–', '–', '–', '–', `not run here: ${why}`]
  const all = passed + failures.length + skips.length
  const failed = failures.length === 0 ? '0' : `[${failures.length}](#${id})`
  const skipped = skips.length === 0 ? '0' : `[${skips.length}](#${id})`
  return [title, upstream, passed, failed, skipped, all, when]
}

function details({ id, title, how }, { why, failures, skips }) {
  if (why !== undefined || failures.length + skips.length === 0) return ''
  const rows = [
    ...failures.map(({ test, message }) => [
      'failed',
      test,
      reasonOf(id, test) ?? `${unexplained}: ${message}`,
    ]),
    ...groupSkips(id, skips),
  ]
  return `<a id="${id}"></a>\n\n## ${title}\n\n${how}\n\n${table(['', 'test', 'why'], rows)}`
}

/** Tests that were skipped for one reason share a line. */
function groupSkips(id, skips) {
  const groups = new Map()
  for (const { test } of skips) {
    const reason = reasonOf(id, test) ?? 'skipped by the suite itself'
    groups.set(reason, [...(groups.get(reason) ?? []), test])
  }
  return [...groups].map(([reason, tests]) => [
    'skipped',
    tests.length > 3 ? `${tests.length} tests, the first: ${tests[0]}` : tests.join('; '),
    reason,
  ])
}

function reasonOf(id, test) {
  return (reasons[id] ?? []).find(([pattern]) => fits(pattern, test))?.[1]
}

function fits(pattern, test) {
  return typeof pattern === 'string' ? pattern === test : pattern.test(test)
}

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => escapeCell(String(cell))).join(' | ')} |`
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')
}

function escapeCell(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;')
}

function repeat(suites) {
  const sources = [
    ...new Set(suites.flatMap(({ source, tool }) => (tool ? [source, tool] : [source]))),
  ]
  return `## Repeating it

\`\`\`sh
npm run conformance -- ${sources.map((source) => `${source}=<path>`).join(' ')}
\`\`\`

Each path is a checkout or a bare repository; what is not given keeps the figures it has, with their date. Ports 54320 to 54329 must be free; packages come from npm; PostgREST’s and postgrest-js’ suites want a Postgres 15 with PostGIS (\`POSTGRES_BIN\`), and the former \`psql\` and Python. \`--only=<suite>\` runs one: ${suites.map(({ id }) => `\`${id}\``).join(', ')}. The command ends with 1 when a test fails that has no reason here, or a reason here is of no failing test.

${suites.map(({ id, how }) => `- \`${id}\`: ${how}`).join('\n')}`
}

const intro = `# Upstream suites

What the tests of others say of Basalt. Each suite is run as its repository has it at the commit named, in a copy, and nothing is taken out of it but what is named here: what fails or skips itself is listed with the reason. \`npm run conformance\` writes this page from [conformance.json](conformance.json); \`npm test\` compares the two.`
