/** Section SQL: results, plans, cancelling, users, files that nobody overwrites. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { query } from './query.ts'
import { hasChromium, startStudioBrowser, themes } from './studio-browser.ts'
import type { StudioBrowser } from './studio-browser.ts'

describe.skipIf(!hasChromium).each(themes)('sql, %s', (theme) => {
  let browser: StudioBrowser
  beforeAll(async () => {
    browser = await startStudioBrowser({ theme, expected: /409/ })
  })
  afterAll(() => browser.close())

  const write = (text: string): Promise<void> => browser.paste('SQL', text)
  const answer = () => browser.page.getByRole('region', { name: 'Answer' })
  const run = () => browser.page.keyboard.press('Control+Enter')

  test('two statements give two results; int8 keeps its digits, markup is text', async () => {
    const { page } = browser
    await browser.open('/p/default/sql/new')
    await write(
      `select 9007199254740993 as big;\nselect '<img src=x onerror=alert(1)>' as "<b>t</b>"`,
    )
    await run()
    await expect.poll(() => page.locator('.g-cell').first().textContent()).toBe('9007199254740993')
    await page.getByRole('tab', { name: /^2 ·/ }).click()
    await expect.poll(() => page.locator('.g-cell').first().textContent()).toContain('<img')
    await browser.expectAccessible()
  })

  test('an error says where; the text is kept over a reload', async () => {
    const { page } = browser
    await browser.open('/p/default/sql/new')
    await write('select 1;\nselect nope from public.todos')
    await run()
    await expect.poll(() => answer().innerText()).toContain('line 2, column 8')
    await page.reload()
    await expect.poll(() => page.locator('.cm-content').innerText()).toContain('select nope')
  })

  test('what takes long is cancelled, and gone from Postgres', async () => {
    const { page } = browser
    await browser.open('/p/default/sql/new')
    await write(`select pg_sleep(60), '${theme}-sleeps'`)
    await run()
    const running = () =>
      query(
        `select from pg_stat_activity where query like '%${theme}-sleeps%' and state = 'active' and pid <> pg_backend_pid()`,
      )
    await expect.poll(async () => (await running()).length).toBe(1)
    await page.getByRole('button', { name: 'Cancel' }).click()
    await expect.poll(async () => (await running()).length, { timeout: 1500 }).toBe(0)
    await expect.poll(() => answer().innerText()).toContain('cancelled')
  })

  test('read only refuses a delete; a delete of every row is asked about', async () => {
    const { page } = browser
    await browser.open('/p/default/sql/new?mode=read')
    await write('delete from public.members')
    await run()
    await expect.poll(() => answer().innerText()).toMatch(/25006|42501/)
    await page.getByLabel('Read only').uncheck()
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await expect.poll(() => page.getByRole('alertdialog').innerText()).toContain('every row')
    await page.getByRole('button', { name: 'Cancel' }).click()
    expect(await query('select from public.members')).toHaveLength(12)
  })

  test('as a user only his rows are there, and the claims are shown', async () => {
    const { page } = browser
    const email = `sql-${theme}@example.com`
    await query(`insert into auth.users (id, instance_id, email, aud, role, raw_app_meta_data, raw_user_meta_data, created_at, updated_at,
        confirmation_token, recovery_token, email_change_token_new, email_change)
      values (gen_random_uuid(), '00000000-0000-0000-0000-000000000000', '${email}', 'authenticated', 'authenticated', '{}', '{}', now(), now(), '', '', '', '')`)
    await query(
      `insert into public.todos (user_id, title) select id, 'of ${theme}' from auth.users where email = '${email}'`,
    )
    await browser.open('/p/default/sql/new')
    await write('select title from public.todos')
    await page.getByRole('button', { name: /^As / }).click()
    await page.getByLabel('Find a user by e-mail, phone or id').fill(email)
    await page.getByRole('button', { name: email }).click()
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await expect.poll(() => page.locator('.g-row:not([hidden])').count()).toBe(1)
    await page.getByRole('tab', { name: /^as authenticated/ }).click()
    await expect.poll(() => answer().innerText()).toContain(email)
  })

  test('a plan is a tree with its costliest step marked', async () => {
    const { page } = browser
    await browser.open('/p/default/sql/new')
    await write(`select * from public.todos where title = 'x'`)
    await page.keyboard.press('Control+Shift+Enter')
    await expect
      .poll(() => page.locator('.plan-node.costliest').innerText())
      .toContain('Seq Scan on todos')
    await browser.expectAccessible()
  })

  test('a snippet is a file; another window does not overwrite it', async () => {
    const { page } = browser
    const name = `kept ${theme}`
    const file = join(inject('studioWorkdir'), 'supabase/snippets', `${name}.sql`)
    await browser.open('/p/default/sql/new')
    await write('select 1 as first')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByLabel('Name', { exact: true }).fill(name)
    await page.keyboard.press('Enter')
    await expect.poll(() => page.url()).toContain(encodeURIComponent(name))
    expect(readFileSync(file, 'utf8')).toBe('select 1 as first')
    await expect.poll(() => page.locator('.cm-content').innerText()).toContain('first')
    await write('select 2 as mine')
    writeFileSync(file, 'select 3 as theirs')
    await page.keyboard.press('Control+s')
    await expect.poll(() => page.getByRole('dialog').innerText()).toContain('in between')
    expect(readFileSync(file, 'utf8')).toBe('select 3 as theirs')
    await page.getByRole('button', { name: 'Take theirs' }).click()
    await expect.poll(() => page.locator('.cm-content').innerText()).toContain('theirs')
  })
})
