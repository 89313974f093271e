/** Results: JSON for scripts, columns for people. */
import type { Terminal } from '#terminal'
import { CliError } from '#terminal'
import type { FleetOptions } from '#control-client'

/** `show` prints it for people. */
export function print<T>(
  terminal: Terminal,
  options: FleetOptions,
  value: T,
  show: (value: T) => void,
): void {
  if (options.output === 'json') terminal.out(`${JSON.stringify(value, null, 2)}\n`)
  else show(value)
}

/** `ref   shop` */
export function printFields(terminal: Terminal, fields: Readonly<Record<string, unknown>>): void {
  const width = Math.max(...Object.keys(fields).map((name) => name.length))
  for (const [name, value] of Object.entries(fields)) {
    const shown = typeof value === 'string' ? value : value === null ? '-' : JSON.stringify(value)
    terminal.out(`${name.padEnd(width)}  ${shown}\n`)
  }
}

/** A secret for which there is a way past the list of processes: piped in, or asked for. Null: it was not given. */
export async function readSecret(
  terminal: Terminal,
  { isPiped, question }: { readonly isPiped: boolean; readonly question: string },
): Promise<string | null> {
  if (!isPiped) return terminal.ask(question, true)
  const text = terminal.readInput()?.replace(/\r?\n$/, '')
  if (text === undefined || text === '') throw new CliError('Nothing was piped in.')
  return text
}
