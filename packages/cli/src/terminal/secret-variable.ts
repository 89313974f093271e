/** Secrets of the commands themselves: in a variable, or in a file that `<name>_FILE` names. */
import { readFileSync, statSync } from 'node:fs'
import { CliError } from './describe-error.ts'
import type { Terminal } from './terminal.ts'

const maxBytes = 65_536

/** Null when neither is set. @throws CliError for both, and for a file that is none of a secret */
export function secretVariable(
  { readVariable }: Pick<Terminal, 'readVariable'>,
  name: string,
): string | null {
  const [value, file] = [readVariable(name), readVariable(`${name}_FILE`)]
  if (file === null || file === '') return value
  if (value !== null) throw new CliError(`${name} and ${name}_FILE are both set: give one of them.`)
  const text = readText(file, name)
  if (text === '') throw new CliError(`${name}_FILE: ${file} is empty.`)
  return text
}

function readText(file: string, name: string): string {
  try {
    const found = statSync(file)
    if (found.isFile() && found.size <= maxBytes)
      return readFileSync(file, 'utf8').replace(/[\r\n]+$/, '')
  } catch (error) {
    throw new CliError(`${name}_FILE cannot be read: ${(error as Error).message}`)
  }
  throw new CliError(`${name}_FILE: ${file} is no file of at most ${maxBytes} bytes.`)
}
