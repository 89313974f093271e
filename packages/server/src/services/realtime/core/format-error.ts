/** Bodies of errors: `{ error }` for handshakes and media types, `{ errors }` for what is wrong in a body, `{ message }` else. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { PlatformError } from '#base/kernel'

const plain = new Set(['ApiKeyMissing', 'TokenRefused', 'UnsupportedMediaType'])

export function formatError(error: PlatformError): HttpResponse {
  const { code, status, message } = error
  if (code === 'UnprocessableEntity')
    return jsonResponse(status, { errors: JSON.parse(message) as unknown })
  return jsonResponse(status, plain.has(code) ? { error: message } : { message })
}
