/** Rules a new password must follow, as `auth.minimum_password_length` and `auth.password_requirements` set them. */
import type { Config } from '#config'
import { WeakPasswordError, authErrors } from './errors.ts'

/** bcrypt reads no more; kept for Argon2id so that accounts can be moved to Supabase. */
const maxPasswordBytes = 72

const lower = 'abcdefghijklmnopqrstuvwxyz'
const upper = lower.toUpperCase()
const digits = '0123456789'
const symbols = '!@#$%^&*()_+-=[]{};\'\\:"|<>?,./`~'

/** Alphabets of which each must supply a character (the Supabase CLI's translation). */
const alphabets: Readonly<Record<string, readonly string[]>> = {
  letters_digits: [lower + upper, digits],
  lower_upper_letters_digits: [lower, upper, digits],
  lower_upper_letters_digits_symbols: [lower, upper, digits, symbols],
}

/** @throws PlatformError 400 for one too long to be hashed. */
export function refuseTooLong(password: string): void {
  if (Buffer.byteLength(password) <= maxPasswordBytes) return
  const message = `Password cannot be longer than ${maxPasswordBytes} characters`
  throw authErrors.invalid({ message })
}

/** What is weak about a password, or null. */
export function findWeakness(password: string, config: Config): WeakPasswordError | null {
  const messages: string[] = []
  const reasons: string[] = []
  const minLength = config['auth.minimum_password_length']
  if (Buffer.byteLength(password) < minLength) {
    reasons.push('length')
    messages.push(`Password should be at least ${minLength} characters.`)
  }
  const required = alphabets[config['auth.password_requirements']] ?? []
  if (!required.every((alphabet) => containsAny(password, alphabet))) {
    reasons.push('characters')
    messages.push(`Password should contain at least one character of each: ${required.join(', ')}.`)
  }
  return reasons.length === 0 ? null : new WeakPasswordError(messages.join(' '), reasons)
}

function containsAny(password: string, alphabet: string): boolean {
  return alphabet.split('').some((character) => password.includes(character))
}

/** @throws WeakPasswordError 422, or PlatformError 400 when it is too long. */
export function requireStrongPassword(password: string, config: Config): void {
  refuseTooLong(password)
  const weakness = findWeakness(password, config)
  if (weakness !== null) throw weakness
}
