/** The values of a configuration that are secrets, and nothing else of it, replaced. */
import { isTable } from './option.ts'
import type { AnyOption } from './option.ts'
import type { Config } from './schema.ts'
import { schema } from './schema.ts'

type Replace = (secret: string) => Promise<string>

/** Rejects with what `replace` rejects with. */
export async function mapSecrets(config: Config, replace: Replace): Promise<Config> {
  const entries = Object.entries(schema).map(
    async ([key, option]) =>
      [key, await mapped(option as AnyOption, config[key as keyof Config], replace)] as const,
  )
  return Object.freeze(Object.fromEntries(await Promise.all(entries))) as unknown as Config
}

async function mapped(option: AnyOption, value: unknown, replace: Replace): Promise<unknown> {
  if (option.secret && typeof value === 'string') return replace(value)
  if (!isTable(value)) return value
  const { fields } = option
  if (fields !== null) return mapTable(value, (table) => mapFields(fields, table, replace))
  if (!option.secret) return value
  return mapTable(value, async (member) => (typeof member === 'string' ? replace(member) : member))
}

async function mapFields(
  fields: Readonly<Record<string, AnyOption>>,
  table: unknown,
  replace: Replace,
): Promise<unknown> {
  if (!isTable(table)) return table
  const entries = Object.entries(table).map(async ([name, value]) => {
    const field = fields[name]
    return [name, field === undefined ? value : await mapped(field, value, replace)] as const
  })
  return Object.freeze(Object.fromEntries(await Promise.all(entries)))
}

async function mapTable(
  table: Readonly<Record<string, unknown>>,
  map: (value: unknown) => Promise<unknown>,
): Promise<unknown> {
  const entries = Object.entries(table).map(
    async ([name, value]) => [name, await map(value)] as const,
  )
  return Object.freeze(Object.fromEntries(await Promise.all(entries)))
}
