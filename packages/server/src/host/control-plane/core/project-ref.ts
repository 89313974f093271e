/** Refs: a project's name in URLs and host names. */
import { controlErrors } from './errors.ts'

const pattern = /^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$/

/** Host names below a base domain that mean something else, or that a person would take for the host's own. */
const reserved: ReadonlySet<string> = new Set(
  [
    'www api app admin studio dashboard console control auth login account accounts operator operators projects',
    'basalt supabase root mail smtp imap pop mx ftp ns ns1 ns2 dns webmail status health metrics docs help support',
    'security abuse billing cdn static assets storage realtime functions rest graphql db autoconfig autodiscover',
    'wpad isatap localhost local internal default',
  ].flatMap((names) => names.split(' ')),
)

/** @throws control_ref_invalid, control_ref_reserved */
export function requireRef(ref: string): void {
  // `xn--` and its like are names in another script
  if (!pattern.test(ref) || ref.startsWith('xn-') || ref.slice(2, 4) === '--')
    throw controlErrors.control_ref_invalid({ ref })
  if (reserved.has(ref)) throw controlErrors.control_ref_reserved({ ref })
}
