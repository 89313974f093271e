/** The log of the process: JSON lines written by pino, with the field names of architecture section 7. */
import { pino } from 'pino'
import type { DestinationStream } from 'pino'
import type { Log } from '#kernel'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/**
 * Lines are gathered and written every 200 ms or 8 kB: a write a request costs more than its query.
 * pino writes what is left when the process exits.
 * `{"timestamp":"2026-11-20T15:00:00.000Z","level":"info","message":"request","status":200}`
 */
export function createLogger(level: LogLevel, destination?: DestinationStream): Log {
  const options = {
    level,
    base: null,
    messageKey: 'message',
    timestamp: () => `,"timestamp":"${new Date(Date.now()).toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  const gathered = { dest: 1, sync: false, minLength: 8192, periodicFlush: 200 }
  const logger = pino(options, destination ?? pino.destination(gathered))
  const write = (name: LogLevel): Log['info'] => {
    const log = logger[name].bind(logger)
    return (message, fields) => (fields === undefined ? log(message) : log(fields, message))
  }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}
