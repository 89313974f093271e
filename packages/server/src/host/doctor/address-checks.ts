/** Checks of what answers at an address, as anybody could make them. */
import { connect } from 'node:tls'
import { isLoopback } from '#base/http'
import { defaultKeys } from '#base/token'
import { check } from './check.ts'
import type { Check } from './check.ts'
import { certificateCheck } from './config-checks.ts'

const patienceMs = 5_000

/** `url` without a path: `https://api.example.com`. */
export async function addressChecks(url: URL): Promise<Check[]> {
  const health = await ask(new URL('/health', url), {})
  if (typeof health === 'string') {
    const remedy = 'Look whether it runs, and whether the way there is open.'
    return [check('address', false, `${url.origin} cannot be reached: ${health}`, remedy, 'error')]
  }
  const isHere = isLoopback(url.hostname)
  return [
    check(
      'address',
      health.status === 200,
      `${url.origin}/health answered ${health.status} in ${health.ms} ms`,
      'It is starting or being stopped, or something else answers there.',
      'error',
    ),
    check(
      'transport',
      isHere || url.protocol === 'https:',
      `It is reached by ${url.protocol.slice(0, -1)}`,
      'Serve it by https: keys and tokens go over the network as they are.',
    ),
    ...(await certificate(url)),
    await knownKeys(url, isHere),
  ]
}

interface Answer {
  readonly status: number
  readonly ms: number
}

async function ask(url: URL, headers: Record<string, string>): Promise<Answer | string> {
  const begun = performance.now()
  try {
    const signal = AbortSignal.timeout(patienceMs)
    const response = await fetch(url, { headers, redirect: 'manual', signal })
    await response.body?.cancel()
    return { status: response.status, ms: Math.round(performance.now() - begun) }
  } catch (error) {
    const { cause, message } = error as Error
    return cause instanceof Error ? cause.message : message
  }
}

async function knownKeys(url: URL, isHere: boolean): Promise<Check> {
  const { serviceRoleKey } = defaultKeys()
  const answer = await ask(new URL('/auth/v1/admin/users?per_page=1', url), {
    apikey: serviceRoleKey,
    authorization: `Bearer ${serviceRoleKey}`,
  })
  const isTaken = typeof answer !== 'string' && answer.status === 200
  return check(
    'keys',
    isHere || !isTaken,
    isTaken
      ? 'The service key that everybody knows is taken'
      : 'Keys that everybody knows are refused',
    'Set auth.jwt_secret to a secret of its own at once: whoever knows the address may read and change everything.',
    'error',
  )
}

async function certificate(url: URL): Promise<Check[]> {
  if (url.protocol !== 'https:') return []
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const validTo = await new Promise<string | null>((done) => {
    const socket = connect({
      host,
      port: Number(url.port || 443),
      servername: host,
      rejectUnauthorized: false,
      timeout: patienceMs,
    })
    const end = (found: string | null): void => {
      socket.destroy()
      done(found)
    }
    socket.once('secureConnect', () => end(socket.getPeerCertificate().valid_to))
    socket.once('error', () => end(null))
    socket.once('timeout', () => end(null))
  })
  return validTo === null ? [] : [certificateCheck(validTo, Date.now())]
}
