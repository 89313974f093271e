/** A user's access token for wire tests, without a sign-up. */
import { createHmac } from 'node:crypto'

/** `signToken(secret, { sub: '…' })`: role authenticated and an hour's life unless the claims say otherwise. */
export function signToken(secret: string, claims: Readonly<Record<string, unknown>>): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(Date.now() / 1000) + 3600
  const head = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ role: 'authenticated', exp, ...claims })}`
  return `${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`
}
