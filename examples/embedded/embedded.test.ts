/** The example, as it is: in Node and, where there is one, in Chromium. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { expect, test } from 'vitest'
import * as library from '@basalt/docstore'
import { runApp } from './app.mjs'
import { servePage } from './serve.mjs'

const expected = {
  taken: 'email_taken',
  open: ['t10', 't8', 't6'],
  plan: { index: 'by_user_status', entriesRead: 5 },
  seenByBob: 0,
  stolen: 'policy_denied',
  forged: 'policy_denied',
  pages: [4, 4, 2],
  left: 9,
  deleted: ['t1'],
  log: ['1: deleted t1', '2: looked at the log'],
  projects: [['p1'], ['p2']],
  foreign: 'policy_denied',
  signedOut: true,
  problems: [],
}

test('in Node, on files', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'embedded-'))
  const db = await library.openDocstore({ dataDir })
  expect(await runApp({ db, auth: library.createAuth(db), library })).toEqual(expected)
  await db.close()
  rmSync(dataDir, { recursive: true, force: true })
})

const executablePath = [
  process.env['CHROMIUM_PATH'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== '' && existsSync(path))

test.skipIf(executablePath === undefined)(
  'in Chromium, on its IndexedDB, which keeps the contract of engines',
  async () => {
    const page = await servePage()
    const browser = await chromium.launch({
      executablePath: executablePath ?? '',
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
    })
    try {
      const tab = await browser.newPage()
      await tab.goto(page.url)
      const output = tab.locator('pre')
      await expect.poll(() => output.textContent(), { timeout: 60_000 }).not.toBe('running')
      const text = (await output.textContent()) ?? ''
      expect(text).toMatch(/^\{/)
      const { result, second, kept, suite } = JSON.parse(text) as Record<string, unknown>
      expect(result).toEqual(expected)
      expect([second, kept]).toEqual(['database_locked', 10])
      expect(suite).toEqual({ count: 13, failures: [] })
    } finally {
      await browser.close()
      page.close()
    }
  },
)
