/** Every option with its value and where that is from, for a form. */
import { isTable } from './option.ts'
import type { AnyOption, Fields } from './option.ts'
import { isChangeable, overlayConfig } from './overlay-config.ts'
import type { ConfigTree } from './overlay-config.ts'
import { toPrintable } from './print-config.ts'
import { defineConfig } from './define-config.ts'
import { schema, variableName } from './schema.ts'
import type { Config, ConfigKey } from './schema.ts'

export type ConfigSource = 'default' | 'file' | 'environment' | 'flag' | 'run time'

/** Where the values that are no defaults are from. */
export type ConfigSources = ReadonlyMap<string, Exclude<ConfigSource, 'default' | 'run time'>>

export interface OptionView {
  readonly key: string
  readonly section: string
  readonly doc: string
  readonly type: string
  readonly choices: readonly string[] | null
  readonly default: unknown
  readonly value: unknown
  readonly secret: boolean
  readonly changeable: boolean
  readonly source: ConfigSource
  readonly variable: string | null
  readonly locked: boolean
  readonly fields: Readonly<Record<string, { readonly type: string; readonly doc: string }>> | null
}

export type OptionValues =
  | {
      /** In effect. */
      readonly config: Config
      /** What the process began with. */
      readonly base: Config
      readonly sources: ConfigSources
    }
  /** What a project of a fleet sets, over defaults that are the node's. */
  | { readonly tree: ConfigTree }

/** Secrets are masked. */
export function describeOptions(values: OptionValues): readonly OptionView[] {
  const given = 'tree' in values ? overlaid(values.tree) : values
  const [value, initial] = [toPrintable(given.config), toPrintable(defineConfig())]
  return (Object.entries(schema) as [ConfigKey, AnyOption][]).map(([key, option]) => {
    const source = sourceOf(key, given)
    const changeable = isChangeable(key)
    return {
      key,
      section: key.slice(0, Math.max(0, key.lastIndexOf('.'))),
      doc: option.doc,
      type: option.type,
      choices: choicesOf(option),
      default: at(initial, key),
      value: at(value, key),
      secret: option.secret,
      changeable,
      source,
      variable: source === 'environment' ? variableName(key) : null,
      locked: !changeable || source === 'environment' || source === 'flag',
      fields: option.fields === null ? null : fieldsOf(option.fields),
    }
  })
}

interface Given {
  readonly config: Config
  readonly base: Config
  readonly sources: ConfigSources
}

function overlaid(tree: ConfigTree): Given {
  const base = defineConfig()
  return { ...overlayConfig(base, tree, 'configuration', () => true), base, sources: new Map() }
}

function sourceOf(key: ConfigKey, { config, base, sources }: Given): ConfigSource {
  if (JSON.stringify(config[key]) !== JSON.stringify(base[key])) return 'run time'
  return sources.get(key) ?? 'default'
}

/** `"debug" or "info"` → both; null for other types. */
function choicesOf({ type }: AnyOption): readonly string[] | null {
  if (!/^"[^"]*"(?: or "[^"]*")*$/.test(type)) return null
  return [...type.matchAll(/"([^"]*)"/g)].map(([, choice]) => choice ?? '')
}

function fieldsOf(fields: Fields): NonNullable<OptionView['fields']> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, { type, doc }]) => [name, { type, doc }]),
  )
}

function at(tree: Readonly<Record<string, unknown>>, key: string): unknown {
  let node: unknown = tree
  for (const part of key.split('.')) node = isTable(node) ? node[part] : undefined
  return node ?? null
}
