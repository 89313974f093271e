/** `basalt functions logs` */
import { CliError } from '#terminal'
import type { Terminal } from '#terminal'
import { checkName, openApi } from '#project-api'
import type { RemoteOptions } from '#project-api'
import { jsonLinesOf } from './json-lines.ts'

export interface LogsOptions extends RemoteOptions {
  readonly follow?: boolean
  readonly limit: string
}

export interface LogLine {
  readonly time: string
  readonly level: string
  readonly request_id: string | null
  readonly message: string
  readonly duration_ms?: number
  /** In place of all others: so many were not sent, for we were too slow. */
  readonly lost?: number
}

export async function showLogs(
  terminal: Terminal,
  name: string,
  options: LogsOptions,
): Promise<void> {
  const { limit, follow = false } = options
  if (!/^\d{1,5}$/.test(limit)) throw new CliError(`--limit ${limit}: expected a number.`)
  const print = (line: LogLine): void =>
    terminal.out(`${options.json === true ? JSON.stringify(line) : textOf(line)}\n`)
  const api = openApi(terminal, options)
  const path = `/functions/${checkName(name)}/logs?limit=${limit}`
  if (!follow) {
    for (const line of await api.json<readonly LogLine[]>('GET', path)) print(line)
    return
  }
  const controller = new AbortController()
  const stop = terminal.onInterrupt(() => controller.abort())
  try {
    const response = await api.send('GET', `${path}&follow=true`, { signal: controller.signal })
    for await (const line of jsonLinesOf(response)) print(line as LogLine)
  } catch (error) {
    if (!controller.signal.aborted)
      throw error instanceof CliError ? error : new CliError('The connection broke off.')
  } finally {
    stop()
  }
}

/** Control characters of what a function wrote would be taken by the terminal. */
// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g

export function textOf({ time, level, request_id, message, duration_ms, lost }: LogLine): string {
  if (lost !== undefined) return `… ${lost} lines are missing: they came too fast`
  const duration = duration_ms === undefined ? '' : ` in ${Math.round(duration_ms)} ms`
  const request = request_id === null ? '' : ` (${request_id})`
  return `${time} ${level.padEnd(5)} ${message.replaceAll(control, '\ufffd')}${duration}${request}`
}
