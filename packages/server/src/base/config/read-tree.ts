/** A tree of raw values (parsed TOML) → values by option key, with everything that is wrong about it. */
import { nearestName } from './nearest-name.ts'
import type { AnyOption, Fields } from './option.ts'
import { isTable } from './option.ts'
import type { ConfigProblem } from './problem.ts'

export interface Findings {
  readonly values: Map<string, unknown>
  readonly problems: ConfigProblem[]
  readonly warnings: ConfigProblem[]
}

type Options = Readonly<Record<string, AnyOption>>

/** Adds what `tree` sets to `findings`. `source` names the file in messages. */
export function readTree(
  tree: unknown,
  options: Options,
  source: string,
  findings: Findings,
): void {
  const known = new Set(Object.keys(options))
  visit(tree, '')

  function visit(value: unknown, path: string): void {
    const option = options[path]
    if (option !== undefined) {
      readOption(option, value, path)
    } else if (path === '' || [...known].some((key) => key.startsWith(`${path}.`))) {
      if (isTable(value)) {
        for (const [name, child] of Object.entries(value))
          visit(child, path === '' ? name : `${path}.${name}`)
      } else {
        findings.problems.push({ source, key: path, message: 'expected a table' })
      }
    } else {
      findings.warnings.push({ source, key: path, message: unknownKey(path, [...known]) })
    }
  }

  function readOption(option: AnyOption, value: unknown, path: string): void {
    if (option.fields !== null && isTable(value)) {
      findings.values.set(path, readTables(option, value, path, source, findings))
      return
    }
    const parsed = parseInto(option, value, path, source, findings)
    if (parsed !== undefined) findings.values.set(path, parsed.value)
  }
}

/** `[auth.external.github] …` → `{ github: { enabled, client_id, … } }`, each with all its fields. */
function readTables(
  option: AnyOption,
  value: Readonly<Record<string, unknown>>,
  path: string,
  source: string,
  findings: Findings,
): unknown {
  const fields = option.fields ?? {}
  const result: Record<string, unknown> = {}
  for (const [name, table] of Object.entries(value)) {
    const key = `${path}.${name}`
    if (option.names !== null && !option.names.includes(name)) {
      findings.warnings.push({ source, key, message: unknownName(name, option.names) })
    } else if (!isTable(table)) {
      findings.problems.push({ source, key, message: 'expected a table' })
    } else {
      result[name] = readFields(fields, table, key, source, findings)
    }
  }
  return result
}

function readFields(
  fields: Fields,
  table: Readonly<Record<string, unknown>>,
  path: string,
  source: string,
  findings: Findings,
): unknown {
  const result: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) result[name] = field.default
  for (const [name, raw] of Object.entries(table)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (field === undefined) {
      const message = unknownName(name, Object.keys(fields))
      findings.warnings.push({ source, key: `${path}.${name}`, message })
      continue
    }
    const parsed = parseInto(field, raw, `${path}.${name}`, source, findings)
    if (parsed !== undefined) result[name] = parsed.value
  }
  return Object.freeze(result)
}

/** The parsed value, or undefined after noting the problem. */
export function parseInto(
  option: AnyOption,
  raw: unknown,
  key: string,
  source: string,
  findings: Findings,
): { readonly value: unknown } | undefined {
  try {
    return { value: option.parse(raw) }
  } catch (error) {
    const shown = option.secret ? '' : `, found ${JSON.stringify(raw)}`
    findings.problems.push({ source, key, message: `${(error as Error).message}${shown}` })
    return undefined
  }
}

function unknownKey(path: string, known: readonly string[]): string {
  return withGuess(nearestName(path, known))
}

function unknownName(name: string, known: readonly string[]): string {
  return withGuess(nearestName(name, known))
}

function withGuess(guess: string | null): string {
  return guess === null ? 'unknown, ignored' : `unknown, ignored (did you mean ${guess}?)`
}
