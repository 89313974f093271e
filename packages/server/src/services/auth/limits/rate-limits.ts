/**
 * `[auth.rate_limit]`: how often one client may ask for what, and how many messages go out. The buckets are GoTrue's
 * (internal/api/apilimiter): one an endpoint, several of them sized by the same option. Read at each use.
 */
import { isIPv6 } from 'node:net'
import type { Config } from '#base/config'
import type { HttpResponse } from '#base/http'
import type { Scope } from '#base/service'
import { isOfThisMachine } from '#services/auth/core'
import type { Allowance, AuthContext } from '#services/auth/core'
import { withRetryAfter } from './attempt-limit.ts'
import { limitErrors } from './errors.ts'

const fiveMinutesMs = 300_000
const hourMs = 3_600_000

/** Where a bucket's size is: an option, or a number GoTrue has an environment variable for and config.toml nothing. */
const buckets = {
  signup: 'auth.rate_limit.sign_in_sign_ups',
  otp: 'auth.rate_limit.sign_in_sign_ups',
  magiclink: 'auth.rate_limit.sign_in_sign_ups',
  recover: 'auth.rate_limit.sign_in_sign_ups',
  resend: 'auth.rate_limit.sign_in_sign_ups',
  user: 'auth.rate_limit.sign_in_sign_ups',
  /** Every grant but web3: passwords are guessed here. */
  token: 'auth.rate_limit.token_refresh',
  verify: 'auth.rate_limit.token_verifications',
  web3: 'auth.rate_limit.web3',
  anonymous: 'auth.rate_limit.anonymous_users',
  sso: 30,
  samlAcs: 30,
  passkey: 30,
  oauthRegister: 10,
  factorChallenge: 15,
  factorVerify: 15,
} as const satisfies Readonly<Record<string, keyof Config | number>>

export type Bucket = keyof typeof buckets

const windows: Partial<Readonly<Record<Bucket, number>>> = {
  anonymous: hourMs,
  factorChallenge: 60_000,
  factorVerify: 60_000,
}

function allowanceOf(config: Config, bucket: Bucket): Allowance & { readonly perWindow: number } {
  const size = buckets[bucket]
  const perWindow = typeof size === 'number' ? size : config[size]
  const windowMs = windows[bucket] ?? fiveMinutesMs
  if (bucket === 'anonymous') return { burst: perWindow, perWindow, windowMs }
  // the factors' 15 a minute come 30 at once, the others' never more than the limit itself
  const burst = typeof size === 'number' && windowMs < fiveMinutesMs ? 30 : burstOf(perWindow)
  return { burst, perWindow, windowMs }
}

/** GoTrue's 30; more only where a limit is so high that it is meant not to be felt. */
function burstOf(perWindow: number): number {
  return Math.max(Math.min(perWindow, 30), Math.floor(perWindow / 10))
}

/**
 * Counts this request of this client in the bucket. Programs on this machine are not counted, as with the Supabase CLI, for a
 * test suite signs up as many users as it likes; a header that names somebody else, or an operator who names one, ends that.
 * @throws PlatformError 429 `over_request_rate_limit` with `retry-after`
 */
export function takeAllowance(context: AuthContext, bucket: Bucket): void {
  const client = clientOf(context)
  const { attempts, config, project, request, scope, nowMs } = context
  if (client === null || isOfThisMachine(config, request)) return
  // who signs in behind one address does not use up the second factor of the others there
  const user = bucket.startsWith('factor') ? subjectOf(scope) : ''
  const allowance = allowanceOf(config, bucket)
  // a limit that is changed begins anew, as with GoTrue
  const key = `${project.ref} ${bucket} ${allowance.perWindow} ${client}${user}`
  attempts.take(key, allowance, nowMs)
}

function subjectOf({ authentication }: Scope): string {
  const sub = authentication.ok ? authentication.caller.claims['sub'] : null
  return typeof sub === 'string' ? ` ${sub}` : ''
}

type Endpoint = (context: AuthContext) => HttpResponse | Promise<HttpResponse>

/** The same endpoint, its requests counted: `{ pattern: '/sso', handler: limited('sso', signInBySso) }`. */
export function limited(bucket: Bucket, endpoint: Endpoint): Endpoint {
  return (context) => {
    takeAllowance(context, bucket)
    return endpoint(context)
  }
}

/** Null for calls inside the process. */
function clientOf({ ipAddress }: AuthContext): string | null {
  return ipAddress === null ? null : networkOf(ipAddress)
}

/** Who has one address of IPv6 has 2^64 of them: its network counts. */
function networkOf(address: string): string {
  if (!isIPv6(address) || /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address)) return address
  const [head = '', tail = ''] = address.split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === '' ? [] : tail.split(':')
  const missing = Math.max(0, 8 - front.length - back.length)
  const groups = [...front, ...Array.from({ length: missing }, () => '0'), ...back]
  return groups.slice(0, 4).join(':')
}

type Medium = 'email' | 'sms'

/**
 * Messages an hour, of all users together. As with the Supabase CLI mails count only where they leave the machine
 * (`[auth.email.smtp]`), and not while addresses need no confirmation; 0 lets none out.
 */
function sendingAllowance(config: Config, medium: Medium): Allowance | null {
  if (medium === 'sms') return { burst: config['auth.rate_limit.sms_sent'], windowMs: hourMs }
  const burst = config['auth.rate_limit.email_sent']
  if (!config['auth.email.smtp.enabled']) return null
  if (burst > 0 && !config['auth.email.enable_confirmations']) return null
  return { burst, windowMs: hourMs }
}

/**
 * Refuses before anything is looked up, so that the refusal says nothing about who is known.
 * @throws PlatformError 429 `over_email_send_rate_limit` or `over_sms_send_rate_limit` with `retry-after`
 */
export function requireSendingAllowance(context: AuthContext, medium: Medium): void {
  withSendingAllowance(context, medium, 'waitOf')
}

/** Counts a message about to leave. @throws PlatformError as `requireSendingAllowance` */
export function takeSendingAllowance(context: AuthContext, medium: Medium): void {
  withSendingAllowance(context, medium, 'tryTake')
}

/** Counts one that leaves in any case: the request was let in, and has changed what it changes. */
export function countSending(
  { attempts, config, project, nowMs }: AuthContext,
  medium: Medium,
): void {
  const allowance = sendingAllowance(config, medium)
  if (allowance !== null) attempts.tryTake(`${project.ref} sent ${medium}`, allowance, nowMs)
}

function withSendingAllowance(
  { attempts, config, project, nowMs }: AuthContext,
  medium: Medium,
  use: 'waitOf' | 'tryTake',
): void {
  const allowance = sendingAllowance(config, medium)
  if (allowance === null) return
  const waitMs = attempts[use](`${project.ref} sent ${medium}`, allowance, nowMs)
  if (waitMs === 0) return
  throw withRetryAfter(
    medium === 'email' ? limitErrors.tooManyMails() : limitErrors.tooManySms(),
    waitMs,
  )
}
