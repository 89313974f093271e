/** Progress of start-up as lines on stderr: what begins, and how long it took. */
import type { OnProgress } from '@basalt/server/local'
import type { Terminal } from './terminal.ts'

/** `Initialising Postgres 18.4...` and, once it is done, `  done in 0.62 s`. */
export function showProgress(terminal: Terminal): OnProgress {
  return ({ message, elapsedMs }) => {
    if (elapsedMs === null) {
      const dots = message.endsWith('...') ? '' : '...'
      terminal.err(`${message.charAt(0).toUpperCase()}${message.slice(1)}${dots}\n`)
    } else if (elapsedMs >= 10) {
      terminal.err(`  done in ${(elapsedMs / 1000).toFixed(2)} s\n`)
    }
  }
}
