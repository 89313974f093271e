/** Lines of the log: JSON, one a line. */

export type LogLevel = 'info' | 'warn' | 'error'
export type Log = (level: LogLevel, message: string, fields?: Record<string, unknown>) => void

/** Writes `{"timestamp": …, "level": …, "message": …}`. */
export function createLog(write: (line: string) => void): Log {
  return (level, message, fields = {}) =>
    write(`${JSON.stringify({ timestamp: new Date().toISOString(), level, message, ...fields })}\n`)
}

export const silent: Log = () => {}
