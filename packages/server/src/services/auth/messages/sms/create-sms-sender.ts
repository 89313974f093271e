/** SMS through the providers Supabase knows: one form of a request for each (supabase/auth internal/api/sms_provider). */
import type { Config } from '#base/config'
import type { AuthSms, SmsProvider, SmsSender } from '#services/auth/core'
import { callOutside, OutsideError, parseObject } from '#services/auth/outside'
import { readAnswer } from './sms-answer.ts'
import { requestOf, verificationOf } from './sms-request.ts'
import type { SmsRequest } from './sms-request.ts'

/** Where the providers are, without a trailing slash. */
export type SmsUrls = Readonly<Record<SmsProvider, string>>

export const providerUrls: SmsUrls = {
  twilio: 'https://api.twilio.com',
  twilio_verify: 'https://verify.twilio.com',
  messagebird: 'https://rest.messagebird.com',
  textlocal: 'https://api.textlocal.in',
  vonage: 'https://rest.nexmo.com',
}

/** `urls` is for tests. */
export function createSmsSender(urls: SmsUrls = providerUrls): SmsSender {
  const call = async (provider: SmsProvider, { path, authorization, form }: SmsRequest) =>
    callOutside({
      url: urls[provider] + path,
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(authorization === null ? {} : { authorization }),
      },
      body: new URLSearchParams(form).toString(),
      timeoutMs: 7_000,
      maxBytes: 64 * 1024,
    })

  return {
    send: async ({ config }, provider, sms) => {
      const answer = await worded(() => call(provider, requestFor(provider, config, sms)))
      return readAnswer(provider, answer.status, parseObject(answer.text))
    },
    isRight: async ({ config, log }, phone, code) => {
      try {
        const answer = await call('twilio_verify', verificationOf(config, phone, code))
        const { status, valid } = parseObject(answer.text) ?? {}
        return answer.status < 300 && status === 'approved' && valid === true
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        log.error('a code could not be checked', { provider: 'twilio_verify', reason })
        return false
      }
    },
  }
}

function requestFor(provider: SmsProvider, config: Config, sms: AuthSms): SmsRequest {
  if (sms.channel === 'whatsapp' && !provider.startsWith('twilio')) {
    throw new Error(`channel type "whatsapp" is not supported for ${provider}`)
  }
  return requestOf[provider](config, sms)
}

/** The reason reaches clients: no addresses in it. */
async function worded<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof OutsideError)
      throw new Error(`provider ${error.failure}`, { cause: error })
    throw error
  }
}
