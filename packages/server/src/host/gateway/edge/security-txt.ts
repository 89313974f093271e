/** `/.well-known/security.txt` (RFC 9116): whom to tell of a weakness. */
import type { Config } from '#base/config'
import type { Clock } from '#base/kernel'

export const securityTxtPath = '/.well-known/security.txt'
const dayMs = 86_400_000
/** Who reads it later asks again. */
const goodForDays = 30

/** Null where nobody is named. */
export function securityTxt(config: Config, clock: Clock): (() => string) | null {
  const fields = (name: string, values: readonly string[]): string[] =>
    values.map((value) => `${name}: ${value}`)
  const contacts = config['basalt.security_txt.contact']
  if (contacts.length === 0) return null
  const languages = config['basalt.security_txt.preferred_languages']
  const told = [
    ...fields('Contact', contacts),
    ...fields('Encryption', config['basalt.security_txt.encryption']),
    ...fields('Acknowledgments', config['basalt.security_txt.acknowledgments']),
    ...fields('Policy', config['basalt.security_txt.policy']),
    ...fields('Canonical', config['basalt.security_txt.canonical']),
    ...(languages.length === 0 ? [] : [`Preferred-Languages: ${languages.join(', ')}`]),
  ]
  const given = config['basalt.security_txt.expires']
  return () => {
    const day = Math.floor(clock.now() / dayMs) + goodForDays
    const expires = given ?? new Date(day * dayMs).toISOString()
    return `${[...told, `Expires: ${expires}`].join('\r\n')}\r\n`
  }
}
