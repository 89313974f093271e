/** Where the commands write to and what they learn from the surroundings; a value, so that tests can look on. */
import { fstatSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'

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
  /** Asks a person, who may be typing a secret; null when there is none. */
  ask(question: string, isSecret: boolean): Promise<string | null>
  /** Calls `listener` for each Ctrl-C or request to end; returns the way to stop listening. */
  onInterrupt(listener: () => void): () => void
  /** Calls `listener` for each request to read the schema (SIGUSR1) or the configuration (SIGUSR2) again; as `onInterrupt`. */
  onReload(what: 'schema' | 'config', listener: () => void): () => void
  /** Ends the process at once. */
  exit(code: number): void
}

async function ask(question: string, isSecret: boolean): Promise<string | null> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return null
  if (isSecret) process.stderr.write(question)
  // what is typed is shown by readline, not by the terminal
  const shown = new Writable({
    write: (chunk, _encoding, done) => {
      if (!isSecret) process.stderr.write(chunk as Buffer)
      done()
    },
  })
  const lines = createInterface({ input: process.stdin, output: shown, terminal: true })
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('SIGINT', () => reject(new Error('Interrupted.')))
      lines.once('close', () => resolve(''))
      lines.question(isSecret ? '' : question, resolve)
    })
  } finally {
    lines.close()
    if (isSecret) process.stderr.write('\n')
  }
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
  ask,
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
