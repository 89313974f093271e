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

/** A guess compares the name with all there are: more than these help nobody. */
const mostGuesses = 20

type Options = Readonly<Record<string, AnyOption>>

/** Adds what `tree` sets to `findings`. `source` names the file in messages. */
export function readTree(
  tree: unknown,
  options: Options,
  source: string,
  findings: Findings,
): void {
  const known = Object.keys(options)
  const tables = new Set(known.flatMap(tablesAbove))
  visit(tree, '')

  function visit(value: unknown, path: string): void {
    const option = Object.hasOwn(options, path) ? options[path] : undefined
    if (option !== undefined) {
      readOption(option, value, path)
    } else if (path === '' || tables.has(path)) {
      if (isTable(value)) {
        for (const [name, child] of Object.entries(value))
          visit(child, path === '' ? name : `${path}.${name}`)
      } else {
        findings.problems.push({ source, key: path, message: 'expected a table' })
      }
    } else {
      findings.warnings.push({ source, key: path, message: unknown(path, known, findings) })
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
  const tables: [name: string, table: unknown][] = []
  for (const [name, table] of Object.entries(value)) {
    const key = `${path}.${name}`
    if (option.names !== null && !option.names.includes(name)) {
      findings.warnings.push({ source, key, message: unknown(name, option.names, findings) })
    } else if (!isTable(table)) {
      findings.problems.push({ source, key, message: 'expected a table' })
    } else {
      tables.push([name, readFields(fields, table, key, source, findings)])
    }
  }
  // also of one called `__proto__`
  return Object.fromEntries(tables)
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
      const message = unknown(name, Object.keys(fields), findings)
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

/** `auth.email.smtp.host` → `auth.email.smtp`, `auth.email`, `auth` */
function tablesAbove(key: string): string[] {
  const names = key.split('.')
  return names.slice(1).map((_, length) => names.slice(0, length + 1).join('.'))
}

function unknown(name: string, known: readonly string[], { warnings }: Findings): string {
  const guess = warnings.length < mostGuesses ? nearestName(name, known) : null
  return guess === null ? 'unknown, ignored' : `unknown, ignored (did you mean ${guess}?)`
}
