/** The port through which auth sends SMS. */
import type { Config } from '#base/config'
import type { Project } from '#base/service'
import { findHook } from './hook-target.ts'

const smsProviders = ['twilio', 'twilio_verify', 'messagebird', 'textlocal', 'vonage'] as const
export type SmsProvider = (typeof smsProviders)[number]

export type SmsChannel = 'sms' | 'whatsapp'

export interface AuthSms {
  /** E.164 without its plus sign. */
  readonly phone: string
  /** The text, the code in it. */
  readonly message: string
  readonly code: string
  readonly channel: SmsChannel
}

export interface SmsSender {
  /** The provider's id of the message, '' where it has none. @throws Error with the provider's own words */
  send(project: Project, provider: SmsProvider, sms: AuthSms): Promise<string>
  /** For Twilio Verify, which makes up the codes itself. */
  isRight(project: Project, phone: string, code: string): Promise<boolean>
}

/** The first of `[auth.sms.<provider>]` that is on. */
export function smsProviderOf(config: Config): SmsProvider | null {
  return smsProviders.find((name) => config[`auth.sms.${name}.enabled`]) ?? null
}

/** Seconds a code sent by SMS can be used; the Supabase CLI's value. */
export const smsCodeSeconds = 6000

/** Whether codes are the provider's, and only it can tell which are right. */
export function asksProvider(config: Config): boolean {
  return smsProviderOf(config) === 'twilio_verify' && findHook(config, 'send_sms') === null
}
