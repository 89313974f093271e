/** Options, what is typed for them, and the tree that a change of several makes. */

export interface ConfigOption {
  readonly key: string
  /** Empty for those of no section. */
  readonly section: string
  readonly doc: string
  readonly type: string
  readonly choices: readonly string[] | null
  readonly default: unknown
  readonly value: unknown
  readonly secret: boolean
  readonly changeable: boolean
  readonly source: 'default' | 'file' | 'environment' | 'flag' | 'run time'
  readonly variable: string | null
  readonly locked: boolean
  readonly fields: Readonly<Record<string, { readonly type: string; readonly doc: string }>> | null
}

/** By key, as typed; null: the value is taken away. */
export type Typed = Readonly<Record<string, string | null>>

export const isTable = ({ type }: ConfigOption): boolean =>
  type === 'tables' || type === 'table' || type === 'table of text'

/** As a field has it. */
export function textOf(option: ConfigOption, value: unknown): string {
  if (value === null || value === undefined) return ''
  if (option.type === 'list of text' && Array.isArray(value)) return value.join('\n')
  if (typeof value === 'string') return value
  return JSON.stringify(value, null, 2)
}

/** What is sent. The server says what is wrong with it. @throws what is no JSON */
export function valueOf(option: ConfigOption, text: string | null): unknown {
  if (text === null) return null
  if (isTable(option)) return mergePatch(option.value, JSON.parse(text === '' ? '{}' : text))
  if (option.type === 'list of text')
    return text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
  if (option.type === 'true or false') return text === 'true'
  if (option.type === 'integer' || option.type === 'port')
    return /^-?\d+$/.test(text.trim()) ? Number(text) : text
  return text
}

/** The patch that makes one of the other: what is gone is null. */
function mergePatch(before: unknown, after: unknown): unknown {
  if (!isObject(before) || !isObject(after)) return after
  const gone = Object.keys(before).filter((name) => !(name in after))
  return {
    ...Object.fromEntries(gone.map((name) => [name, null])),
    ...Object.fromEntries(
      Object.entries(after).map(([name, value]) => [name, mergePatch(before[name], value)]),
    ),
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `{ 'auth.site_url': x }` → `{ auth: { site_url: x } }`. */
export function treeOf(values: readonly (readonly [string, unknown])[]): object {
  const tree: Record<string, unknown> = {}
  for (const [key, value] of values) {
    const parts = key.split('.')
    const last = parts.pop() ?? ''
    let node = tree
    for (const part of parts) node = (node[part] ??= {}) as Record<string, unknown>
    node[last] = value
  }
  return tree
}

/** Why it cannot be changed here; null where it can. */
export function lockOf({ locked, source, variable, changeable }: ConfigOption): string | null {
  if (!locked) return null
  if (source === 'environment')
    return `Set by ${variable ?? 'a variable'} in the environment: it wins over what is set here`
  if (source === 'flag') return 'Given on the command line: it wins over what is set here'
  if (!changeable) return 'Read when Basalt starts: set it in supabase/config.toml and start again'
  return 'It cannot be changed here'
}
