/** Section Health: what is counted is drawn, what is wrong is red, and green once it is mended. */
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { query } from './query.ts'
import startStudio from './start-studio.ts'
import { hasChromium, startStudioBrowser, themes } from './studio-browser.ts'
import type { StudioBrowser } from './studio-browser.ts'

describe.skipIf(!hasChromium).each(themes)('health, %s', (theme) => {
  let browser: StudioBrowser
  beforeAll(async () => {
    browser = await startStudioBrowser({ theme })
  })
  afterAll(() => browser.close())

  test('requests are drawn, and in a table too', async () => {
    const { page } = browser
    await browser.open('/p/default/health')
    // the project has a table that anybody may write to
    await page
      .getByText(/^Row level security is off, and anon or authenticated have rights/)
      .waitFor()
    await expect.poll(() => page.locator('.chart canvas').count()).toBe(6)
    await page.getByText('Requests as a table').click()
    const rows = page.getByRole('region', { name: 'Values of Requests' }).getByRole('row')
    const answered = async (): Promise<boolean> => {
      await fetch(`${inject('apiUrl')}/auth/v1/health`)
      const texts = await rows.allInnerTexts()
      return texts.some((text) => /\t(?!0\.0)[\d.]+\/s\t/.test(text))
    }
    await expect.poll(answered).toBe(true)
    await expect
      .poll(() => page.locator('.stat').first().innerText())
      .toMatch(/Requests, 1 minute\s+[1-9]/)
    await browser.expectAccessible()
  })

  test('checks and statements have addresses of their own', async () => {
    const { page } = browser
    await browser.open('/p/default/health')
    await page.getByRole('tab', { name: 'Checks' }).click()
    const checks = page.getByRole('region', { name: 'Checks' })
    await expect.poll(() => checks.innerText()).toContain('No replication slot is far behind')
    await browser.expectAccessible()
    await page.getByRole('tab', { name: 'Slow statements' }).click()
    await expect.poll(() => page.url()).toContain('tab=statements')
    await page.getByLabel('Search statements').fill('pg_catalog')
    const statements = page.getByRole('region', { name: 'Statements, the costliest first' })
    await statements
      .getByRole('button', { name: /pg_catalog/ })
      .first()
      .click()
    await page.getByRole('dialog').getByText('All together').waitFor()
    await browser.expectAccessible()
  })
})

describe.skipIf(!hasChromium)('health without Postgres', () => {
  const given: Record<string, string> = {}
  let browser: StudioBrowser
  let stop = async (): Promise<void> => {}
  beforeAll(async () => {
    const provide = (name: string, value: string): void => void (given[name] = value)
    stop = await startStudio({ provide } as unknown as TestProject)
    browser = await startStudioBrowser({ studioUrl: given['studioUrl'] ?? '' })
  })
  afterAll(async () => {
    await browser.close()
    await stop()
  })

  test('red within five seconds once it does not answer, green after', async () => {
    const { page } = browser
    await query(
      `do $$ declare it regclass; begin
         for it in select oid from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relrowsecurity
         loop execute format('alter table %s enable row level security', it); end loop; end $$`,
      given['databaseUrl'],
    )
    await browser.open('/p/default/health')
    await page.getByText('Healthy.').waitFor()
    const workdir = given['studioWorkdir'] ?? ''
    const files = readdirSync(workdir, { recursive: true, encoding: 'utf8' })
    const pidFile = files.find((path) => path.endsWith('postmaster.pid')) ?? ''
    const [postmaster = ''] = readFileSync(join(workdir, pidFile), 'utf8').split('\n')
    const backends = spawnSync('pgrep', ['-P', postmaster], { encoding: 'utf8' })
    const all = [postmaster, ...backends.stdout.trim().split('\n')].map(Number)
    const signal = (name: NodeJS.Signals): void => {
      for (const pid of all) process.kill(pid, name)
    }
    signal('SIGSTOP')
    try {
      await expect
        .poll(() => page.getByRole('alert').allInnerTexts(), { timeout: 5000 })
        .toContainEqual(expect.stringContaining('Postgres does not answer'))
      await browser.expectAccessible()
    } finally {
      signal('SIGCONT')
    }
    await page.getByText('Healthy.').waitFor({ timeout: 5000 })
  })
})
