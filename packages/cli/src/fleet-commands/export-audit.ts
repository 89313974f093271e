/** `basalt audit export`: who did what, a line an entry as it is read, the newest first. */
import { withControl } from '#control-client'
import type { FleetOptions } from '#control-client'
import { CliError } from '#terminal'
import type { Terminal } from '#terminal'

export interface ExportAuditOptions extends FleetOptions {
  readonly since?: string
  readonly ref?: string
}

interface Entry {
  readonly id: number
  readonly at: string
  readonly actor: string
  readonly address: string | null
  readonly action: string
  readonly ref: string | null
  readonly detail: unknown
}

const columns = ['id', 'at', 'actor', 'address', 'action', 'ref', 'detail'] as const
const pageSize = 1000

export function exportAudit(terminal: Terminal, options: ExportAuditOptions): Promise<void> {
  const since = options.since === undefined ? -Infinity : momentOf(options.since)
  const isCsv = options.output === 'csv'
  const path =
    options.ref === undefined ? '/audit' : `/projects/${encodeURIComponent(options.ref)}/audit`
  return withControl(terminal, options, async (ask) => {
    if (isCsv) terminal.out(`${columns.join(',')}\r\n`)
    for (let before = ''; ;) {
      const page = await ask<readonly Entry[]>('GET', `${path}?limit=${pageSize}${before}`)
      for (const entry of page) {
        if (Date.parse(entry.at) < since) return
        terminal.out(isCsv ? csvLine(entry) : `${JSON.stringify(entry)}\n`)
      }
      const last = page.at(-1)
      if (page.length < pageSize || last === undefined) return
      before = `&before=${last.id}`
    }
  })
}

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `2026-11-01`, `2026-11-01T08:00:00Z`, or so long ago: `90m`, `24h`, `7d`. */
function momentOf(text: string): number {
  const [, count, unit = ''] = /^(\d+)([mhd])$/.exec(text) ?? []
  if (count !== undefined) return Date.now() - Number(count) * (units[unit] ?? 0)
  const moment = Date.parse(text)
  if (Number.isNaN(moment))
    throw new CliError(`--since ${text}: expected a time like 2026-11-01T08:00:00Z, or 24h, 7d.`)
  return moment
}

function csvLine(entry: Entry): string {
  return `${columns.map((name) => cell(entry[name])).join(',')}\r\n`
}

/** RFC 4180; what a spreadsheet would take for a formula is none. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
