/** Section Functions: deployed from files, called as somebody, read, put back, deleted; secrets that go in and never out. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { hasChromium, startStudioBrowser, themes } from './studio-browser.ts'
import type { StudioBrowser } from './studio-browser.ts'

const source = (version: string): string => `Deno.serve((request) => {
  const [, claims] = (request.headers.get('authorization') ?? '').split('.')
  const who = JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/'))).sub
  console.log('<script>alert(1)</script> asked by', who)
  return Response.json({ version: '${version}', given: request.headers.get('x-given') })
})`

describe.skipIf(!hasChromium).each(themes)('functions, %s', (theme) => {
  const root = mkdtempSync(join(tmpdir(), 'basalt functions '))
  const slug = `greet_${theme}`
  const folder = join(root, slug)
  let browser: StudioBrowser
  let user = ''
  beforeAll(async () => {
    mkdirSync(folder)
    writeFileSync(join(folder, '.env'), 'SECRET=no')
    const at = `${inject('studioUrl')}/admin/v1/projects/default`
    const keys = (await (await fetch(`${at}/keys`)).json()) as { service_role_key: string }
    const made = await fetch(`${inject('apiUrl')}/auth/v1/admin/users`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${keys.service_role_key}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ email: `caller-${theme}@example.com`, email_confirm: true }),
    })
    user = ((await made.json()) as { id: string }).id
    browser = await startStudioBrowser({ theme })
  })
  afterAll(async () => {
    await browser.close()
    rmSync(root, { recursive: true })
  })

  const deploy = async (version: string, button: RegExp): Promise<void> => {
    const { page } = browser
    writeFileSync(join(folder, 'index.ts'), source(version))
    await page.getByRole('button', { name: button }).click()
    await page.getByLabel('Folder of the function').setInputFiles(folder)
    await page.getByText('1 file,').waitFor()
    await browser.expectAccessible()
    await page
      .getByRole('button', { name: `Deploy ${slug}`, exact: true })
      .last()
      .click()
  }
  const answered = async (): Promise<string> => {
    const { page } = browser
    await page.getByRole('tab', { name: 'Invoke' }).click()
    await page.getByRole('button', { name: 'Invoke', exact: true }).click()
    return page.getByRole('region', { name: 'body' }).innerText()
  }

  test('what is in the folder is shown as of the folder, and is called', async () => {
    const { page } = browser
    await browser.open('/p/default/functions')
    await page.getByRole('link', { name: 'hello' }).click()
    await page.getByText('It is served from supabase/functions/hello/index.ts').waitFor()
    expect(await answered()).toContain('"hello": "world"')
    await browser.expectAccessible()
  })

  test('deployed from files, twice; the earlier version is called again', async () => {
    const { page } = browser
    await browser.open('/p/default/functions')
    await deploy('one', /Deploy function/)
    await expect.poll(() => page.url()).toContain(`/functions/${slug}?tab=versions`)
    await deploy('two', /Deploy a new version/)
    const versions = page.getByRole('region', { name: 'Versions' })
    await expect.poll(() => versions.innerText()).toMatch(/2\s+called/)
    expect(await answered()).toContain('"version": "two"')
    await page.getByRole('tab', { name: 'Versions' }).click()
    await page.getByRole('button', { name: 'Call version 1' }).click()
    await page.getByRole('button', { name: 'Call version 1' }).last().click()
    await expect.poll(() => versions.innerText()).toMatch(/1\s+called/)
    await expect.poll(answered).toContain('"version": "one"')
  })

  test('called as a user with headers; their id is in its log, markup is text', async () => {
    const { page } = browser
    await browser.open(`/p/default/functions/${slug}`)
    await page.getByRole('button', { name: 'As anon' }).click()
    await page.getByLabel('Find a user').fill(`caller-${theme}`)
    await page.getByRole('button', { name: `caller-${theme}@example.com` }).click()
    await page.keyboard.press('Escape')
    await page.getByLabel('Headers').fill('x-given: kept\ncontent-type: text/plain')
    expect(await answered()).toContain('"given": "kept"')
    await page.getByRole('tab', { name: 'Logs' }).click()
    const log = page.getByRole('list', { name: 'Log, the newest first' })
    await expect.poll(() => log.innerText()).toContain(`<script>alert(1)</script> asked by ${user}`)
    await browser.expectAccessible()
    await log.getByRole('link').first().click()
    await page.getByRole('list', { name: 'Steps' }).waitFor()
  })

  test('a secret is set, listed by its digest, never readable, and removed', async () => {
    const { page } = browser
    const name = `SECRET_${theme.toUpperCase()}`
    await browser.open('/p/default/functions?view=secrets')
    await page.getByRole('button', { name: 'Set a secret' }).first().click()
    await page.getByLabel('Name', { exact: true }).fill(name)
    await page.getByLabel('Value').fill('do-not-tell-anybody')
    await page.getByRole('button', { name: 'Set secret', exact: true }).click()
    const secrets = page.getByRole('region', { name: 'Secrets' })
    await expect.poll(() => secrets.innerText()).toContain(name)
    await page.reload()
    await expect.poll(() => secrets.innerText()).toContain(name)
    expect(await page.content()).not.toContain('do-not-tell-anybody')
    const kept = await page.evaluate<string[]>(
      '[...Object.values(sessionStorage), ...Object.values(localStorage)]',
    )
    expect(kept.join('\n')).not.toContain('do-not-tell-anybody')
    await browser.expectAccessible()
    await page.getByRole('button', { name: `Remove ${name}` }).click()
    await page.getByRole('button', { name: 'Remove secret' }).click()
    await expect.poll(() => page.getByText(name, { exact: true }).count()).toBe(0)
  })

  test('deleted by its name', async () => {
    const { page } = browser
    await browser.open(`/p/default/functions/${slug}?tab=details`)
    await page.getByRole('button', { name: 'Delete function' }).click()
    await page.getByRole('button', { name: 'Delete function' }).last().click()
    await expect.poll(() => page.url()).toMatch(/\/functions$/)
    await expect.poll(() => page.getByRole('link', { name: slug }).count()).toBe(0)
  })
})
