/** What a server said when it refused, as an error of this program. */
import { CliError } from './describe-error.ts'

interface Refusal {
  readonly message?: string
  readonly details?: string | null
  readonly hint?: string | null
}

export function refusal(text: string, status: number): CliError {
  let said: Refusal
  try {
    said = JSON.parse(text) as Refusal
  } catch {
    return new CliError(`The server answered with HTTP ${status}.`)
  }
  const { message = `The server answered with HTTP ${status}.`, details, hint } = said
  return new CliError([message, details, hint].filter(Boolean).join('\n'))
}
