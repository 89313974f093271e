/** Errors as people read them: the reason and the remedy, no stack. */

export const exitCodes = {
  ok: 0,
  failure: 1,
  /** Unknown commands and options. */
  usage: 2,
  /** Ended by a second Ctrl-C, or while starting. */
  interrupted: 130,
} as const

/** Errors whose messages are written for this place. */
const worded = new Set([
  'StartError',
  'ConfigError',
  'SqlFileError',
  'SqlTestError',
  'CliError',
  'BackupError',
])

/** An error of this program's own: its message is shown as it is. */
export class CliError extends Error {
  override readonly name = 'CliError'
}

/** One sentence or a few lines; with `debug` the stacks too. */
export function describeError(error: unknown, debug: boolean): string {
  if (!(error instanceof Error)) return String(error)
  if (debug) return stacks(error)
  const advice = (error as { hint?: unknown }).hint
  const hint = typeof advice === 'string' ? `\n${advice}` : ''
  const more =
    worded.has(error.name) || isPlain(error) ? '' : '\nRun with --debug to see where it comes from.'
  return `${error.message}${hint}${more}`
}

/** Database and platform errors say enough by themselves. */
function isPlain(error: Error): boolean {
  return ['ConnectionError', 'DatabaseError', 'PlatformError'].includes(error.name)
}

function stacks(error: Error): string {
  const below = error.cause instanceof Error ? `\ncaused by ${stacks(error.cause)}` : ''
  return `${error.stack ?? error.message}${below}`
}
