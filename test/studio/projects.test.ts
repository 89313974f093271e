/** Section Projects: made in a database that will do, paused, deleted by its name, brought back; keys and members. */
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase, startTestFleet, testActor } from '@basalt/server/testing'
import type { TestDatabase, TestFleet } from '@basalt/server/testing'
import { query } from './query.ts'
import { hasChromium, startStudioBrowser, themes } from './studio-browser.ts'
import type { StudioBrowser } from './studio-browser.ts'

const password = 'a long enough one'

describe.skipIf(!hasChromium).each(themes)('projects, %s', (theme) => {
  let browser: StudioBrowser
  let fleet: TestFleet
  let database: TestDatabase
  beforeAll(async () => {
    fleet = await startTestFleet({
      hasStudio: true,
      studioFolder: resolve('packages/studio/dist'),
    })
    database = await createTestDatabase()
    await fleet.create('shop')
    for (const role of ['owner', 'developer'] as const)
      await fleet.control.operators.create(
        { email: `${role}@fleet.example`, role, password },
        testActor,
      )
    browser = await startStudioBrowser({
      theme,
      studioUrl: fleet.studioUrl ?? '',
      expected: /status of (400|401)/,
    })
  })
  afterAll(async () => {
    await browser.close()
    await fleet.close()
    await database.drop()
  })
  const button = (name: string) => browser.page.getByRole('button', { name, exact: true })
  const statusOf = async (ref: string): Promise<string> =>
    (await fleet.control.projects.show(ref)).record.status
  const call = async (): Promise<number> => {
    const { record } = await fleet.control.projects.show('shop')
    const headers = { apikey: record.keys.anonKey, 'x-project-ref': 'shop' }
    return (await fetch(`${fleet.url}/auth/v1/settings`, { headers })).status
  }

  test('an owner signs in and sees the projects with their health', async () => {
    const { page } = browser
    await page.goto(`${fleet.studioUrl}/projects`)
    await page.getByLabel('E-mail').fill('owner@fleet.example')
    await page.getByLabel('Password').fill(password)
    await button('Sign in').click()
    await expect
      .poll(() => page.locator('tr', { hasText: 'shop' }).innerText())
      .toMatch(/active[\s\S]* ms/)
    await browser.expectAccessible()
  })

  test('a database of a role without CREATEROLE: it is said, and nothing is made', async () => {
    const { page } = browser
    const url = new URL(database.url)
    const role = `weak_${theme}`
    await query(`create role ${role} login password 'weak'`, database.url)
    ;[url.username, url.password] = [role, 'weak']
    await browser.open('/projects?new=project')
    await page.getByLabel('Ref').fill('second')
    await page.getByLabel('Database', { exact: true }).fill(url.href)
    await button('Test the database and create').click()
    await expect
      .poll(() => page.locator('.sheet').innerText(), { timeout: 20_000 })
      .toMatch(/CREATEROLE/)
    await expect(fleet.control.projects.show('second')).rejects.toThrow(/no project/)
    await page.getByLabel('Database', { exact: true }).fill(database.url)
    await button('Test the database and create').click()
    await expect
      .poll(
        () =>
          fleet.control.projects.exists('second').then(
            () => true,
            () => false,
          ),
        { timeout: 30_000 },
      )
      .toBe(true)
    await query(`drop role ${role}`, database.url)
  })

  test('paused, its API answers as documented; resumed, it goes on', async () => {
    const { page } = browser
    await browser.open('/projects/shop')
    expect(await call()).toBe(200)
    await button('Pause').click()
    await button('Pause project').click()
    await button('Resume').waitFor()
    await expect.poll(call).toBe(540)
    await button('Resume').click()
    await button('Pause').waitFor()
    await expect.poll(call).toBe(200)
    await browser.expectAccessible()
    await page.getByLabel('Name', { exact: true }).fill('The <b>shop</b>')
    await button('Save').click()
    await page.getByRole('heading', { name: 'The <b>shop</b>' }).waitFor()
  })

  test('keys are rotated: those of before are good until the time shown', async () => {
    const { page } = browser
    await browser.open('/projects/shop?tab=keys')
    const secret = page.getByRole('textbox', { name: 'Secret key' })
    await secret.waitFor()
    expect(await secret.inputValue()).not.toContain('sb_secret')
    await button('Rotate keys').click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Rotate keys' }).click()
    await expect
      .poll(() => page.locator('.work').innerText())
      .toContain('Earlier keys are good until')
    await browser.expectAccessible()
  })

  test('a member is let in, and removed', async () => {
    const { page } = browser
    await browser.open('/projects/shop?tab=members')
    await page.getByLabel('Operator').fill('developer@fleet.example')
    await button('Add member').click()
    await button('Remove developer@fleet.example').click()
    expect(await fleet.control.operators.members('shop')).toMatchObject([{ role: 'developer' }])
    await button('Remove member').click()
    await expect.poll(() => fleet.control.operators.members('shop')).toEqual([])
  })

  test('deleted only after its name is typed, restored, then purged', async () => {
    const { page } = browser
    await browser.open('/projects/shop')
    const name = 'The <b>shop</b>'
    const dialog = page.getByRole('alertdialog')
    await button('Delete project').click()
    expect(await dialog.getByRole('button', { name: 'Delete project' }).isDisabled()).toBe(true)
    await dialog.getByRole('textbox').fill(name)
    await dialog.getByRole('button', { name: 'Delete project' }).click()
    await button('Restore').click()
    await button('Pause').waitFor()
    expect(await statusOf('shop')).toBe('active')
    await button('Delete project').click()
    await dialog.getByRole('textbox').fill(name)
    await dialog.getByRole('button', { name: 'Delete project' }).click()
    await button('Purge').click()
    await dialog.getByRole('textbox').fill('shop')
    await dialog.getByRole('button', { name: 'Purge project' }).click()
    await expect.poll(() => page.url()).toMatch(/\/projects$/)
    await expect(statusOf('shop')).rejects.toThrow(/no project/)
  })
})
