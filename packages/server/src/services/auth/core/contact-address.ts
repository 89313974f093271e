/** Email addresses and phone numbers as GoTrue accepts and normalises them. */
import { authErrors } from './errors.ts'

const label = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?'
const emailFormat = new RegExp(`^[a-zA-Z0-9.!#$%&'*+/=?^_\`{|}~-]+@${label}(?:\\.${label})*$`)
const e164 = /^[1-9][0-9]{1,14}$/

/** `parseEmail(' Ann@Example.com ')` → `'ann@example.com'` @throws PlatformError 400 */
export function parseEmail(text: string): string {
  const email = text.trim()
  if (email === '') throw authErrors.invalid({ message: 'An email address is required' })
  if (email.length > 255) throw authErrors.invalid({ message: 'An email address is too long' })
  if (!emailFormat.test(email)) {
    throw authErrors.invalid({ message: 'Unable to validate email address: invalid format' })
  }
  return email.toLowerCase()
}

/** `normalisePhone('+1 555 123')` → `'1555123'` */
export function normalisePhone(text: string): string {
  return text.replace(/^\+/, '').replaceAll(' ', '')
}

/** `parsePhone('+1 555 123')` → `'1555123'` @throws PlatformError 400 */
export function parsePhone(text: string): string {
  const phone = normalisePhone(text)
  if (!e164.test(phone)) {
    throw authErrors.invalid({ message: 'Invalid phone number format (E.164 required)' })
  }
  return phone
}
