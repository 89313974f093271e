/** Environment variables → values by option key: `SUPABASE_<SECTION>_<KEY>` and the few well-known names. */
import type { Variables } from './env-files.ts'
import type { AnyOption, Fields } from './option.ts'
import type { Findings } from './read-tree.ts'
import { parseInto } from './read-tree.ts'
import { variableName, variablesOf } from './schema.ts'

type Options = Readonly<Record<string, AnyOption>>

/** Overrides what `findings` already has. */
export function readEnvironment(variables: Variables, options: Options, findings: Findings): void {
  for (const [key, option] of Object.entries(options)) {
    if (option.fields !== null) {
      readTableVariables(variables, key, option.fields, findings)
      continue
    }
    const name = variablesOf(key).find((candidate) => variables[candidate] !== undefined)
    if (name === undefined) continue
    const parsed = parseInto(option, tableText(option, variables[name]), key, name, findings)
    if (parsed !== undefined) findings.values.set(key, parsed.value)
  }
}

/** Tables have no notation of their own in a variable: JSON. */
function tableText(option: AnyOption, value: string | undefined): unknown {
  if (!option.type.startsWith('table')) return value
  try {
    return JSON.parse(value ?? '')
  } catch {
    return value
  }
}

/** `SUPABASE_AUTH_EXTERNAL_GITHUB_CLIENT_ID` sets `client_id` of `[auth.external.github]`. */
function readTableVariables(
  variables: Variables,
  key: string,
  fields: Fields,
  findings: Findings,
): void {
  const prefix = `${variableName(key)}_`
  for (const [variable, value] of Object.entries(variables)) {
    if (!variable.startsWith(prefix)) continue
    const rest = variable.slice(prefix.length).toLowerCase()
    const field = Object.keys(fields)
      .filter((name) => rest.endsWith(`_${name}`))
      .toSorted((a, b) => b.length - a.length)[0]
    if (field === undefined) continue
    const table = rest.slice(0, -field.length - 1)
    const parsed = parseInto(
      fields[field] as AnyOption,
      value,
      `${key}.${table}.${field}`,
      variable,
      findings,
    )
    if (parsed === undefined) continue
    const tables = (findings.values.get(key) ?? {}) as Record<string, Record<string, unknown>>
    const before = tables[table] ?? defaultsOf(fields)
    findings.values.set(key, {
      ...tables,
      [table]: Object.freeze({ ...before, [field]: parsed.value }),
    })
  }
}

function defaultsOf(fields: Fields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.default]))
}
