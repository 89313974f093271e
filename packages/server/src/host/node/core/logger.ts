/** The log of the process: JSON lines with the field names of architecture section 7. */
import sonic from 'sonic-boom'
import { masked, maskText } from '#base/kernel'
import type { Log, LogFields } from '#base/kernel'
import { openLogFile } from './log-file.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export interface LogDestination {
  write(line: string): void
}

const ranks: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 }
const ignore = (): void => {}

/**
 * `{"timestamp":"2026-11-20T15:00:00.000Z","level":"info","message":"request","status":200}`
 * Made here and not by pino: docs/decisions/0006.
 */
export function createLogger(
  level: LogLevel,
  destination: LogDestination = gatherLines(),
  redact: readonly string[] = [],
): Log {
  const hidden = new Set(redact.map((name) => name.toLowerCase()))
  const hide = hidden.size === 0 ? null : maskFields(hidden)
  const write = (name: LogLevel): Log['info'] =>
    ranks[name] < ranks[level]
      ? ignore
      : (message, fields) => destination.write(formatLine(name, message, fields, hide))
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

type Replacer = (key: string, value: unknown) => unknown

/** Fields of any depth; what an operator greps for stays. */
function maskFields(hidden: ReadonlySet<string>): Replacer {
  return (key, value) =>
    value !== null && key !== '' && hidden.has(key.toLowerCase()) ? masked : value
}

function formatLine(
  level: LogLevel,
  message: string,
  fields: LogFields | undefined,
  hide: Replacer | null,
): string {
  const head = `{"timestamp":"${timestamp()}","level":"${level}","message":${JSON.stringify(message)}`
  const rest = fields === undefined ? '{}' : toJson(fields, hide)
  const line = rest === '{}' ? `${head}}\n` : `${head},${rest.slice(1)}\n`
  // the gateway masks what it says of requests, which are most lines
  return message === 'request' ? line : maskText(line)
}

/** A line must not fail for what is to be logged. */
function toJson(fields: LogFields, hide: Replacer | null): string {
  try {
    return hide === null ? JSON.stringify(fields) : JSON.stringify(fields, hide)
  } catch (error) {
    return JSON.stringify({ unreadable_fields: String(error) })
  }
}

let latestMs = 0
let latestText = ''

/** Several requests a millisecond share its text. */
function timestamp(): string {
  const nowMs = Date.now()
  if (nowMs !== latestMs) {
    latestMs = nowMs
    latestText = new Date(nowMs).toISOString()
  }
  return latestText
}

const gatheredChars = 65_536
const gatheredMs = 200
/** While nothing is taken; what comes then is lost. */
const maxWaitingChars = 16 * 1024 * 1024

/** Standard output, and `file` where there is one, written every 200 ms or 64 kB: a write a request costs more than its query, one every 8 kB 5 % of it. What is left goes out at the exit. */
export function gatherLines(file: string | null = null): LogDestination {
  const output = new sonic.SonicBoom({ fd: 1, sync: false, maxLength: maxWaitingChars })
  const beside = file === null ? null : openLogFile(file)
  let lines = ''
  let timer: NodeJS.Timeout | null = null
  let isBroken = false
  // whoever read it is gone (EPIPE): no reason to stop serving; a disk that is full will have room again
  output.on('error', ({ code }: NodeJS.ErrnoException) => (isBroken ||= code !== 'ENOSPC'))
  const flush = (): void => {
    if (timer !== null) clearTimeout(timer)
    timer = null
    if (lines !== '' && !isBroken) output.write(lines)
    if (lines !== '') beside?.write(lines)
    lines = ''
  }
  process.once('exit', () => {
    flush()
    try {
      if (!isBroken) output.flushSync()
    } catch {
      // nowhere to say it
    }
    beside?.flushSync()
  })
  return {
    write: (line) => {
      lines += line
      if (lines.length >= gatheredChars) flush()
      else timer ??= setTimeout(flush, gatheredMs).unref()
    },
  }
}
