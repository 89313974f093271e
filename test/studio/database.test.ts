/** Section Database: extensions, jobs, publications, slots, webhooks, the vault, and migrations that are pending. */
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { query } from './query.ts'
import { hasChromium, startStudioBrowser, themes } from './studio-browser.ts'
import type { StudioBrowser } from './studio-browser.ts'

describe.skipIf(!hasChromium).each(themes)('database, %s', (theme) => {
  let browser: StudioBrowser
  const table = `sent_${theme}`
  beforeAll(async () => {
    browser = await startStudioBrowser({ theme })
    await query(`create table public.${table} (id int primary key)`)
  })
  afterAll(async () => {
    await query(`drop table public.${table}`)
    await browser.close()
  })
  const work = () => browser.page.locator('.work')
  const button = (name: string | RegExp) =>
    browser.page.getByRole('button', { name, exact: typeof name === 'string' })
  const review = () => button('Review SQL').click()
  const applyMigration = async (): Promise<void> => {
    await button('Save and apply migration').click()
    await expect.poll(() => browser.page.locator('.dialog, .sheet').count()).toBe(0)
  }

  test('a file that was added is pending; it is applied, and its SQL shown', async () => {
    const { page } = browser
    const [newest] = await query<{ version: string }>(
      `select (max(version)::bigint + 1)::text as version from supabase_migrations.schema_migrations`,
    )
    const version = newest?.version ?? ''
    const file = join(inject('studioWorkdir'), `supabase/migrations/${version}_late_${theme}.sql`)
    writeFileSync(file, `create table public.late_${theme} (id int);`)
    await browser.open('/p/default/database')
    await expect.poll(() => work().innerText()).toContain('not applied yet')
    await button(/^Apply \d+ migration/).click()
    await page
      .getByRole('alertdialog')
      .getByRole('button', { name: /^Apply/ })
      .click()
    await expect.poll(() => work().innerText()).not.toContain('not applied yet')
    expect(await query(`select from pg_class where relname = 'late_${theme}'`)).toHaveLength(1)
    await button(version).click()
    await expect
      .poll(() => page.locator('.sheet pre').innerText())
      .toContain(`create table public.late_${theme}`)
    await browser.expectAccessible()
  })

  test('an extension is enabled by a migration', async () => {
    const name = theme === 'light' ? 'citext' : 'hstore'
    await browser.open('/p/default/database/extensions')
    await browser.page.getByLabel('Search extensions').fill(name)
    await button(`Enable ${name}`).click()
    await applyMigration()
    await button(`Disable ${name}`).waitFor()
    expect(await query(`select from pg_extension where extname = '${name}'`)).toHaveLength(1)
    await browser.expectAccessible()
  })

  test('a job is created, runs, and is unscheduled', async () => {
    const { page } = browser
    await query('create extension if not exists pg_cron schema pg_catalog')
    const name = `tick ${theme}`
    await browser.open('/p/default/database/cron?new=job')
    await page.getByLabel('Name', { exact: true }).fill(name)
    await page.getByLabel('Schedule').fill('1 seconds')
    await page.getByLabel('Command').fill(`select '<b>${theme}</b>'`)
    await review()
    await applyMigration()
    const runs = page.getByRole('region', { name: 'Runs' })
    await expect.poll(() => runs.innerText()).toMatch(new RegExp(`${name}\\s+succeeded`))
    await browser.expectAccessible()
    await button(`Pause: ${name}`).click()
    await button('Run').last().click()
    await button(`Resume: ${name}`).waitFor()
    await button(`Unschedule: ${name}`).click()
    await applyMigration()
    await expect.poll(() => query(`select from cron.job where jobname = '${name}'`)).toHaveLength(0)
  })

  test('a table is sent to Realtime, and not any more', async () => {
    const { page } = browser
    const sent = () => query(`select from pg_publication_tables where tablename = '${table}'`)
    await browser.open('/p/default/database/publications')
    const check = page.getByLabel(`public.${table}`)
    await check.click()
    await applyMigration()
    await expect.poll(() => check.isChecked()).toBe(true)
    expect(await sent()).toHaveLength(1)
    await check.click()
    await applyMigration()
    await expect.poll(sent).toHaveLength(0)
    await browser.expectAccessible()
  })

  test('a slot that nobody reads shows its lag, and is dropped', async () => {
    const slot = `journey_${theme}`
    await query(`select pg_create_logical_replication_slot('${slot}', 'pgoutput')`)
    await query(`insert into public.${table} select generate_series(1, 5000)`)
    await browser.open('/p/default/database/slots')
    const line = browser.page.locator('tr', { hasText: slot })
    await expect.poll(() => line.innerText()).toMatch(/nobody reads[\s\S]*(k|M)B/)
    await button(`Drop ${slot}`).click()
    await button('Run').last().click()
    await expect.poll(() => line.count()).toBe(0)
  })

  test('a webhook is created; its delivery is listed with the answer', async () => {
    const { page } = browser
    const server = createServer((_request, response) => response.end('<script>got it</script>'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await browser.open('/p/default/database/webhooks?new=hook')
    await page.getByLabel('Name', { exact: true }).fill(`hook ${theme}`)
    await page.getByLabel('Table', { exact: true }).selectOption(`public.${table}`)
    await page.getByLabel('Address').fill(`http://127.0.0.1:${port}/in`)
    await review()
    await applyMigration()
    await query(`insert into public.${table} values (100000)`)
    const deliveries = page.getByRole('region', { name: 'Deliveries' })
    await expect.poll(() => deliveries.innerText()).toMatch(/200/)
    await deliveries
      .getByRole('button', { name: `hook ${theme}` })
      .first()
      .click()
    await expect.poll(() => page.locator('.sheet pre').innerText()).toContain('<script>got it')
    server.closeAllConnections()
    server.close()
  })

  test('a secret is kept, and revealed only when asked for', async () => {
    const { page } = browser
    const name = `token_${theme}`
    await browser.open('/p/default/database/vault')
    await button('Add secret').first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name', { exact: true }).fill(name)
    await dialog.getByLabel('Secret', { exact: true }).fill(`it's ${theme}`)
    await dialog.getByRole('button', { name: 'Add secret' }).click()
    await button(`Reveal ${name}`).click()
    expect(await page.content()).not.toContain(`it's ${theme}`)
    await dialog.getByRole('button', { name: 'Reveal', exact: true }).click()
    await dialog.getByRole('button', { name: `Show ${name}` }).click()
    expect(await dialog.getByLabel(name, { exact: true }).inputValue()).toBe(`it's ${theme}`)
    await page.keyboard.press('Escape')
    await button(`Delete ${name}`).click()
    await button('Delete secret').click()
    await expect.poll(() => work().innerText()).not.toContain(name)
  })

  test('functions, triggers, enums, indexes, roles and queues are listed', async () => {
    await query('create extension if not exists pgmq')
    for (const [part, text] of [
      ['functions', 'auth.uid'],
      ['triggers', 'Triggers'],
      ['enums', 'public.mood'],
      ['indexes', 'authors_pkey'],
      ['roles', 'service_role'],
      ['queues', 'Queues'],
    ] as const) {
      await browser.open(`/p/default/database/${part}`)
      await expect.poll(() => work().innerText()).toContain(text)
      await browser.expectAccessible()
    }
    const { page } = browser
    await button('Create queue').click()
    await page.getByLabel('Name', { exact: true }).fill(`jobs_${theme}`)
    await review()
    await applyMigration()
    await button(`Send to jobs_${theme}`).click()
    await page.getByLabel('Message, JSON').fill('{"a": "<b>"}')
    await review()
    await button('Run').last().click()
    await expect
      .poll(() => page.locator('tr', { hasText: `jobs_${theme}` }).innerText())
      .toMatch(/1\s+1/)
    expect(await query(`select from pgmq.q_jobs_${theme}`)).toHaveLength(1)
  })
})
