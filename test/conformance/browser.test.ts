/** A user at a real browser: sign-up, magic link out of the inbox, OAuth with PKCE, an authenticator app, sign-out. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Provider } from 'oidc-provider'
import { chromium } from 'playwright-core'
import type { BrowserContext, Page } from 'playwright-core'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { totp } from './totp.ts'
import { serveAppPage } from './app-page.ts'
import { executablePath, inChromium } from './chromium.ts'
import type { AppPage } from './app-page.ts'

const title = inChromium()

describe.skipIf(executablePath === undefined)(title, () => {
  let server: TestPlatform
  let app: AppPage
  let issuer: LocalIssuer
  let context: BrowserContext
  let page: Page
  const profile = mkdtempSync(join(tmpdir(), 'basalt-browser-'))

  beforeAll(async () => {
    server = await startTestPlatform({ inbox: true })
    app = await serveAppPage(() => ({
      apiUrl: server.url,
      key: server.platform.keys.publishableKey,
    }))
    issuer = await startIssuer(`${server.url}/auth/v1/callback`)
    await configure(server, app.url, issuer.url)
    context = await chromium.launchPersistentContext(profile, {
      executablePath: executablePath ?? '',
      headless: true,
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
    })
    context.setDefaultTimeout(20_000)
    page = await context.newPage()
  })
  afterAll(async () => {
    await context?.close()
    await Promise.all([app?.close(), issuer?.close()])
    await server?.close()
    rmSync(profile, { recursive: true, force: true })
  })

  const textOf = (id: string) => page.locator(`#${id}`).textContent()
  async function click(id: string): Promise<void> {
    await page.click(`#${id}`)
    await expect.poll(() => textOf('said')).toBe(`done ${id}`)
  }
  async function whoIs(expected: string): Promise<void> {
    await expect.poll(() => textOf('who')).toBe(expected)
  }

  test('signs up, enrols an authenticator app, and signs out', async () => {
    await page.goto(app.url)
    await whoIs('nobody')
    await page.fill('#email', 'ann@example.com')
    await page.fill('#password', 'correct horse battery')
    await click('sign-up')
    await whoIs('ann@example.com by email')
    await click('enrol')
    await expect
      .poll(() =>
        page
          .locator('#qr')
          .evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth),
      )
      .toBeGreaterThan(0)
    await page.fill('#code', totp((await textOf('secret')) ?? ''))
    await click('verify')
    await expect.poll(() => textOf('level')).toBe('aal2')
    await page.reload()
    await whoIs('ann@example.com by email')
    await click('sign-out')
    await whoIs('nobody')
    await page.reload()
    await whoIs('nobody')
  })

  test('signs in by the link of a mail, read in the inbox', async () => {
    await page.fill('#email', 'bob@example.com')
    await click('magic-link')
    await whoIs('nobody')
    await page.goto(server.inboxUrl ?? '')
    await expect.poll(() => page.locator('h1').textContent()).toBe('Inbox')
    await page.locator('tr', { hasText: 'bob@example.com' }).locator('a').first().click()
    await page.frameLocator('iframe').locator('a').first().click()
    await page.waitForURL(`${app.url}/**`)
    await whoIs('bob@example.com by email')
    // the code is used up and out of sight
    expect(page.url()).not.toContain('code=')
    await click('sign-out')
  })

  test('signs in at a provider, with PKCE', async () => {
    await page.click('#oauth')
    await page.fill('input[name=login]', 'carol')
    await page.fill('input[name=password]', 'any')
    await page.click('button[type=submit]')
    await page.click('button[type=submit]')
    await page.waitForURL(`${app.url}/**`)
    await whoIs('carol@example.com by keycloak')
    expect(page.url()).not.toContain('code=')
    await click('sign-out')
    await whoIs('nobody')
  })
})

/** Where everything is turns out only once it listens. */
async function configure(server: TestPlatform, site: string, issuer: string): Promise<void> {
  const response = await fetch(`${server.url}/admin/v1/projects/default/config`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${server.platform.keys.serviceRoleKey}` },
    body: JSON.stringify({
      auth: {
        site_url: site,
        external_url: `${server.url}/auth/v1`,
        mfa: { totp: { enroll_enabled: true, verify_enabled: true } },
        external: {
          keycloak: { enabled: true, client_id: 'basalt', secret: 'shh', url: issuer },
        },
      },
    }),
  })
  if (response.status !== 200) throw new Error(await response.text())
}

interface LocalIssuer {
  readonly url: string
  close(): Promise<void>
}

/** A real OpenID provider that shows its own sign-in and consent pages; whoever types a name is signed in as it. */
async function startIssuer(callbackUrl: string): Promise<LocalIssuer> {
  const server: Server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = new Provider(url, {
    clients: [
      {
        client_id: 'basalt',
        client_secret: 'shh',
        redirect_uris: [callbackUrl],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    cookies: { keys: ['local'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: false,
    pkce: { required: () => false },
    routes: {
      authorization: '/protocol/openid-connect/auth',
      token: '/protocol/openid-connect/token',
      userinfo: '/protocol/openid-connect/userinfo',
      jwks: '/protocol/openid-connect/certs',
    },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: `${id}@example.com`, email_verified: true, name: id }),
    }),
  })
  const handle = provider.callback()
  server.on('request', (request, response) => void handle(request, response))
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
