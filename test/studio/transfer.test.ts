/** Section Tables: a CSV file goes in, all of it or nothing, and comes out as it went in; what it holds stays text. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { query } from './query.ts'
import { hasChromium, startStudioBrowser, themes } from './studio-browser.ts'
import type { StudioBrowser } from './studio-browser.ts'

const markup = '<b class=evil>x</b>'

describe.skipIf(!hasChromium).each(themes)('files of rows, %s', (theme) => {
  let browser: StudioBrowser
  const table = `carried_${theme}`
  beforeAll(async () => {
    browser = await startStudioBrowser({ theme, expected: /status of 400/ })
    await query(`create table public.${table} (id int primary key, n bigint, t text)`)
  })
  afterAll(async () => {
    await query(`drop table public.${table}`)
    await browser.close()
  })
  const rows = () => query(`select id, n::text, t from public.${table} order by id`)
  const sheet = () => browser.page.locator('.sheet')
  const button = (name: string | RegExp) => browser.page.getByRole('button', { name })
  const choose = (text: string) =>
    browser.page.getByLabel('CSV file').setInputFiles({
      name: `${markup}.csv`.replace('/', ''),
      mimeType: 'text/csv',
      buffer: Buffer.from(text),
    })

  test('a wrong line is named and nothing is kept; mended, all of it is there', async () => {
    const { page } = browser
    await browser.open(`/p/default/tables/public/${table}`)
    await button('Import CSV').click()
    await choose(`id;n;t;${markup}\n1;9007199254740993;"a;""b""";${markup}\n2;many;ü;\n`)
    const preview = page.getByRole('region', { name: 'First rows of the file' })
    await expect.poll(() => preview.innerText()).toContain(markup)
    expect(await preview.locator('.bad-cell').innerText()).toContain('many')
    expect(await page.locator('.evil').count()).toBe(0)
    await browser.expectAccessible()
    await button(/^Import \d/).click()
    await expect.poll(() => sheet().innerText()).toMatch(/line 3/i)
    expect(await rows()).toEqual([])

    await choose(`id;n;t;${markup}\n1;9007199254740993;"a;""b""";${markup}\n2;;ü;\n3;5;"";\n`)
    await expect.poll(() => preview.locator('.bad-cell').count()).toBe(0)
    await button(/^Import \d/).click()
    await expect.poll(() => page.locator('.toasts').innerText()).toContain('3 rows imported')
    expect(await rows()).toEqual([
      { id: 1, n: '9007199254740993', t: 'a;"b"' },
      { id: 2, n: null, t: 'ü' },
      { id: 3, n: '5', t: '' },
    ])
  })

  test('the rows come out as a file, filtered as they are shown', async () => {
    const { page } = browser
    await browser.open(`/p/default/tables/public/${table}`)
    await button('Export').click()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: 'CSV', exact: true }).click(),
    ])
    expect(download.suggestedFilename()).toBe(`public.${table}.csv`)
    const text = await readFile(await download.path(), 'utf8')
    expect(text.split('\r\n')).toEqual([
      'id,n,t',
      '1,9007199254740993,"a;""b"""',
      '2,,ü',
      '3,5,""',
      '',
    ])
  })
})
