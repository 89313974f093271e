/** Section Storage: buckets, uploads that go on where they stopped, folders moved and deleted, files that are inert. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { query } from './query.ts'
import { hasChromium, startStudioBrowser, themes } from './studio-browser.ts'
import type { StudioBrowser } from './studio-browser.ts'

const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><script>alert(1)</script><rect width="40" height="40" fill="green" onload="alert(1)"/></svg>`

describe.skipIf(!hasChromium).each(themes)('storage, %s', (theme) => {
  let browser: StudioBrowser
  let folder: string
  const bucket = `files-${theme}`
  beforeAll(async () => {
    browser = await startStudioBrowser({ theme, expected: /400|404|409|ERR_ABORTED/ })
    folder = mkdtempSync(join(tmpdir(), 'basalt upload '))
    mkdirSync(join(folder, 'many/deep'), { recursive: true })
    for (let index = 0; index < 25; index++)
      writeFileSync(join(folder, `many/${index}.txt`), `file ${index}`)
    writeFileSync(join(folder, 'many/deep/odd & (1).txt'), '<script>alert(1)</script>')
    writeFileSync(join(folder, 'picture.svg'), svg)
    writeFileSync(join(folder, 'large.bin'), Buffer.alloc(24 * 1024 * 1024, 7))
  })
  afterAll(async () => {
    rmSync(folder, { recursive: true })
    await browser.close()
  })
  const said = async (text: string): Promise<void> => {
    await expect.poll(() => browser.page.locator('.toasts').innerText()).toContain(text)
  }
  const names = async (): Promise<string[]> => {
    const rows = await query<{ name: string }>(
      `select name from storage.objects where bucket_id = '${bucket}' order by name collate "C"`,
    )
    return rows.map(({ name }) => name)
  }
  const act = async (name: string, entry: string): Promise<void> => {
    await browser.page.getByRole('button', { name: `Actions of ${name}`, exact: true }).click()
    await browser.page.getByRole('menuitem', { name: entry, exact: true }).click()
  }

  test('a bucket is created; a folder of many files is uploaded', async () => {
    const { page } = browser
    await browser.open('/p/default/storage')
    await page.getByRole('button', { name: 'Create bucket' }).first().click()
    await page.getByLabel('Name', { exact: true }).fill(bucket)
    await page.getByLabel('Public').check()
    await page.getByLabel('Largest file').fill('60 apples')
    await expect.poll(() => page.locator('.problem').innerText()).toContain('A size is needed')
    await page.getByLabel('Largest file').fill('50 MB')
    await page.getByRole('dialog').getByRole('button', { name: 'Create bucket' }).click()
    await expect.poll(() => page.url()).toContain(`/storage/${bucket}`)
    await page.getByLabel('Folder to upload').setInputFiles(join(folder, 'many'))
    await expect
      .poll(() => page.getByRole('region', { name: 'Uploads' }).innerText(), { timeout: 30_000 })
      .toContain('26 of 26 files')
    expect(await names()).toHaveLength(26)
    await page.getByRole('button', { name: 'Close', exact: true }).click()
    await page.getByRole('link', { name: 'many' }).click()
    await page.getByRole('link', { name: 'deep' }).click()
    await page.getByRole('link', { name: /odd/ }).click()
    await expect
      .poll(() => page.locator('.sheet pre').innerText())
      .toBe('<script>alert(1)</script>')
    await browser.expectAccessible()
    await page.keyboard.press('Escape')
    // SQL can give names that Storage itself refuses
    const markup = '<img src=x onerror=alert(1)>'
    const rename = (from: string, to: string) =>
      query(
        `update storage.objects set name = 'many/deep/${to}'
         where bucket_id = '${bucket}' and name = 'many/deep/${from}'`,
      )
    await rename('odd & (1).txt', markup)
    await page.reload()
    await expect.poll(() => page.locator('tbody').innerText()).toContain(markup)
    await rename(markup, 'odd & (1).txt')
  })

  test('a folder that is dropped arrives with all that is in it', async () => {
    const { page, context } = browser
    await browser.open(`/p/default/storage/${bucket}`)
    const zone = await page.locator('.drop-zone').boundingBox()
    const at = { x: (zone?.x ?? 0) + 200, y: (zone?.y ?? 0) + 200 }
    const devtools = await context.newCDPSession(page)
    const data = { items: [], files: [join(folder, 'many/deep')], dragOperationsMask: 1 }
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
      await devtools.send('Input.dispatchDragEvent', { type, ...at, data })
    await expect.poll(names).toContain('deep/odd & (1).txt')
    await act('deep', 'Delete')
    await page.getByRole('button', { name: 'Delete 1 file' }).click()
    await expect.poll(names).not.toContain('deep/odd & (1).txt')
  })

  test('an upload that a reload interrupts goes on where it stopped', async () => {
    const { page } = browser
    await browser.open(`/p/default/storage/${bucket}`)
    await page.getByLabel('Files to upload').setInputFiles(join(folder, 'many/1.txt'))
    await expect.poll(names).toContain('1.txt')
    let sent = 0
    await page.route('**/storage/upload/*', async (route) => {
      // two parts arrive, the third waits until the page is gone
      if (route.request().method() === 'PATCH' && ++sent > 2) return
      await route.continue()
    })
    await page.getByLabel('Files to upload').setInputFiles(join(folder, 'large.bin'))
    await expect.poll(() => sent, { timeout: 30_000 }).toBe(3)
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    await page.reload()
    const panel = page.getByRole('region', { name: 'Uploads' })
    await expect.poll(() => panel.innerText()).toContain('1 upload interrupted')
    const offsets: number[] = []
    page.on('request', (request) => {
      if (request.method() === 'PATCH')
        offsets.push(Number(request.headers()['upload-offset'] ?? -1))
    })
    await page.getByLabel('Files to upload').setInputFiles(join(folder, 'large.bin'))
    await expect.poll(() => panel.innerText(), { timeout: 30_000 }).toContain('1 of 1 file')
    // what had arrived before the reload is not sent again
    await page.getByLabel('Files to upload').setInputFiles(join(folder, 'many/1.txt'))
    await expect.poll(() => panel.innerText()).toContain('2 of 2 files')
    expect(await names()).toHaveLength(28)
    expect(offsets[0]).toBeGreaterThanOrEqual(12 * 1024 * 1024)
    expect(await names()).toContain('large.bin')
  })

  test('a picture with a script is inert, here and under its own address', async () => {
    const { page } = browser
    await browser.open(`/p/default/storage/${bucket}`)
    await page.getByLabel('Files to upload').setInputFiles(join(folder, 'picture.svg'))
    await page.getByRole('link', { name: 'picture.svg' }).click()
    const picture = page.locator('.sheet img')
    await expect
      .poll(() =>
        picture.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth),
      )
      .toBe(40)
    await page.getByRole('button', { name: 'Make a signed link' }).click()
    const link = page.getByRole('textbox', { name: 'Signed link' })
    await expect.poll(() => link.inputValue()).toContain('token=')
    expect((await fetch(await link.inputValue())).status).toBe(200)
    const address = await page.getByRole('textbox', { name: 'Public address' }).inputValue()
    expect(await (await fetch(address)).text()).toBe(svg)
    await browser.expectAccessible()
    const own = await picture.getAttribute('src')
    const policy = (await fetch(inject('studioUrl') + own)).headers.get('content-security-policy')
    expect(policy).toContain('sandbox')
  })

  test('a file is renamed; a folder is moved, then deleted, with all that is in it', async () => {
    const { page } = browser
    await browser.open(`/p/default/storage/${bucket}`)
    await act('picture.svg', 'Move or rename')
    await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('art/green.svg')
    await page.getByRole('button', { name: 'Move', exact: true }).click()
    await said('Moved to')
    await act('many', 'Move or rename')
    await page.getByRole('textbox', { name: 'Folder' }).fill('archive/2026')
    await page.getByRole('button', { name: 'Move', exact: true }).click()
    await said('26 files moved')
    const moved = await names()
    expect(moved.filter((name) => name.startsWith('archive/2026/'))).toHaveLength(26)
    expect(moved).toContain('art/green.svg')
    await page.getByLabel('Choose archive').check()
    await page.getByRole('button', { name: 'Delete 1 entry' }).click()
    await page.getByRole('button', { name: 'Delete 26 files' }).click()
    await said('26 files deleted')
    expect(await names()).toEqual(['1.txt', 'art/green.svg', 'large.bin'])
  })

  test('a bucket goes only when its name is typed', async () => {
    const { page } = browser
    await browser.open(`/p/default/storage/${bucket}?do=delete`)
    const dialog = page.getByRole('alertdialog')
    await expect.poll(() => dialog.innerText()).toContain('its 3 files')
    const button = dialog.getByRole('button', { name: 'Delete bucket' })
    expect(await button.isDisabled()).toBe(true)
    await dialog.getByRole('textbox').fill(bucket)
    await button.click()
    await said('is deleted')
    expect(await query(`select id from storage.buckets where id = '${bucket}'`)).toEqual([])
  })
})
