/** Secrets that are kept in files: `SUPABASE_AUTH_JWT_SECRET_FILE=/run/secrets/jwt` in place of the value itself. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import type { Variables } from './env-files.ts'
import type { AnyOption } from './option.ts'
import type { ConfigProblem } from './problem.ts'
import { variableName, variablesOf } from './schema.ts'

export const maxSecretBytes = 65_536
const suffix = '_FILE'
/** Mounted for this container alone, which is who the world is there. */
const mounted = '/run/secrets/'

export interface SecretFile {
  readonly value: string
  /** Something to know that does not keep us from using it. */
  readonly warning: string | null
}

/** The text without the line ends behind it. @throws Error in words for people */
export function readSecretFile(path: string): SecretFile {
  // neither waits for somebody to write into a pipe
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const found = fstatSync(file)
    if (!found.isFile()) throw new Error(`${path} is no file`)
    const bytes = Buffer.alloc(maxSecretBytes + 1)
    let length = 0
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      read = readSync(file, bytes, length, bytes.length - length, null)
    if (length > maxSecretBytes) throw new Error(`${path} is larger than ${maxSecretBytes} bytes`)
    const value = decode(bytes.subarray(0, length), path).replace(/[\r\n]+$/, '')
    if (value === '') throw new Error(`${path} is empty`)
    const isOpen = (found.mode & 0o004) !== 0 && !path.startsWith(mounted)
    const warning = isOpen ? `everybody on this machine can read ${path}: chmod o-r` : null
    return { value, warning }
  } finally {
    closeSync(file)
  }
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    if (!text.includes('\0')) return text
  } catch {
    // said below
  }
  throw new Error(`${path} is no text`)
}

/** The variables with those that files stand for: of secret options, and those that `wanted` names. */
export function withSecretFiles(
  variables: Variables,
  options: Readonly<Record<string, AnyOption>>,
  findings: { readonly problems: ConfigProblem[]; readonly warnings: ConfigProblem[] },
): Variables {
  const result: Record<string, string | undefined> = { ...variables }
  for (const [name, path] of Object.entries(variables)) {
    if (!name.endsWith(suffix) || path === undefined || path === '') continue
    const target = name.slice(0, -suffix.length)
    if (!isSecret(target, options)) continue
    const note = (message: string): ConfigProblem => ({ source: 'environment', key: name, message })
    if (variables[target] !== undefined && variables[target] !== '') {
      findings.problems.push(note(`${target} is set too: one of them has to go`))
      continue
    }
    try {
      const { value, warning } = readSecretFile(path)
      result[target] = value
      if (warning !== null) findings.warnings.push(note(warning))
    } catch (error) {
      findings.problems.push(note((error as Error).message))
    }
  }
  return result
}

function isSecret(variable: string, options: Readonly<Record<string, AnyOption>>): boolean {
  return Object.entries(options).some(([key, option]) => {
    if (option.fields === null) return option.secret && variablesOf(key).includes(variable)
    const prefix = `${variableName(key)}_`
    if (!variable.startsWith(prefix)) return false
    return Object.entries(option.fields).some(
      ([field, { secret }]) => secret && variable.endsWith(`_${field.toUpperCase()}`),
    )
  })
}
