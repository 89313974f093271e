/** What each provider wants to be asked: path, authorization, form. */
import type { Config } from '#base/config'
import type { AuthSms, SmsProvider } from '#services/auth/core'

export interface SmsRequest {
  readonly path: string
  readonly authorization: string | null
  readonly form: Record<string, string>
}

export const requestOf: Readonly<
  Record<SmsProvider, (config: Config, sms: AuthSms) => SmsRequest>
> = {
  twilio: (config, { phone, message, channel }) => {
    const account = config['auth.sms.twilio.account_sid']
    const sender = config['auth.sms.twilio.message_service_sid']
    const isNumber = /^\+?[1-9][0-9 ]{1,14}$/.test(sender)
    const isWhatsapp = channel === 'whatsapp'
    return {
      path: `/2010-04-01/Accounts/${encodeURIComponent(account)}/Messages.json`,
      authorization: basic(account, config['auth.sms.twilio.auth_token']),
      form: {
        To: isWhatsapp ? `whatsapp:+${phone}` : `+${phone}`,
        Channel: channel,
        From: isWhatsapp && isNumber ? `whatsapp:${sender}` : sender,
        Body: message,
      },
    }
  },
  twilio_verify: (config, { phone, channel }) => ({
    path: `${serviceOf(config)}/Verifications`,
    authorization: verifyAuthorization(config),
    form: { To: `+${phone}`, Channel: channel },
  }),
  messagebird: (config, { phone, message }) => ({
    path: '/messages',
    authorization: `AccessKey ${config['auth.sms.messagebird.access_key']}`,
    form: {
      originator: config['auth.sms.messagebird.originator'],
      body: message,
      recipients: phone,
      type: 'sms',
      datacoding: 'unicode',
    },
  }),
  textlocal: (config, { phone, message }) => ({
    path: '/send',
    authorization: null,
    form: {
      sender: config['auth.sms.textlocal.sender'],
      apikey: config['auth.sms.textlocal.api_key'],
      message,
      numbers: phone,
    },
  }),
  vonage: (config, { phone, message }) => ({
    path: '/sms/json',
    authorization: null,
    form: {
      from: config['auth.sms.vonage.from'],
      to: phone,
      text: message,
      api_key: config['auth.sms.vonage.api_key'],
      api_secret: config['auth.sms.vonage.api_secret'],
      // oxlint-disable-next-line no-control-regex
      ...(/^[\u0000-\u007f]*$/.test(message) ? {} : { type: 'unicode' }),
    },
  }),
}

/** Asks Twilio Verify whether `code` is the one it sent. */
export function verificationOf(config: Config, phone: string, code: string): SmsRequest {
  return {
    path: `${serviceOf(config)}/VerificationCheck`,
    authorization: verifyAuthorization(config),
    form: { To: `+${phone}`, Code: code },
  }
}

function serviceOf(config: Config): string {
  const service = config['auth.sms.twilio_verify.message_service_sid']
  return `/v2/Services/${encodeURIComponent(service)}`
}

function verifyAuthorization(config: Config): string {
  return basic(
    config['auth.sms.twilio_verify.account_sid'],
    config['auth.sms.twilio_verify.auth_token'],
  )
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}
