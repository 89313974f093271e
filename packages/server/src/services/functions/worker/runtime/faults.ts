/** Errors of the function's code, as text without our paths, and where they happened. */
import { setup } from './setup.ts'

export interface Fault {
  readonly text: string
  /** `hello/index.ts:3:9` */
  readonly where: string | null
}

export function describe(error: unknown): Fault {
  const stack = error instanceof Error ? stackOf(error) : `Uncaught ${inspect(error)}`
  const own = ownLines(stack)
  const cause = error instanceof Error && error.cause !== undefined ? describe(error.cause) : null
  const text = cause === null ? own : `${own}\nCaused by: ${cause.text}`
  return { text: text.slice(0, 10_000), where: placeIn(stack) ?? cause?.where ?? null }
}

function stackOf(error: Error): string {
  const { stack } = error
  return typeof stack === 'string' && stack !== '' ? stack : `${error.name}: ${error.message}`
}

function inspect(value: unknown): string {
  try {
    return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
  } catch {
    return 'a value that cannot be shown'
  }
}

/** Without the lines of this runtime and of Deno's own code. */
function ownLines(stack: string): string {
  const lines = stack
    .split('\n')
    .filter((line) => !/^\s+at .*(\/runtime-[0-9a-f]+\/|\(?ext:)/.test(line))
  return lines.join('\n').replaceAll(setup.sourceUrl, '')
}

function placeIn(stack: string): string | null {
  const at = stack.indexOf(setup.sourceUrl)
  if (at === -1) return null
  return /^[^\s)]+?:\d+:\d+/.exec(stack.slice(at + setup.sourceUrl.length))?.[0] ?? null
}
