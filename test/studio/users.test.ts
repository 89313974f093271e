/** Section Users: made, found, changed, banned, mailed, deleted; what strangers wrote stays text. */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { query } from './query.ts'
import { hasChromium, startStudioBrowser, themes } from './studio-browser.ts'
import type { StudioBrowser } from './studio-browser.ts'

const markup = '<img src=x onerror=alert(1)>'
/** Answers that are provoked here, and what the sandbox of a frame says when it holds. */
const expected = /40[034]|Blocked script execution in|directive: "img-src data:"/

describe.skipIf(!hasChromium).each(themes)('users, %s', (theme) => {
  let browser: StudioBrowser
  const email = `ann.${theme}@example.com`
  const idOf = async (address: string): Promise<string> => {
    const rows = await query<{ id: string }>(`select id from auth.users where email = '${address}'`)
    return rows[0]?.id ?? ''
  }
  const signIn = async (address: string): Promise<{ status: number; token: string }> => {
    const response = await fetch(`${inject('apiUrl')}/auth/v1/token?grant_type=password`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: address, password: 'a long password' }),
    })
    const body = (await response.json()) as { access_token?: string }
    return { status: response.status, token: body.access_token ?? '' }
  }
  beforeAll(async () => {
    browser = await startStudioBrowser({ theme, expected })
  })
  afterAll(async () => {
    await query(`delete from auth.users where email like '%${theme}@example.com'`)
    await browser.close()
  })
  const said = async (text: string): Promise<void> => {
    await expect.poll(() => browser.page.locator('.toasts').innerText()).toContain(text)
  }
  const act = async (entry: string) => {
    await browser.page.getByRole('button', { name: 'Actions' }).click()
    await browser.page.getByRole('menuitem', { name: entry }).click()
  }

  test('a user is created and can sign in; the session is seen and ended', async () => {
    const { page } = browser
    await browser.open('/p/default/users')
    await page.getByRole('button', { name: 'Create user' }).first().click()
    await page.getByLabel('E-mail', { exact: true }).fill(email)
    await page.getByLabel('Password').fill('a long password')
    await page.getByRole('dialog').getByRole('button', { name: 'Create user' }).click()
    await expect.poll(() => page.url()).toContain(`/users/${await idOf(email)}`)
    expect((await signIn(email)).status).toBe(200)
    await page.reload()
    await page.getByRole('button', { name: 'End session' }).click()
    await expect.poll(() => page.locator('.page').innerText()).toContain('Not signed in anywhere')
    await browser.expectAccessible()
  })

  test('metadata is JSON, checked while it is typed; markup in it is text', async () => {
    const { page } = browser
    await browser.open(`/p/default/users/${await idOf(email)}?do=edit`)
    const field = page.getByLabel('User metadata').last()
    await field.fill('{ "name": ')
    await expect.poll(() => page.locator('.problem').count()).toBe(1)
    await field.fill(JSON.stringify({ full_name: markup }))
    await page.reload()
    await expect.poll(() => field.inputValue()).toContain('onerror')
    await page.getByRole('button', { name: 'Save user' }).click()
    await said('User saved')
    await expect.poll(() => page.locator('pre').first().innerText()).toContain(markup)
    const rows = await query<{ name: string }>(
      `select raw_user_meta_data ->> 'full_name' as name from auth.users where email = '${email}'`,
    )
    expect(rows[0]?.name).toBe(markup)
  })

  test('a ban refuses the token and the next sign-in, until it is lifted', async () => {
    const { page } = browser
    const { token } = await signIn(email)
    const asked = async (): Promise<number> => {
      const headers = { authorization: `Bearer ${token}` }
      return (await fetch(`${inject('apiUrl')}/auth/v1/user`, { headers })).status
    }
    expect(await asked()).toBe(200)
    await browser.open(`/p/default/users/${await idOf(email)}`)
    await act('Ban user')
    await page.getByRole('dialog').getByRole('button', { name: 'Ban user' }).click()
    await said('is banned')
    await expect.poll(() => page.locator('h1').innerText()).toContain('banned')
    expect(await asked()).toBe(403)
    expect((await signIn(email)).status).toBe(400)
    await act('Lift the ban')
    await page.getByRole('dialog').getByRole('button', { name: 'Lift the ban' }).click()
    await said('The ban is lifted')
    expect((await signIn(email)).status).toBe(200)
  })

  test('an invitation is caught, and its link signs in', async () => {
    const { page } = browser
    const guest = `guest.${theme}@example.com`
    await browser.open('/p/default/users?new=invite')
    await page.getByRole('dialog').getByRole('textbox').fill(guest)
    await page.getByRole('button', { name: 'Send invitation' }).click()
    await said('Invitation sent')
    await page.getByRole('link', { name: 'Caught mail' }).click()
    await page.locator('.mail-item', { hasText: guest }).first().click()
    const frame = page.frameLocator('iframe')
    await expect.poll(() => frame.locator('body').innerText()).toContain('You are invited')
    await browser.expectAccessible()
    const address = await page.locator('.mail-link code', { hasText: '/verify' }).innerText()
    const opened = await fetch(address, { redirect: 'manual' })
    expect(opened.headers.get('location')).toContain('access_token=')
  })

  test('a mistake in a template is seen beside it; nothing in the frame runs', async () => {
    const { page } = browser
    await browser.open('/p/default/users/templates/recovery')
    const html = page.getByLabel('HTML')
    const preview = page.getByRole('region', { name: 'Preview' })
    await html.fill(`<h1>Hello {{ .Email }}</h1>${markup}<script>alert(1)</script>`)
    const frame = page.frameLocator('iframe')
    await expect.poll(() => frame.locator('h1').innerText()).toBe('Hello ann@example.com')
    await html.fill('{{ if .Email }}Hello')
    await expect.poll(() => preview.innerText()).toContain('if without end')
    await html.fill('Hello {{ .Emial }}')
    await expect.poll(() => preview.innerText()).toContain('{{ .Emial }}')
    await html.fill(`<p>Changed {{ .Email }} ${theme}</p>`)
    await browser.expectAccessible()
    await page.getByRole('button', { name: 'Save template' }).click()
    await said('Template saved')
    await browser.open(`/p/default/users/${await idOf(email)}`)
    await act('Send recovery link')
    await said('Recovery link sent')
    await browser.open('/p/default/users/mail')
    await page.locator('.mail-item', { hasText: email }).first().click()
    await expect
      .poll(() => frame.locator('body').innerText())
      .toContain(`Changed ${email} ${theme}`)
    await browser.open('/p/default/users/templates/recovery')
    await page.getByRole('button', { name: 'Take back what was saved' }).click()
    await expect.poll(() => page.getByLabel('HTML').inputValue()).toContain('ConfirmationURL')
  })

  test('who did what is in the audit log; providers say what is on', async () => {
    const { page } = browser
    await browser.open('/p/default/users/audit')
    await page.getByLabel('Search by who did it').fill(`ann.${theme}`)
    await expect.poll(() => page.locator('tbody').innerText()).toContain('login')
    await page.getByRole('link', { name: 'Providers' }).click()
    await expect.poll(() => page.locator('tbody tr').first().innerText()).toContain('on')
    await browser.expectAccessible()
  })

  test('a link is made, and covered; then the user is found and deleted', async () => {
    const { page } = browser
    const id = await idOf(email)
    await browser.open(`/p/default/users/${id}?do=link`)
    await page.getByRole('button', { name: 'Make link' }).click()
    await expect
      .poll(() => page.getByRole('textbox', { name: 'Link', exact: true }).inputValue())
      .toContain('•••')
    await browser.open('/p/default/users')
    await page.getByLabel('Search by e-mail').fill(`ANN.${theme}`)
    await page.getByRole('link', { name: email }).click()
    await act('Delete user')
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete user' }).click()
    await said('is deleted')
    expect(await idOf(email)).toBe('')
  })
})
