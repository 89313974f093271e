/** Keys of the project's own customers (docs/api-keys.md): how they look, and what the claims made of them say. */
import { createHash } from 'node:crypto'
import type { JsonObject } from '#base/kernel'

export const customerKeyPrefix = 'basalt_ak_'
const form = /^basalt_ak_[A-Za-z0-9_-]{49}$/
const checksumLength = 6

/** Whether a credential is meant to be one. */
export function isCustomerKey(text: string): boolean {
  return text.startsWith(customerKeyPrefix)
}

/** Whether it can be one: its last characters are a digest of the others, so that typing errors cost no question. */
export function isWellFormedKey(text: string): boolean {
  if (!form.test(text)) return false
  const body = text.slice(0, -checksumLength)
  const digest = createHash('sha256').update(body).digest('base64url')
  return digest.startsWith(text.slice(-checksumLength))
}

/** What is stored of a key. */
export function hashCustomerKey(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

/** The caller came with a customer's key. */
export function isOfCustomerKey(claims: JsonObject): boolean {
  return claims['api_key_id'] !== undefined
}

/** The caller came with a customer's key that may not write. */
export function isReadOnlyKey(claims: JsonObject): boolean {
  if (claims['api_key_id'] === undefined) return false
  const permissions = claims['api_key_permissions'] as
    | { readonly write?: unknown }
    | null
    | undefined
  return permissions?.write !== true
}
