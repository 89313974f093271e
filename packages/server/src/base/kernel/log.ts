/** What the platform needs of a logger; `node/` supplies one that writes JSON lines. */

export type LogFields = Readonly<Record<string, unknown>>

export interface Log {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

const ignore = (): void => {}

/** Swallows everything; the default of an embedded platform. */
export const silentLog: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore }
