/** The page of upstream suites, and how their reports are read. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readJest, readJunit, readPostgrest } from './read-results.mjs'
import { compareReasons, renderPage } from './render-page.mjs'
import { suites } from './suites.mjs'

const read = (name: string) =>
  readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8')

test('docs/conformance.md is what docs/conformance.json holds, and every failure has its reason', () => {
  const results = JSON.parse(read('conformance.json'))
  expect(renderPage(results, suites)).toBe(read('conformance.md'))
  expect(compareReasons(results)).toEqual({ unexplained: [], stale: [] })
})

test('a failure without a reason is shown with its message, and a reason without a failure is told', () => {
  const id = 'postgrest'
  const result = {
    repository: 'PostgREST/postgrest',
    commit: '0123456789abcdef',
    date: '2026-01-01',
    basalt: 'fedcba9876',
    passed: 2,
    failures: [{ test: 'a | b', message: 'expected <1>' }],
    skips: [],
  }
  const page = renderPage({ [id]: result }, suites)
  expect(page).toContain('| 2 | [1](#postgrest) | 0 | 3 | 2026-01-01, Basalt `fedcba9876` |')
  expect(page).toContain(String.raw`| failed | a \| b | **not explained**: expected &lt;1> |`)
  const { unexplained, stale } = compareReasons({ [id]: result })
  expect(unexplained).toEqual(['postgrest: a | b'])
  expect(stale.length).toBeGreaterThan(0)
  const { commit, repository, date, basalt } = result
  const notRun = { commit, repository, date, basalt, why: 'no compiler' }
  expect(renderPage({ [id]: notRun }, suites)).toContain('| not run here: no compiler |')
})

test('reports are read: of jest and vitest, of PostgREST’s cases, of JUnit', () => {
  const jest = {
    testResults: [
      {
        name: '/copy/a.test.ts',
        status: 'failed',
        assertionResults: [
          { fullName: 'one', status: 'passed' },
          { fullName: 'two', status: 'failed', failureMessages: ['\u001B[31m\nbad\u001B[39m\nat'] },
          { fullName: 'three', status: 'pending' },
        ],
      },
      { name: '/copy/b.test.ts', status: 'failed', message: 'no module', assertionResults: [] },
    ],
  }
  expect(readJest(jest, '/copy')).toEqual([
    { test: 'a.test.ts: one', status: 'passed', message: '' },
    { test: 'a.test.ts: two', status: 'failed', message: 'bad' },
    { test: 'a.test.ts: three', status: 'skipped', message: '' },
    { test: 'b.test.ts', status: 'failed', message: 'no module' },
  ])
  const cases = [{ id: 'A:1', name: 'x', pass: false, failures: [{ msg: 'status 500' }] }]
  expect(readPostgrest({ results: cases })).toEqual([
    { test: 'A:1: x', status: 'failed', message: 'status 500' },
  ])
  const xml = `<testsuite><testcase name="a &gt; b" file="f.ts"/><testcase classname="g" name="c">
    <failure message="not &quot;1&quot;">…</failure></testcase><testcase classname="g" name="d"><skipped/></testcase></testsuite>`
  expect(readJunit(xml)).toEqual([
    { test: 'f.ts: a > b', status: 'passed', message: '' },
    { test: 'g: c', status: 'failed', message: 'not "1"' },
    { test: 'g: d', status: 'skipped', message: '' },
  ])
})
