/** Section API: what is shown runs, pasted into a script. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasChromium, startStudioBrowser, themes } from './studio-browser.ts'
import type { StudioBrowser } from './studio-browser.ts'

describe.skipIf(!hasChromium).each(themes)('api, %s', (theme) => {
  let browser: StudioBrowser
  beforeAll(async () => {
    browser = await startStudioBrowser({ theme })
  })
  afterAll(() => browser.close())

  test('every sample of a table is JavaScript that runs, and reads what it says', async () => {
    const { page } = browser
    await browser.open('/p/default/api/table/public/authors')
    await expect.poll(() => page.locator('.code pre').count()).toBeGreaterThan(6)
    await browser.expectAccessible()
    const samples = await page.locator('.code pre').allInnerTexts()
    // in the checkout, where the client is installed
    const folder = mkdtempSync(join('test', 'studio', '.samples-'))
    try {
      const [first = ''] = samples
      writeFileSync(
        join(folder, 'read.mjs'),
        `${first}\nconsole.log(JSON.stringify({ rows: data?.length, error }))`,
      )
      // Node 20 has no WebSocket of its own, and the client wants one
      const prelude = join(folder, 'web-socket.mjs')
      writeFileSync(prelude, `import ws from 'ws'\nglobalThis.WebSocket = ws`)
      const { stdout } = await promisify(execFile)(process.execPath, [
        '--import',
        `./${prelude}`,
        join(folder, 'read.mjs'),
      ])
      expect(JSON.parse(stdout)).toEqual({ rows: 20, error: null })
      for (const [index, code] of samples.entries()) {
        const file = join(folder, `${index}.mjs`)
        writeFileSync(file, code)
        await promisify(execFile)(process.execPath, ['--check', file])
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('types are those that the command prints', async () => {
    const { page } = browser
    await browser.open('/p/default/api/types')
    await expect.poll(() => page.locator('.code pre').innerText()).toContain('export type Database')
    await expect.poll(() => page.locator('.code pre').innerText()).toContain('todos')
  })
})
