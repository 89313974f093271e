/** What each provider answers: the message's id, or why it was not sent. */
import type { SmsProvider } from '#services/auth/core'

type Body = Readonly<Record<string, unknown>>

/** @throws Error with the provider's words */
export function readAnswer(provider: SmsProvider, status: number, body: Body | null): string {
  if (body === null) throw new Error(`${provider} answered ${status} without JSON`)
  return readers[provider](status, body)
}

const readers: Readonly<Record<SmsProvider, (status: number, body: Body) => string>> = {
  twilio: (status, body) => {
    refuseTwilio(status, body)
    if (body['status'] === 'failed' || body['status'] === 'undelivered') {
      const { error_message: message, error_code: code, sid } = body
      throw new Error(`twilio error: ${text(message)} ${text(code)} for message ${text(sid)}`)
    }
    return text(body['sid'])
  },
  twilio_verify: (status, body) => {
    refuseTwilio(status, body)
    return text(body['sid'])
  },
  messagebird: (status, body) => {
    if (status >= 400) {
      throw new Error(text(first(body['errors'])['description']) || `messagebird error: ${status}`)
    }
    const recipients = (body['recipients'] ?? {}) as Body
    if (!(Number(recipients['totalSentCount']) > 0)) {
      throw new Error('messagebird error: total sent count is 0')
    }
    return text(body['id'])
  },
  textlocal: (_, body) => {
    const id = text(first(body['messages'])['id'])
    if (body['status'] === 'success') return id
    const { code, message: said } = first(body['errors'])
    const words = `textlocal error: ${text(said)} (code: ${text(code)})`
    // not the text, as GoTrue has it for code 80: it holds the code
    throw new Error(`${words} message ${id}`)
  },
  vonage: (_, body) => {
    const sent = first(body['messages'])
    if (Object.keys(sent).length === 0) throw new Error('vonage error: Internal Error')
    const { status, 'message-id': id, 'error-text': said } = sent
    if (text(status) !== '0') {
      throw new Error(
        `vonage error: ${text(said)} (status: ${text(status)}) for message ${text(id)}`,
      )
    }
    return text(id)
  },
}

function refuseTwilio(status: number, body: Body): void {
  if (status === 200 || status === 201) return
  throw new Error(`${text(body['message'])} More information: ${text(body['more_info'])}`)
}

function first(list: unknown): Body {
  const item: unknown = Array.isArray(list) ? list[0] : undefined
  return typeof item === 'object' && item !== null ? (item as Body) : {}
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
