/** Section API keys: those of the project are covered; a customer's is shown once, counted, limited and revoked. */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { query } from './query.ts'
import { hasChromium, startStudioBrowser, themes } from './studio-browser.ts'
import type { StudioBrowser } from './studio-browser.ts'

describe.skipIf(!hasChromium).each(themes)('API keys, %s', (theme) => {
  const email = `customer-${theme}@example.com`
  const name = `<b>${theme}</b> server`
  let browser: StudioBrowser
  let key = ''
  beforeAll(async () => {
    const at = `${inject('studioUrl')}/admin/v1/projects/default`
    const keys = (await (await fetch(`${at}/keys`)).json()) as { service_role_key: string }
    await fetch(`${inject('apiUrl')}/auth/v1/admin/users`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${keys.service_role_key}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ email, email_confirm: true }),
    })
    browser = await startStudioBrowser({ theme })
  })
  afterAll(() => browser.close())

  const ask = async (): Promise<number> => {
    const response = await fetch(`${inject('apiUrl')}/rest/v1/authors?limit=1`, {
      headers: { apikey: key },
    })
    await response.arrayBuffer()
    return response.status
  }
  const legend = (title: string) =>
    browser.page.locator('.sheet .chart', { hasText: title }).first().locator('table')

  test('keys of the project are there; secret ones are covered, and copied as they are', async () => {
    const { page } = browser
    await browser.open('/p/default/api-keys')
    const publishable = page.getByRole('textbox', { name: 'Publishable key' })
    await expect.poll(() => publishable.inputValue()).toMatch(/^sb_publishable_/)
    const secret = page.getByRole('textbox', { name: 'Secret key' })
    expect(await secret.inputValue()).toMatch(/^•+$/)
    await page.getByRole('button', { name: 'Copy Secret key' }).click()
    await expect.poll(() => page.evaluate('navigator.clipboard.readText()')).toMatch(/^sb_secret_/)
    expect(await secret.inputValue()).toMatch(/^•+$/)
    await page.getByText('the keys come from supabase/config.toml').waitFor()
    await browser.expectAccessible()
  })

  test('enabled, made for a user, shown this once', async () => {
    const { page } = browser
    await browser.open('/p/default/api-keys?of=customers')
    const [create, enable] = [
      page.getByRole('button', { name: 'Create key' }),
      page.getByRole('button', { name: 'Enable API keys' }),
    ]
    await create.or(enable).first().waitFor()
    if (await enable.isVisible()) await enable.click()
    await create.click()
    await page.getByLabel('Find its user').fill(email)
    await page.getByRole('button', { name: email }).click()
    await page.getByLabel('Name', { exact: true }).fill(name)
    await page.getByLabel('Requests a minute').fill('5')
    await browser.expectAccessible()
    await page.getByRole('button', { name: 'Create key' }).last().click()
    key = await page.getByRole('textbox', { name: 'New key' }).inputValue()
    expect(key).toMatch(/^basalt_ak_/)
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('link', { name }).waitFor()
    expect(await page.content()).not.toContain(key)
  })

  test('calls move its chart; what is over its limit is 429 there', async () => {
    const { page } = browser
    await page.getByRole('link', { name }).click()
    await page.locator('.sheet').getByText('Requests with keys as a table').click()
    const answers = await Promise.all(Array.from({ length: 7 }, ask))
    expect(answers.toSorted((a, b) => a - b)).toEqual([200, 200, 200, 200, 200, 429, 429])
    const counted = async (): Promise<number[]> => {
      const texts = await legend('Requests with keys').locator('tbody tr').allInnerTexts()
      const rows = texts.map((text) => text.split('\t').slice(1).map(Number))
      return [0, 1, 2].map((at) => rows.reduce((sum, row) => sum + (row[at] ?? 0), 0))
    }
    await expect.poll(counted).toEqual([5, 0, 2])
    await expect.poll(() => page.locator('.sheet .facts').innerText()).toContain('5 of ')
    await browser.expectAccessible()
  })

  test('its limits are changed; revoked it is refused', async () => {
    const { page } = browser
    await page.getByLabel('Requests a minute').fill('50')
    await page.getByRole('button', { name: 'Save limits' }).click()
    await page.getByText('Limits saved').waitFor()
    await expect.poll(ask).toBe(200)
    const [row] = await query(`select rate_limit from public.api_keys where name = '${name}'`)
    expect(row).toEqual({ rate_limit: 50 })
    await page.getByRole('button', { name: 'Revoke key' }).click()
    await page.getByRole('button', { name: 'Revoke key' }).last().click()
    await expect.poll(ask).toBe(401)
    await expect.poll(() => page.getByRole('link', { name }).count()).toBe(0)
    await browser.expectAccessible()
  })
})
