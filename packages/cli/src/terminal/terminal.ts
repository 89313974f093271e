/** Where the commands write to and what they learn from the surroundings; a value, so that tests can look on. */
import { fstatSync, readFileSync } from 'node:fs'

export interface Terminal {
  /** Results: what a script reads. */
  out(text: string): void
  /** Progress, warnings, errors: what a person reads. */
  err(text: string): void
  readonly cwd: string
  /** A variable of the environment; null when it is not set. */
  readVariable(name: string): string | null
  /** The text that was piped in, or null when there is none. */
  readInput(): string | null
  /** Calls `listener` for each Ctrl-C or request to end; returns the way to stop listening. */
  onInterrupt(listener: () => void): () => void
  /** Calls `listener` for each request to read the schema (SIGUSR1) or the configuration (SIGUSR2) again; as `onInterrupt`. */
  onReload(what: 'schema' | 'config', listener: () => void): () => void
  /** Ends the process at once. */
  exit(code: number): void
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export const processTerminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  cwd: process.cwd(),
  readVariable: (name) => process.env[name] ?? null,
  readInput: () => {
    const input = fstatSync(0)
    const isPiped = input.isFIFO() || input.isFile() || input.isSocket()
    return isPiped ? readFileSync(0, 'utf8') : null
  },
  onInterrupt: (listener) => {
    for (const signal of signals) process.on(signal, listener)
    return () => {
      for (const signal of signals) process.off(signal, listener)
    }
  },
  onReload: (what, listener) => {
    const signal = what === 'schema' ? 'SIGUSR1' : 'SIGUSR2'
    process.on(signal, listener)
    return () => process.off(signal, listener)
  },
  exit: (code) => process.exit(code),
}
