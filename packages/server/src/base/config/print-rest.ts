/** The options of `basalt rest` as PostgREST prints them: `--dump-config` and `--example`. */
import type { RestConfig, RestKey, RestRow } from './rest-options.ts'
import { restOptions } from './rest-options.ts'

const rows = Object.entries(restOptions) as [RestKey, RestRow<unknown>][]

/** `name = value` lines that can be read back, sorted. Secrets are shown unless `masked`. */
export function printRestConfig(config: RestConfig, masked = false): string {
  const lines = rows.map(([key, row]) => {
    const value = config[key]
    if (masked && row.secret && value !== null && value !== '') return `${key} = "********"`
    return `${key} = ${printValue(key === 'admin-server-host' ? (value ?? config['server-host']) : value)}`
  })
  const settings = Object.entries(config['app.settings']).map(
    ([name, value]) => `app.settings.${name} = ${masked ? '"********"' : printValue(value)}`,
  )
  return `${[...lines, ...settings].toSorted().join('\n')}\n`
}

/** Every option with its default, as a file to start from. */
export function exampleRestConfig(): string {
  return rows
    .map(([key, row]) => {
      const unsetMark = row.default === null ? '# ' : ''
      return `## ${row.doc}\n${unsetMark}${key} = ${printValue(row.default)}\n`
    })
    .join('\n')
}

function printValue(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const text = Array.isArray(value) ? value.join(',') : typeof value === 'string' ? value : ''
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('$', '$$$$')}"`
}
