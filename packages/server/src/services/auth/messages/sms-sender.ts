/** Which provider of SMS a project has, and how long its codes are good for. */
import type { Config } from '#base/config'
import type { SmsProvider } from '#services/auth/core'
import { findHook } from '#services/auth/hooks'

const smsProviders: readonly SmsProvider[] = [
  'twilio',
  'twilio_verify',
  'messagebird',
  'textlocal',
  'vonage',
]

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
