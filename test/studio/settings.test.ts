/** Section Settings: refused with every rule at once, locked with its source, saved and in effect without a restart. */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { hasChromium, startStudioBrowser, themes } from './studio-browser.ts'
import type { StudioBrowser } from './studio-browser.ts'

describe.skipIf(!hasChromium).each(themes)('settings, %s', (theme) => {
  let browser: StudioBrowser
  beforeAll(async () => {
    browser = await startStudioBrowser({ theme, expected: /400/ })
  })
  afterAll(() => browser.close())

  const option = (key: string) => browser.page.locator(`[data-option="${key}"]`)
  const bar = () => browser.page.getByRole('region', { name: 'Changes' })
  const save = () => bar().getByRole('button', { name: 'Save' }).click()
  const saved = async (): Promise<void> => {
    await save()
    await expect.poll(() => bar().count()).toBe(0)
  }
  const rows = async (): Promise<number> => {
    const keys = await fetch(`${inject('studioUrl')}/admin/v1/projects/default/keys`)
    const { anon_key: apikey } = (await keys.json()) as { anon_key: string }
    const answer = await fetch(`${inject('apiUrl')}/rest/v1/authors`, { headers: { apikey } })
    return ((await answer.json()) as unknown[]).length
  }

  test('two bad values: both rules at once, and nothing is saved', async () => {
    const { page } = browser
    await browser.open('/p/default/settings/api')
    await option('api.max_rows').locator('input').fill('many')
    await page.getByRole('link', { name: 'auth.rate_limit' }).click()
    await option('auth.rate_limit.sign_in_sign_ups').locator('input').fill('-')
    await page.reload()
    await expect.poll(() => bar().innerText()).toContain('2 changes')
    await save()
    await expect.poll(() => bar().innerText()).toMatch(/api.max_rows[\s\S]*whole number/)
    expect(await bar().innerText()).toMatch(/auth.rate_limit.sign_in_sign_ups/)
    await expect
      .poll(() => option('auth.rate_limit.sign_in_sign_ups').getByRole('alert').innerText())
      .toContain('whole number')
    await browser.expectAccessible()
    await bar().getByRole('button', { name: 'Discard' }).click()
    expect(await rows()).toBe(40)
  })

  test('what the environment sets is locked, with the variable named', async () => {
    await browser.open('/p/default/settings?q=token_refresh')
    const locked = option('auth.rate_limit.token_refresh')
    await expect.poll(() => locked.innerText()).toContain('SUPABASE_AUTH_RATE_LIMIT_TOKEN_REFRESH')
    expect(await locked.locator('input').isDisabled()).toBe(true)
    expect(await locked.locator('input').inputValue()).toBe('151')
  })

  test('a change is in effect without a restart, and is taken away again', async () => {
    const { page } = browser
    await browser.open('/p/default/settings?q=max_rows')
    await option('api.max_rows').locator('input').fill('7')
    await saved()
    expect(await rows()).toBe(7)
    await expect.poll(() => option('api.max_rows').innerText()).toContain('set here')
    await page.getByLabel(/Only changed ones/).check()
    await option('api.max_rows')
      .getByRole('button', { name: /^Take away/ })
      .click()
    await saved()
    await expect.poll(rows).toBe(40)
  })

  test('a secret is written and never shown', async () => {
    const { page } = browser
    const secret = `hidden-${theme}`
    await browser.open('/p/default/settings?q=captcha')
    await option('auth.captcha.secret').locator('input').fill(secret)
    await page.reload()
    await expect.poll(() => option('auth.captcha.secret').locator('input').inputValue()).toBe('')
    await option('auth.captcha.secret').locator('input').fill(secret)
    await saved()
    await expect.poll(() => option('auth.captcha.secret').innerText()).toContain('secret, set')
    const shown = await fetch(`${inject('studioUrl')}/admin/v1/projects/default/config/schema`)
    expect(await shown.text()).not.toContain(secret)
    await browser.expectAccessible()
  })
})
