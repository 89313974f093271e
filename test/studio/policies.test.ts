/** Section Policies: the matrix, policies written and tried, what refused a row, and what advisors say. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { query } from './query.ts'
import { hasChromium, startStudioBrowser, themes } from './studio-browser.ts'
import type { StudioBrowser } from './studio-browser.ts'

describe.skipIf(!hasChromium).each(themes)('policies, %s', (theme) => {
  let browser: StudioBrowser
  const table = `notes_${theme}`
  const email = `policies-${theme}@example.com`
  let user: string
  beforeAll(async () => {
    browser = await startStudioBrowser({ theme })
    const made = await query<{ id: string }>(`insert into auth.users
      (id, instance_id, email, aud, role, raw_app_meta_data, raw_user_meta_data, created_at, updated_at,
        confirmation_token, recovery_token, email_change_token_new, email_change)
      values (gen_random_uuid(), '00000000-0000-0000-0000-000000000000', '${email}', 'authenticated', 'authenticated',
        '{}', '{}', now(), now(), '', '', '', '') returning id`)
    user = made[0]?.id ?? ''
    await query(
      `create table public.${table} (id int primary key, user_id uuid, hidden boolean, body text)`,
    )
    await query(`insert into public.${table} values
      (1, '${user}', false, 'mine'), (2, '${user}', true, '<img src=x onerror=alert(1)>'), (3, null, false, 'nobody''s')`)
    await query(`create policy "mine" on public.${table} for select to authenticated
      using (user_id = auth.uid() or (body = 'x' and id > 100))`)
    await query(`create policy "of admins" on public.${table} for select to authenticated
      using ((auth.jwt() ->> 'is_admin') = 'yes')`)
    await query(`create policy "<b>shown</b>" on public.${table} as restrictive for select to authenticated
      using (hidden is not true)`)
  })
  afterAll(async () => {
    await query(`drop table public.${table}`)
    await browser.close()
  })
  const policies = () =>
    query<{ policyname: string }>(
      `select policyname, cmd, qual, with_check from pg_policies where tablename = '${table}' order by 1`,
    )
  const work = () => browser.page.locator('.work')
  const applyMigration = () =>
    browser.page.getByRole('button', { name: 'Save and apply migration' }).click()

  test('advisors list RLS off, and their fix as a migration clears it', async () => {
    const { page } = browser
    await browser.open('/p/default/policies/advisors?category=security')
    const finding = page.locator('li[data-finding="rls_disabled_in_public"]', { hasText: table })
    await finding.waitFor()
    await browser.expectAccessible()
    await finding.getByRole('button', { name: /^Fix/ }).click()
    await applyMigration()
    await expect.poll(() => finding.count()).toBe(0)
    const rows = await query<{ on: boolean }>(
      `select relrowsecurity as on from pg_class where relname = '${table}'`,
    )
    expect(rows).toEqual([{ on: true }])
  })

  test('a finding is ignored in this browser, also after a reload', async () => {
    const { page } = browser
    await browser.open('/p/default/policies/advisors?category=performance')
    const finding = page.locator('li', { hasText: `${table}` }).first()
    await finding.waitFor()
    const before = await page.locator('li[data-finding]').count()
    await finding.getByRole('button', { name: /^Ignore/ }).click()
    await expect.poll(() => page.locator('li[data-finding]').count()).toBe(before - 1)
    await page.reload()
    await expect.poll(() => page.locator('li[data-finding]').count()).toBe(before - 1)
  })

  test('the matrix says which rows; a table opens with the SQL of its policies', async () => {
    const { page } = browser
    await browser.open('/p/default/policies')
    const line = (name: string) => page.locator('tr', { hasText: name })
    await line('authors').waitFor()
    const cells = await line('authors').locator('td.verdict').allInnerTexts()
    expect(cells.slice(0, 8)).toEqual([
      'all',
      'none',
      'none',
      'none',
      'all',
      'none',
      'none',
      'none',
    ])
    expect((await line(table).locator('td.verdict').allInnerTexts()).slice(4, 8)).toEqual([
      'some',
      'none',
      'none',
      'none',
    ])
    await browser.expectAccessible()
    await page.getByRole('link', { name: table }).click()
    await expect.poll(() => work().innerText()).toContain('<b>shown</b>')
    expect(await work().innerText()).toMatch(/USING\s+\(hidden IS NOT TRUE\)\s+WITH CHECK\s+none/)
    await browser.expectAccessible()
  })

  test('of a row that is refused: which policy, and which part of it was not true', async () => {
    const { page } = browser
    await browser.open(`/p/default/policies/try?table=public.${table}&user=${user}`)
    await page.getByRole('button', { name: `As ${email}` }).waitFor()
    await page.getByRole('button', { name: 'Try select' }).click()
    await page.getByRole('heading', { name: '1 of 3 rows pass' }).waitFor()
    const restrictive = page.locator('[data-policy="<b>shown</b>"]')
    await expect.poll(() => restrictive.innerText()).toContain('refused it')
    expect(await restrictive.locator('li[data-value="false"]').innerText()).toContain(
      'hidden IS NOT TRUE',
    )
    await page.getByRole('button', { name: '3', exact: true }).click()
    const mine = page.locator('[data-policy="mine"]')
    await expect.poll(() => mine.innerText()).toContain('body = ')
    expect(await mine.locator('li[data-value="false"]').count()).toBeGreaterThan(0)
    await browser.expectAccessible()
  })

  test('an insert is tried: the verdict, and nothing is written', async () => {
    const { page } = browser
    await browser.open(
      `/p/default/policies/try?table=public.${table}&operation=insert&as=authenticated`,
    )
    await page.getByLabel('id integer').fill('77')
    await page.getByRole('button', { name: 'Try insert' }).click()
    await expect.poll(() => work().innerText()).toMatch(/row-level security|No policy/)
    expect(await query(`select from public.${table} where id = 77`)).toHaveLength(0)
    await page.reload()
    await expect.poll(() => page.getByLabel('id integer').inputValue()).toBe('77')
  })

  test('what a policy costs, and the rewrite that is cheaper, as a migration', async () => {
    const { page } = browser
    await browser.open(`/p/default/policies/try?table=public.${table}&user=${user}`)
    await page.getByRole('button', { name: 'Try and measure cost' }).click()
    const cost = page.getByRole('region', { name: 'Cost' })
    await expect
      .poll(() => cost.innerText(), { timeout: 20_000 })
      .toContain('( SELECT auth.uid()'.toLowerCase().replace('( ', '('))
    await cost
      .locator('.card', { hasText: 'mine' })
      .getByRole('button', { name: 'Make it a migration' })
      .first()
      .click()
    await applyMigration()
    await expect.poll(async () => JSON.stringify(await policies())).toContain('SELECT auth.uid()')
  })

  test('policies from a pattern: checked, then a migration; altered, then dropped', async () => {
    const { page } = browser
    await browser.open(`/p/default/policies?table=public.${table}`)
    await page.getByRole('button', { name: 'From a pattern' }).click()
    const sheet = page.locator('.sheet')
    await expect.poll(() => sheet.innerText()).toContain('create policy "own rows"')
    await sheet.getByRole('button', { name: 'Check without keeping it' }).click()
    await expect.poll(() => sheet.innerText()).toContain('Postgres accepts it')
    expect(await policies()).toHaveLength(3)
    await sheet.getByRole('button', { name: 'Review SQL' }).click()
    await applyMigration()
    await expect.poll(async () => (await policies()).length).toBe(4)
    await page.getByRole('button', { name: 'Alter own rows' }).click()
    await sheet.getByLabel('WITH CHECK: new rows').fill('hidden is null')
    await page.reload()
    await expect
      .poll(() => sheet.getByLabel('WITH CHECK: new rows').inputValue())
      .toBe('hidden is null')
    await sheet.getByRole('button', { name: 'Review SQL' }).click()
    await applyMigration()
    await expect.poll(async () => JSON.stringify(await policies())).toContain('(hidden IS NULL)')
    await page.getByRole('button', { name: 'Drop own rows' }).click()
    await applyMigration()
    await expect.poll(async () => (await policies()).length).toBe(3)
  })
})
