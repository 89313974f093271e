/** `console.*` of the function as log entries with the id of the request that said it; who says too much is cut short. */
import { requestId } from './requests.ts'
import { report } from './setup.ts'
import type { Level } from './setup.ts'

const levels: readonly Level[] = ['debug', 'info', 'warn', 'error']
const windowMs = 10_000
const perWindow = 1000
const maxLength = 10_000

let windowEnds = 0
let said = 0
let leftOut = 0

export function log(level: Level, text: string): void {
  const now = Date.now()
  if (now > windowEnds) {
    if (leftOut > 0) write('warn', `${leftOut} lines were left out: 1,000 in ten seconds are kept`)
    windowEnds = now + windowMs
    said = leftOut = 0
  }
  if (++said > perWindow) leftOut++
  else write(level, text.length > maxLength ? `${text.slice(0, maxLength)}…` : text)
}

function write(level: Level, text: string): void {
  report({ kind: 'log', level, text: text.replace(/\n$/, ''), request: requestId() })
}

/** Deno's own console, with another place to print to. */
export function replaceConsole(): void {
  const internals = (Deno as unknown as Record<string, unknown>)[Deno.internal] as {
    readonly Console: new (print: (text: string, level: number) => void) => Console
  }
  globalThis.console = new internals.Console((text, level) => log(levels[level] ?? 'info', text))
}
