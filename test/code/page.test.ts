/** The example page in a real browser: a repository is registered, its job is seen to end, a symbol is found. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { servePage } from '../../examples/code/serve.mjs'
import { executablePath, inChromium } from '../conformance/chromium.ts'
import { startTestService } from './test-service.ts'
import type { TestService } from './test-service.ts'

describe.skipIf(executablePath === undefined)(inChromium(), () => {
  let service: TestService
  const profile = mkdtempSync(join(tmpdir(), 'basalt-browser-'))
  beforeAll(async () => {
    service = await startTestService({ environment: { CODE_ALLOWED_ORIGINS: '*' } })
  })
  afterAll(async () => {
    await service.close()
    rmSync(profile, { recursive: true, force: true })
  })

  test('what a user does, and progress through stock supabase-js', async () => {
    const origin = service.git.create('shown')
    origin.commit({ 'shop.ts': 'export function openShop() {}\n' })
    await origin.push()
    const app = await servePage({
      supabaseUrl: service.platform.url,
      anonKey: service.platform.platform.keys.anonKey,
      codeUrl: service.url,
    })
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: executablePath ?? '',
      headless: true,
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
    })
    try {
      const page = await context.newPage()
      await page.goto(app.url)
      await page.getByLabel('e-mail').fill('ann@example.com')
      await page.getByLabel('password').fill('correct horse battery')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByLabel('URL').fill(origin.url)
      await page.getByRole('button', { name: 'Register' }).click()
      await page.locator('#jobs', { hasText: 'completed' }).waitFor()
      await page.locator('#repositories', { hasText: 'synced' }).waitFor()
      await page.getByLabel('pattern').fill('openshop')
      await page.getByRole('button', { name: 'Symbols' }).click()
      await page.locator('#found', { hasText: 'shop.ts:1' }).waitFor()
      expect(await page.locator('#told').textContent()).toContain('whsec_')
    } finally {
      await context.close()
      app.close()
    }
  })
})
