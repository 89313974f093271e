/** Rules a new password must follow, as `auth.minimum_password_length` and `auth.password_requirements` set them. */
import type { Config } from '#base/config'
import type { Project } from '#base/service'
import { authErrors, WeakPasswordError } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { isLeakedPassword } from './leaked-passwords.ts'

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
export async function findWeakness(
  { config, project }: Pick<AuthContext, 'config' | 'project'>,
  password: string,
): Promise<WeakPasswordError | null> {
  const { messages, reasons } = findBrokenRules(password, config)
  if (await isLeaked(password, config, project)) {
    reasons.push('pwned')
    messages.push('Password is known to be weak and easy to guess, please choose a different one.')
  }
  return reasons.length === 0 ? null : new WeakPasswordError(messages.join(' '), reasons)
}

/** A service that does not answer lets passwords pass, as with GoTrue. */
async function isLeaked(password: string, config: Config, { log }: Project): Promise<boolean> {
  if (!config['basalt.auth.leaked_passwords']) return false
  try {
    return await isLeakedPassword(password, config['basalt.auth.leaked_passwords_url'])
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    log.warn('a password could not be looked up among the leaked ones', { reason })
    return false
  }
}

function findBrokenRules(
  password: string,
  config: Config,
): { readonly messages: string[]; readonly reasons: string[] } {
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
  return { messages, reasons }
}

function containsAny(password: string, alphabet: string): boolean {
  return alphabet.split('').some((character) => password.includes(character))
}

/** @throws WeakPasswordError 422, or PlatformError 400 when it is too long. */
export async function requireStrongPassword(context: AuthContext, password: string): Promise<void> {
  refuseTooLong(password)
  const weakness = await findWeakness(context, password)
  if (weakness !== null) throw weakness
}
