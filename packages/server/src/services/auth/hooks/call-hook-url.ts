/**
 * A hook behind a URL: POST with the signature headers of Standard Webhooks, three tries in five seconds
 * (supabase/auth internal/hooks/hookshttp).
 */
import { createHmac } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { rewriteLocalName } from '#base/http'
import { newId } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { callOutside, OutsideError } from '#services/auth/outside'
import type { OutsideAnswer } from '#services/auth/outside'
import { hookErrors } from './errors.ts'

const tries = 3
const maxBytes = 200 * 1024

/** The body of the answer; null when there is none (204). @throws PlatformError */
export async function callHookUrl(
  context: AuthContext,
  { uri, secrets }: { readonly uri: string; readonly secrets: readonly string[] },
  payload: string,
): Promise<string | null> {
  const { hookTimeoutMs } = context.outside
  const endsAt = performance.now() + hookTimeoutMs
  // a function of the project may be named as Supabase's containers know it
  const url = rewriteLocalName(new URL(uri), context.project.externalUrl).href
  for (let attempt = 1; attempt <= tries; attempt++) {
    const left = endsAt - performance.now()
    if (left <= 0) throw timeout(hookTimeoutMs)
    const headers = signHook(newId(context), context.project.clock.now(), secrets, payload)
    try {
      const request = { url, method: 'POST', headers, body: payload } as const
      const answer = await callOutside({ ...request, timeoutMs: left, maxBytes })
      const body = readAnswer(answer)
      if (body !== 'again') return body.text
    } catch (error) {
      if (!(error instanceof OutsideError)) throw error
      await recover(context, error, attempt, endsAt)
    }
  }
  throw hookErrors.hookUnavailable()
}

function timeout(ms: number): Error {
  return hookErrors.hookTimeout({ seconds: ms / 1000 })
}

/** Waits before the next try, as far as there is one. */
async function recover(
  { outside }: AuthContext,
  error: OutsideError,
  attempt: number,
  endsAt: number,
): Promise<void> {
  if (error.failure === 'too large') throw hookErrors.hookTooLarge({ maxBytes }, error)
  if (error.failure === 'timeout') throw timeout(outside.hookTimeoutMs)
  if (attempt === tries) throw hookErrors.hookUnreachable(undefined, error)
  const left = endsAt - performance.now()
  await setTimeout(Math.max(0, Math.min(outside.hookBackoffMs, left)))
}

function readAnswer(answer: OutsideAnswer): { readonly text: string | null } | 'again' {
  const { status, text } = answer
  if (status === 204) return { text: null }
  if (status === 200 || status === 202) {
    const type = answer.header('content-type') ?? ''
    if (type === '') throw hookErrors.hookContentTypeMissing()
    if (type.split(';')[0]?.trim().toLowerCase() !== 'application/json') {
      throw hookErrors.hookContentType({ type })
    }
    return { text }
  }
  if (status === 429 || status === 503) {
    if ((answer.header('retry-after') ?? '') !== '') return 'again'
    throw hookErrors.hookUnavailable()
  }
  if (status === 400) throw hookErrors.hookPayloadRefused()
  if (status === 401) throw hookErrors.hookUnauthorized()
  throw hookErrors.hookStatus({ status })
}

/** One signature a secret: `v1,<base64 of HMAC-SHA256 over id.seconds.payload>` (standardwebhooks.com). */
function signHook(
  id: string,
  nowMs: number,
  secrets: readonly string[],
  payload: string,
): Record<string, string> {
  const seconds = String(Math.floor(nowMs / 1000))
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^v1,/, '').replace(/^whsec_/, ''), 'base64')
    const mac = createHmac('sha256', key).update(`${id}.${seconds}.${payload}`).digest('base64')
    return `v1,${mac}`
  })
  return {
    'content-type': 'application/json',
    'accept-encoding': 'identity',
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': signatures.join(', '),
  }
}
