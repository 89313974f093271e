/** What a worker says on stdout: JSON lines of the runtime, or whatever its function wrote there; bounded either way. */
import type { Readable } from 'node:stream'
import type { LogLevel } from '#services/functions/core'

export type WorkerReport =
  | { readonly kind: 'ready' | 'pong' }
  | {
      readonly kind: 'log'
      readonly level: LogLevel
      readonly text: string
      readonly request: string | null
    }
  | {
      readonly kind: 'fault'
      readonly text: string
      readonly where: string | null
      readonly request: string | null
    }
  | { readonly kind: 'pending'; readonly pending: boolean }

const maxLineBytes = 64 * 1024
/** Who writes more in a second waits for the next. */
const bytesPerSecond = 4 * 1024 * 1024
const levels: readonly unknown[] = ['debug', 'info', 'warn', 'error']

/** Calls `tell` for each line until the stream ends. */
export function readReports(stream: Readable, tell: (report: WorkerReport) => void): void {
  let rest = ''
  let taken = 0
  let windowEnds = 0
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = (lines.pop() ?? '').slice(0, maxLineBytes)
    for (const line of lines) if (line !== '') tell(parse(line.slice(0, maxLineBytes)))
    const now = performance.now()
    if (now > windowEnds) {
      windowEnds = now + 1000
      taken = 0
    }
    taken += text.length
    if (taken < bytesPerSecond) return
    stream.pause()
    setTimeout(() => stream.resume(), windowEnds - now).unref()
  })
  stream.on('error', () => {})
}

/** What is no report is something the function wrote. */
function parse(line: string): WorkerReport {
  const plain: WorkerReport = { kind: 'log', level: 'info', text: line, request: null }
  if (!line.startsWith('{"kind":"')) return plain
  try {
    const report = JSON.parse(line) as Record<string, unknown>
    return isReport(report) ? report : plain
  } catch {
    return plain
  }
}

/** The function can write such lines too: they are not believed to be whole. */
function isReport(report: Record<string, unknown>): report is WorkerReport {
  const { kind, text, request, level, where, pending } = report
  if (kind === 'ready' || kind === 'pong') return true
  if (kind === 'pending') return typeof pending === 'boolean'
  if (typeof text !== 'string' || !isTextOrNull(request)) return false
  return kind === 'log' ? levels.includes(level) : kind === 'fault' && isTextOrNull(where)
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string'
}
