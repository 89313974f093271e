/** What is around all sections: addresses, keyboard, Ctrl-K, the theme, narrow screens. */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { hasChromium, startStudioBrowser, themes } from './studio-browser.ts'
import type { StudioBrowser } from './studio-browser.ts'

const sections = [
  ['Tables', 't'],
  ['SQL', 's'],
  ['Policies', 'v'],
  ['Users', 'a'],
  ['Storage', 'b'],
  ['Functions', 'f'],
  ['Realtime', 'r'],
  ['Database', 'd'],
  ['API keys', 'k'],
  ['Logs', 'l'],
  ['Health', 'u'],
  ['API', 'i'],
  ['Settings', ','],
] as const

const pathOf = (label: string): string => `/p/default/${label.toLowerCase().replace(' ', '-')}`

describe.skipIf(!hasChromium).each(themes)('the frame, %s', (theme) => {
  let browser: StudioBrowser
  beforeAll(async () => {
    browser = await startStudioBrowser({ theme })
  })
  afterAll(() => browser.close())

  test('every section is a link of its name, and has a shortcut', async () => {
    const { page } = browser
    await browser.open('/')
    await expect.poll(() => page.url()).toContain('/p/default/tables')
    for (const [label, key] of sections) {
      await page.locator('.rail').getByRole('link', { name: label, exact: true }).click()
      await expect.poll(() => new URL(page.url()).pathname).toContain(pathOf(label))
      await page.locator('body').click({ position: { x: 5, y: 895 } })
      await page.keyboard.press('g')
      await page.keyboard.press(key === 't' ? 's' : 't')
      await expect
        .poll(() => new URL(page.url()).pathname)
        .toContain(key === 't' ? '/sql' : '/tables')
    }
  })

  test.each(sections)('%s: nothing serious for axe', async (label) => {
    await browser.open(pathOf(label))
    await browser.page.waitForLoadState('networkidle', { timeout: 2500 }).catch(() => {})
    await browser.expectAccessible()
    expect(await browser.page.locator('.work').innerText()).not.toBe('')
  })

  test('Ctrl-K finds a table, an action and a setting', async () => {
    const { page } = browser
    await browser.open('/p/default/tables')
    const find = async (text: string, option: RegExp): Promise<void> => {
      await page.keyboard.press('Control+k')
      await page.getByRole('combobox').fill(text)
      await page.getByRole('option', { name: option }).first().waitFor()
      await page.keyboard.press('Enter')
    }
    await find('authors', /authors/)
    await expect.poll(() => page.url()).toContain('/tables/public/authors')
    await find('new query', /New query/)
    await expect.poll(() => page.url()).toContain('/sql/new')
    await find('jwt_expiry', /jwt_expiry/)
    await expect.poll(() => page.url()).toContain('/settings')
  })

  test('the theme is chosen, and the next page begins with it', async () => {
    const { page } = browser
    await browser.open('/p/default/tables')
    const other = theme === 'light' ? 'dark' : 'light'
    await page.getByRole('button', { name: 'Theme' }).click()
    await page.getByRole('menuitem', { name: other === 'dark' ? 'Dark' : 'Light' }).click()
    const answer = await page.request.get(inject('studioUrl'))
    expect(await answer.text()).toContain(`data-theme="${other}"`)
    await page.getByRole('button', { name: 'Theme' }).click()
    await page.getByRole('menuitem', { name: theme === 'dark' ? 'Dark' : 'Light' }).click()
  })

  test('no key is kept in the browser', async () => {
    const stored = await browser.page.evaluate<string>(
      'JSON.stringify([{ ...localStorage }, { ...sessionStorage }])',
    )
    expect(stored).not.toMatch(/eyJ|sb_secret|service_role/)
  })
})

describe.skipIf(!hasChromium)('the frame, 390 pixels wide', () => {
  let browser: StudioBrowser
  beforeAll(async () => {
    browser = await startStudioBrowser({ width: 390, height: 844 })
  })
  afterAll(() => browser.close())

  test.each(sections)('%s: the page never scrolls sideways', async (label) => {
    const { page } = browser
    await browser.open(pathOf(label))
    await page.waitForLoadState('networkidle', { timeout: 2500 }).catch(() => {})
    const wide = await page.evaluate<{ page: number; parts: number[] }>(`({
      page: document.scrollingElement.scrollWidth,
      parts: [...document.querySelectorAll('.page, .work')].map((node) => node.scrollWidth - node.clientWidth),
    })`)
    expect(wide.page).toBeLessThanOrEqual(390)
    expect(Math.max(0, ...wide.parts), JSON.stringify(wide)).toBe(0)
  })

  test('the bar at the bottom leads everywhere', async () => {
    const { page } = browser
    await browser.open('/p/default/tables')
    await page
      .getByRole('navigation', { name: 'Main sections' })
      .getByRole('button', { name: 'More' })
      .click()
    await page.getByRole('menuitem', { name: 'Health' }).click()
    await expect.poll(() => page.url()).toContain('/health')
  })
})
