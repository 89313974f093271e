/** The effective configuration for people to read, secrets masked. */
import { stringify } from 'smol-toml'
import type { AnyOption } from './option.ts'
import { isTable } from './option.ts'
import type { Config } from './schema.ts'
import { schema } from './schema.ts'

/** Stands for a secret that is set. */
export const mask = '********'

/** A tree as config.toml has it; unset options are left out, secrets that are set appear as `********`. */
export function toPrintable(config: Config): Record<string, unknown> {
  const tree: Record<string, unknown> = {}
  for (const [key, option] of Object.entries(schema) as [keyof Config, AnyOption][]) {
    const shown = show(option, config[key])
    if (shown === undefined) continue
    const path = key.split('.')
    const name = path.pop() ?? key
    const parent = path.reduce<Record<string, unknown>>(
      (node, part) => (node[part] ??= {}) as Record<string, unknown>,
      tree,
    )
    parent[name] = isTable(shown) ? { ...(parent[name] as object), ...shown } : shown
  }
  return tree
}

/** `toPrintable` as text. */
export function printConfig(config: Config, format: 'toml' | 'json'): string {
  const tree = toPrintable(config)
  return format === 'json' ? `${JSON.stringify(tree, null, 2)}\n` : `${stringify(tree).trim()}\n`
}

function show(option: AnyOption, value: unknown): unknown {
  if (value === null || value === undefined) return undefined
  if (option.fields !== null) {
    const tables = Object.entries(value as Record<string, Record<string, unknown>>)
    if (tables.length === 0) return undefined
    return Object.fromEntries(tables.map(([name, table]) => [name, showFields(option, table)]))
  }
  if (isTable(value)) {
    const names = Object.keys(value)
    if (names.length === 0) return undefined
    return option.secret ? Object.fromEntries(names.map((name) => [name, mask])) : value
  }
  if (option.secret) return value === '' ? '' : mask
  return option.print(value)
}

function showFields(option: AnyOption, table: Record<string, unknown>): Record<string, unknown> {
  const shown = Object.entries(table).map(([name, value]) => {
    const field = option.fields?.[name]
    return [name, field === undefined ? undefined : show(field, value)] as const
  })
  return Object.fromEntries(shown.filter(([, value]) => value !== undefined))
}
