/** `[auth.captcha]`: requests that anybody can make must carry a solved captcha (supabase/auth internal/security). */
import { bytesBody, readJson } from '#base/http'
import type { HttpResponse } from '#base/http'
import { PlatformError, isJsonObject } from '#base/kernel'
import { maxBodyBytes, requireAdmin } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { callOutside, OutsideError, parseObject } from '#services/auth/outside'
import { limitErrors } from './errors.ts'

type Endpoint = (context: AuthContext) => HttpResponse | Promise<HttpResponse>

/** The same endpoint, behind a captcha where one is configured; administrators need none. */
export function withCaptcha(endpoint: Endpoint): Endpoint {
  return async (context) => endpoint(await requireCaptcha(context))
}

/**
 * The context with its body still to be read. Where captchas are off nothing is looked at.
 * @throws PlatformError 400 `captcha_failed`, 500 when the captcha's service cannot be asked
 */
export async function requireCaptcha(context: AuthContext): Promise<AuthContext> {
  if (!context.config['auth.captcha.enabled'] || (await isAdmin(context))) return context
  const bytes = await context.request.body.read(maxBodyBytes)
  const again = () => ({ ...context.request, body: bytesBody(bytes) })
  const body = await readJson(again(), maxBodyBytes)
  const security = isJsonObject(body) ? body['gotrue_meta_security'] : null
  const token = isJsonObject(security) ? security['captcha_token'] : null
  if (typeof token !== 'string' || token.trim() === '') {
    throw limitErrors.captchaFailed({ reason: 'no captcha_token found' })
  }
  await verify(context, token.trim())
  return { ...context, request: again() }
}

async function isAdmin(context: AuthContext): Promise<boolean> {
  try {
    await requireAdmin(context)
    return true
  } catch (error) {
    if (error instanceof PlatformError && error.status < 500) return false
    throw error
  }
}

async function verify({ config, outside, ipAddress, scope }: AuthContext, token: string) {
  const form = {
    secret: (config['auth.captcha.secret'] ?? '').trim(),
    response: token,
    remoteip: ipAddress ?? '',
  }
  let answer: Readonly<Record<string, unknown>> | null
  try {
    const { text } = await callOutside({
      url: outside.captchaUrls[config['auth.captcha.provider']],
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
      timeoutMs: outside.captchaTimeoutMs,
      maxBytes: 64 * 1024,
    })
    answer = parseObject(text)
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error
    scope.log.error('a captcha could not be checked', { reason: error.message })
    throw limitErrors.captchaUnavailable(undefined, error)
  }
  if (answer === null) throw limitErrors.captchaUnavailable()
  if (answer['success'] === true) return
  const codes: unknown = answer['error-codes']
  const words = Array.isArray(codes) ? codes.filter((code) => typeof code === 'string') : []
  throw limitErrors.captchaFailed({ reason: words.join(', ') })
}
