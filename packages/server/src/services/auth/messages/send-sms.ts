/** Codes out by SMS: test numbers, the hook that sends them, or the provider. Failures in GoTrue's words. */
import type { Transaction } from '#base/db'
import type { JsonObject } from '#base/kernel'
import type { Statement } from '#base/sql'
import { begin, renderUser, rfc3339, write } from '#services/auth/core'
import type { AuthContext, SmsChannel } from '#services/auth/core'
import { findHook, runHook } from '#services/auth/hooks'
import { takeSendingAllowance, withRetryAfter } from '#services/auth/limits'
import { findUserById } from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'
import { messageErrors } from './errors.ts'
import { newCode } from './one-time-code.ts'
import { smsProviderOf } from './sms-sender.ts'

export interface OutgoingCode {
  readonly userId: string
  /** The user as far as it is known before anything is written: what a hook behind a URL is told. */
  readonly user: JsonObject
  readonly phone: string
  readonly channel: SmsChannel
  readonly occasion: 'confirmation' | 'phone_change' | 'reauthentication'
  /** When the last one went out. */
  readonly sentAt: string | null
}

const codeLength = 6

/**
 * Sends a code and writes `before` and what `plan` makes of the code, in one transaction; the rows of its last
 * statement come back. What cannot be sent is not written. A hook that is a function runs between the two.
 */
export async function textAndWrite<T>(
  context: AuthContext,
  outgoing: OutgoingCode,
  before: readonly Statement[],
  plan: (code: string) => readonly Statement[],
): Promise<{ readonly rows: T[]; readonly messageId: string }> {
  const { config, project } = context
  refuseSmsTooSoon(context, outgoing.sentAt, config['auth.sms.max_frequency'])
  const known = testCodeOf(context, outgoing.phone)
  if (known === null) takeSendingAllowance(context, 'sms')
  const code = known ?? newCode(project.random, codeLength)
  const hook = known === null ? findHook(config, 'send_sms') : null
  const sms = { otp: code, phone: outgoing.phone }
  if (hook?.kind === 'function') {
    return begin(context, [], async (transaction) => {
      if (before.length > 0) await transaction.run(...before)
      const [user] = await transaction.rows<UserRow>(findUserById(outgoing.userId))
      const input = { user: renderUser(user as UserRow), sms }
      await runHook(context, 'send_sms', hook, input, transaction)
      return { rows: await runAll<T>(transaction, plan(code)), messageId: '' }
    })
  }
  let messageId = known === null ? '' : 'test-otp'
  if (hook !== null) await runHook(context, 'send_sms', hook, { user: outgoing.user, sms })
  else if (known === null) messageId = await sendByProvider(context, outgoing, code)
  return { rows: await write<T>(context, [...before, ...plan(code)]), messageId }
}

async function runAll<T>(transaction: Transaction, statements: readonly Statement[]): Promise<T[]> {
  if (statements.length > 1) await transaction.run(...statements.slice(0, -1))
  return transaction.rows<T>(statements.at(-1) as Statement)
}

async function sendByProvider(
  context: AuthContext,
  { phone, channel, occasion }: OutgoingCode,
  code: string,
): Promise<string> {
  const { config, project, sms } = context
  const provider = smsProviderOf(config)
  if (provider === null) throw messageErrors.noSmsProvider()
  const message = renderSms(config['auth.sms.template'], code)
  try {
    return await sms.send(project, provider, { phone, message, code, channel })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    project.log.error('an SMS could not be sent', { provider, reason })
    throw messageErrors.smsFailed({ occasion, reason }, error)
  }
}

/** A code of a second factor: not among the test numbers, and told to hooks as such. */
export async function textFactorCode(
  context: AuthContext,
  user: UserRow,
  { phone, channel, code }: { phone: string; channel: SmsChannel; code: string },
): Promise<void> {
  const { config, project } = context
  takeSendingAllowance(context, 'sms')
  const hook = findHook(config, 'send_sms')
  if (hook !== null) {
    const sms = { otp: code, sms_type: 'mfa', phone }
    try {
      await runHook(context, 'send_sms', hook, { user: renderUser(user), sms })
    } catch (error) {
      throw messageErrors.factorHookFailed(undefined, error)
    }
    return
  }
  const provider = smsProviderOf(config)
  if (provider === null) throw messageErrors.noFactorSmsProvider()
  const message = renderSms(config['auth.mfa.phone.template'], code)
  try {
    await context.sms.send(project, provider, { phone, message, code, channel })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    project.log.error('an SMS could not be sent', { provider, reason })
    throw messageErrors.factorSmsFailed(undefined, error)
  }
}

/** Templates of SMS know the code and nothing else: `Your code is {{ .Code }}`. */
function renderSms(template: string, code: string): string {
  return template.replaceAll(/\{\{-?\s*\.Code\s*-?\}\}/g, code)
}

/** The code of `[auth.sms.test_otp]` for the number, null for others. */
function testCodeOf({ config }: AuthContext, phone: string): string | null {
  const codes = config['auth.sms.test_otp']
  return Object.hasOwn(codes, phone) ? (codes[phone] ?? null) : null
}

/** `''` is `sms`. @throws PlatformError 400; WhatsApp only where the provider has it, anything where a hook sends */
export function parseChannel({ config }: AuthContext, text: string): SmsChannel {
  const channel = text === '' ? 'sms' : text
  const provider = smsProviderOf(config)
  const hasWhatsapp = provider === 'twilio' || provider === 'twilio_verify'
  if (channel === 'sms' || (channel === 'whatsapp' && hasWhatsapp)) return channel
  if (findHook(config, 'send_sms') !== null) return 'sms'
  throw messageErrors.channelInvalid()
}

/** @throws PlatformError 429 when the last SMS went out less than `intervalMs` ago */
export function refuseSmsTooSoon(
  { nowMs }: AuthContext,
  sentAt: string | null,
  intervalMs: number,
): void {
  if (sentAt === null) return
  const leftMs = Date.parse(rfc3339(sentAt)) + intervalMs - nowMs
  if (leftMs <= 0) return
  throw withRetryAfter(messageErrors.smsTooSoon({ seconds: Math.floor(leftMs / 1000) }), leftMs)
}
