/** Requests whose answers are kept as the bytes that came: fetch decodes them. */
import { request } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'

export interface BytesAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export function ask(
  url: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: string,
): Promise<BytesAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}${path}`, { method, headers }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode = 0, headers: given } = response
        resolve({ status: statusCode, headers: given, body: Buffer.concat(parts) })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** Goes away with the first bytes of the answer's body. */
export function readTo(
  url: string,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}${path}`, { headers }, (response) => {
      response.once('data', () => {
        resolve(response.statusCode ?? 0)
        sent.destroy()
      })
      response.on('error', () => {})
    })
    sent.on('error', reject)
    sent.end()
  })
}
