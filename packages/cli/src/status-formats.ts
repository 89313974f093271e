/** URLs and keys of a running project, as a table for people and in four formats for programs. */
import type { RunState, StatusEntry } from '@basalt/server/local'

export type StatusFormat = 'pretty' | 'env' | 'json' | 'toml' | 'yaml'

/** Names → values, sorted by name. `names` renames by path: `api.url` → `NEXT_PUBLIC_URL`. */
export function statusMap(
  entries: readonly StatusEntry[],
  names: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const pairs = entries.map(({ path, name, value }) => [names[path] ?? name, value] as const)
  return Object.fromEntries(pairs.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

export function formatStatus(map: Readonly<Record<string, string>>, format: StatusFormat): string {
  if (format === 'json') return `${JSON.stringify(map, null, 2)}\n`
  const line = {
    env: ([name, value]: [string, string]) => `${name}="${value}"`,
    toml: ([name, value]: [string, string]) => `${name} = ${JSON.stringify(value)}`,
    yaml: ([name, value]: [string, string]) => `${name}: ${JSON.stringify(value)}`,
    pretty: ([name, value]: [string, string]) => `${name}: ${value}`,
  }[format]
  return Object.entries(map)
    .map((entry) => `${line(entry)}\n`)
    .join('')
}

/** The table shown when ready and by `status`. */
export function readyTable(state: RunState): string {
  const rows = state.status.flatMap(({ label, value, shown }) =>
    label === null ? [] : [[label, shown ?? value]],
  )
  rows.splice(1, 0, ['Metrics', `${state.adminUrl}/metrics`])
  const width = Math.max(...rows.map(([label = '']) => label.length))
  const lines = rows.map(([label = '', value = '']) => `  ${label.padStart(width)}  ${value}\n`)
  return `\n${lines.join('')}\n`
}
