/** Section Tables: rows read, changed, deleted and put back; values as Postgres has them, to the byte. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { query } from './query.ts'
import { hasChromium, startStudioBrowser, themes } from './studio-browser.ts'
import type { StudioBrowser } from './studio-browser.ts'

describe.skipIf(!hasChromium).each(themes)('tables, %s', (theme) => {
  let browser: StudioBrowser
  beforeAll(async () => {
    browser = await startStudioBrowser({ theme, expected: /409/ })
    await query(`create table if not exists public.edits_${theme} (
      id int primary key, n bigint, t text, j json, at timestamptz, b boolean, tags text[])`)
    await query(`insert into public.edits_${theme} select i, i, 'text ' || i, '{"k":  1}', now(), true, '{}'
      from generate_series(1, 20) i on conflict do nothing`)
  })
  afterAll(async () => {
    await query(`drop table public.edits_${theme}`)
    await browser.close()
  })
  const value = async (column: string, id: number): Promise<string | null> => {
    const rows = await query<{ v: string | null }>(
      `select ${column}::text as v from public.edits_${theme} where id = ${id}`,
    )
    return rows[0]?.v ?? null
  }
  const grid = () => browser.page.getByRole('grid')
  const cell = (row: number, column: number) =>
    browser.page.locator(`.g-row[aria-rowindex="${row + 1}"] .g-cell[aria-colindex="${column}"]`)

  test('a table is found, its rows are shown, markup in them is text', async () => {
    const { page } = browser
    await browser.open('/p/default/tables')
    await page.getByLabel('Search tables').fill('todo')
    await page.getByRole('link', { name: /todos/ }).click()
    await expect.poll(() => cell(3, 4).textContent()).toBe('<script>alert(1)</script><b>x</b>')
    await cell(1, 1).click()
    for (let step = 0; step < 7; step++) await page.keyboard.press('ArrowRight')
    await expect.poll(() => cell(1, 8).textContent()).toBe('9007199254740994')
    await browser.expectAccessible()
  })

  test('changes wait, survive a reload, are reviewed, and are saved to the byte', async () => {
    const { page } = browser
    await browser.open(`/p/default/tables/public/edits_${theme}`)
    await expect.poll(() => cell(1, 1).textContent()).toBe('1')
    await cell(1, 2).click()
    await page.keyboard.type('9007199254740993')
    await page.keyboard.press('Enter')
    await cell(2, 3).click()
    await page.keyboard.press('Delete')
    await cell(3, 5).dblclick()
    await page.keyboard.press('Control+a')
    await page.keyboard.type('infinity')
    await page.keyboard.press('Enter')
    await cell(4, 6).click()
    await page.keyboard.press('Space')
    await expect.poll(() => page.locator('.pending-bar').innerText()).toContain('4 changes')
    await page.reload()
    await expect.poll(() => page.locator('.pending-bar').innerText()).toContain('4 changes')
    await page.getByRole('button', { name: 'Review' }).click()
    await expect.poll(() => page.getByRole('dialog').innerText()).toContain('9007199254740993')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await expect.poll(() => page.locator('.toasts').innerText()).toContain('4 rows saved')
    expect(await value('n', 1)).toBe('9007199254740993')
    expect(await value('t', 2)).toBeNull()
    expect(await value('at', 3)).toBe('infinity')
    expect(await value('b', 4)).toBe('false')
    expect(await value('j', 1)).toBe('{"k":  1}')
  })

  test('a row that somebody else changed is a conflict, with both values', async () => {
    const { page } = browser
    await browser.open(`/p/default/tables/public/edits_${theme}`)
    await expect.poll(() => cell(5, 3).textContent()).toBe('text 5')
    await cell(5, 3).dblclick()
    await page.keyboard.press('Control+a')
    await page.keyboard.type('mine')
    await page.keyboard.press('Enter')
    await query(`update public.edits_${theme} set t = 'theirs' where id = 5`)
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await expect.poll(() => page.locator('.pending-bar').innerText()).toContain('theirs')
    expect(await value('t', 5)).toBe('theirs')
    await page.getByRole('button', { name: 'Put mine on top' }).click()
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await expect.poll(() => value('t', 5)).toBe('mine')
  })

  test('three rows are deleted, and come back as they were', async () => {
    const { page } = browser
    await browser.open(`/p/default/tables/public/edits_${theme}`)
    await expect.poll(() => cell(6, 1).textContent()).toBe('6')
    const rows = page.locator('.g-gutter')
    await rows.nth(5).click()
    await rows.nth(7).click({ modifiers: ['Shift'] })
    await page.getByRole('button', { name: 'Delete 3 rows' }).click()
    await expect.poll(() => value('id', 7)).toBeNull()
    await page.getByRole('button', { name: 'Undo' }).click()
    await expect.poll(() => value('id', 7)).toBe('7')
    expect(await value('t', 8)).toBe('text 8')
  })

  test('a row is inserted by the form; what is refused is said at its field', async () => {
    const { page } = browser
    await browser.open(`/p/default/tables/public/edits_${theme}`)
    await page.getByRole('button', { name: 'Insert row' }).click()
    const form = page.locator('.sheet')
    await form.getByRole('button', { name: 'Insert row' }).click()
    await expect.poll(() => form.innerText()).toContain('A whole number')
    await form.getByRole('textbox', { name: 'id', exact: true }).fill('100')
    await form.getByRole('button', { name: 'Insert row' }).click()
    await expect.poll(() => value('id', 100)).toBe('100')
  })

  test('filters and order are in the address; the grid is walked by keyboard', async () => {
    const { page } = browser
    await browser.open('/p/default/tables/public/todos')
    await page.getByRole('button', { name: 'Filter' }).click()
    await page.getByLabel('Column of filter 1').selectOption('title')
    await page.getByLabel('Condition of filter 1').selectOption('ilike')
    await page.getByLabel('Value of filter 1').fill('%number 42%')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.locator('.grid-foot').innerText()).toContain('11 rows')
    expect(page.url()).toContain('filter=')
    await grid().focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => page.locator('.g-cell.active').getAttribute('aria-colindex')).toBe('2')
    await page.goBack()
    await expect.poll(() => page.url()).not.toContain('filter=')
  })

  test('a table is created: the SQL first, then a migration', async () => {
    const { page } = browser
    await browser.open('/p/default/tables/public?new=table')
    await page.getByLabel('Name', { exact: true }).fill(`made_${theme}`)
    await expect
      .poll(() => page.locator('.sheet pre').innerText())
      .toContain(`create table public.made_${theme}`)
    await page.getByRole('button', { name: 'Review SQL' }).click()
    await page.getByRole('button', { name: 'Save and apply migration' }).click()
    await expect.poll(() => page.url()).toContain(`/tables/public/made_${theme}`)
    const rows = await query(
      `select name from supabase_migrations.schema_migrations where name = 'create_made_${theme}'`,
    )
    expect(rows).toHaveLength(1)
  })

  test('the diagram shows tables; nothing of it is cut', async () => {
    const { page } = browser
    await browser.open('/p/default/tables/public?view=diagram')
    await expect.poll(() => page.locator('.d-name').allInnerTexts()).toContain('todos')
    await browser.expectAccessible()
  })
})
