/** The web-platform-tests of IndexedDB, as fakeIndexedDB has converted them for Node, on `@basalt/docstore`. */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { runLogged } from './checkout.mjs'

export const source = 'fakeindexeddb'
export const repository = 'dumbmatter/fakeIndexedDB'

const platformTests = {
  id: 'indexeddb',
  title: 'web-platform-tests of IndexedDB',
  how: 'as fakeIndexedDB has converted them for Node, on `@basalt/docstore/indexeddb`, each file in a process of its own.',
  async run({ root, folder, log }) {
    const report = log('report').replace('.log', '.json')
    rmSync(report, { force: true })
    const words = ['test/conformance/indexeddb.mjs', folder, '--ours', `--json=${report}`]
    await runLogged(process.execPath, words, { cwd: root, log: log('run') })
    if (!existsSync(report)) throw new Error(`there is no report (${log('run')})`)
    const { ours, left } = JSON.parse(readFileSync(report, 'utf8'))
    return [...ours.flatMap(readFile), ...left.map(wholeFile)]
  },
}

const wholeFile = (file) => ({ test: `${file} (the whole file)`, status: 'skipped' })

/** A file that did not end by itself is a failed test beside those it reported. */
function readFile({ file, cases, ended }) {
  const tests = Object.entries(cases).map(([name, { passed, error }]) => ({
    test: `${file}: ${name}`,
    status: passed ? 'passed' : 'failed',
    message: String(error ?? '')
      .split('\n')[0]
      .slice(0, 200),
  }))
  if (ended !== 'ok') tests.push({ test: file, status: 'failed', message: ended })
  return tests
}

export const suites = [platformTests]
