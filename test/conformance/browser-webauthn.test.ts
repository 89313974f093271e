/** Passkeys and security keys at a real browser, with an authenticator of Chromium's own making. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { chromium } from 'playwright-core'
import type { BrowserContext, CDPSession, Page } from 'playwright-core'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { executablePath, inChromium } from './chromium.ts'

const title = inChromium('WebAuthn in Chromium')

const packageFile = createRequire(import.meta.url).resolve('@supabase/supabase-js/package.json')
const bundle = readFileSync(join(dirname(packageFile), 'dist/umd/supabase.js'))

/** A page with supabase-js and nothing else. Browsers have WebAuthn on `localhost`, not on addresses. */
async function servePage(): Promise<{ readonly origin: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    const isScript = request.url === '/supabase.js'
    response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' })
    response.end(isScript ? bundle : '<!doctype html><script src="/supabase.js"></script>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { origin: `http://localhost:${(server.address() as AddressInfo).port}`, server }
}

describe.skipIf(executablePath === undefined)(title, () => {
  let platform: TestPlatform
  let pages: Awaited<ReturnType<typeof servePage>>
  let context: BrowserContext
  let page: Page
  let devtools: CDPSession
  const profile = mkdtempSync(join(tmpdir(), 'basalt-webauthn-'))

  beforeAll(async () => {
    pages = await servePage()
    platform = await startTestPlatform({
      config: {
        'auth.site_url': pages.origin,
        'auth.passkey.enabled': true,
        'auth.mfa.web_authn.enroll_enabled': true,
        'auth.mfa.web_authn.verify_enabled': true,
      },
    })
    context = await chromium.launchPersistentContext(profile, {
      executablePath: executablePath ?? '',
      headless: true,
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
    })
    page = await context.newPage()
    await page.goto(pages.origin)
    devtools = await context.newCDPSession(page)
    await devtools.send('WebAuthn.enable')
    const key = platform.platform.keys.publishableKey
    await page.evaluate(
      `var { auth } = supabase.createClient('${platform.url}', '${key}', { auth: { experimental: { passkey: true } } })`,
    )
  }, 60_000)
  afterAll(async () => {
    await context?.close()
    pages.server.closeAllConnections()
    pages.server.close()
    await platform?.close()
    rmSync(profile, { recursive: true, force: true })
  })

  /** `{ data, error }` of what a method of auth-js answers in the page; an error of it is thrown. */
  async function call<T>(expression: string): Promise<T> {
    const { data, error } = (await page.evaluate(
      `(async () => { const { data, error } = await ${expression}; return { data, error: error && error.message } })()`,
    )) as { data: T; error: string | null }
    if (error !== null) throw new Error(`${expression}: ${error}`)
    return data
  }
  /** `internal` is the machine's own authenticator; `usb` a key that does no more than be touched. */
  function plugIn(transport: 'internal' | 'usb') {
    const isOwn = transport === 'internal'
    const able = { hasResidentKey: isOwn, hasUserVerification: isOwn, isUserVerified: isOwn }
    const options = {
      protocol: 'ctap2' as const,
      transport,
      automaticPresenceSimulation: true,
      ...able,
    }
    return devtools.send('WebAuthn.addVirtualAuthenticator', {
      options,
    })
  }
  const credentials = `{ email: 'ann@example.com', password: 'correct horse battery' }`

  test('a passkey is registered, and signs in by itself', async () => {
    await plugIn('internal')
    await call(`auth.signUp(${credentials})`)
    await call('auth.registerPasskey()')
    expect(await call('auth.passkey.list()')).toHaveLength(1)
    await call('auth.signOut().then(({ error }) => ({ data: null, error }))')
    const { user } = await call<{ user: { email: string } }>('auth.signInWithPasskey()')
    expect(user.email).toBe('ann@example.com')
  })

  test('a security key is a second factor', async () => {
    await plugIn('usb')
    await call(`auth.mfa.webauthn.register({ friendlyName: 'key' })`)
    const level = 'auth.mfa.getAuthenticatorAssuranceLevel()'
    expect(await call(level)).toMatchObject({ currentLevel: 'aal2' })
    await call(`auth.signInWithPassword(${credentials})`)
    expect(await call(level)).toMatchObject({ currentLevel: 'aal1', nextLevel: 'aal2' })
    const { webauthn } = await call<{ webauthn: { id: string }[] }>('auth.mfa.listFactors()')
    await call(`auth.mfa.webauthn.authenticate({ factorId: '${webauthn[0]?.id}' })`)
    expect(await call(level)).toMatchObject({ currentLevel: 'aal2' })
  })
})
