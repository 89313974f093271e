/**
 * What the process is told at its start, and what it tells: JSON lines on stdin and stdout. The function's variables come this
 * way too: as variables of the process some would change how it is loaded (LD_PRELOAD), and others could read them there.
 */

export interface Bridge {
  /** Lower-case; an IPv6 address without brackets. */
  readonly host: string
  readonly port: number
  /** The Unix socket that leads there, and the one for HTTP; null where none is spoken. */
  readonly path: string
  readonly httpPath: string | null
}

export interface Setup {
  readonly slug: string
  /** `file:///…/source/`, with the slash. */
  readonly sourceUrl: string
  /** Below it. */
  readonly entrypoint: string
  /** Where to listen. */
  readonly socket: string
  /** `http://127.0.0.1:54321`: what URLs of requests begin with. */
  readonly origin: string
  /** What is reached through a socket, for Deno itself refuses private addresses. */
  readonly bridges: readonly Bridge[]
  /** Stands for all of them in URLs. */
  readonly bridgeName: string
  /** Stands for /tmp. */
  readonly tmp: string
  readonly env: Readonly<Record<string, string>>
}

export type Level = 'debug' | 'info' | 'warn' | 'error'

export type Report =
  | { readonly kind: 'ready' }
  /** It is not stuck. */
  | { readonly kind: 'pong' }
  | {
      readonly kind: 'log'
      readonly level: Level
      readonly text: string
      readonly request: string | null
    }
  /** It ends now, for this reason. */
  | {
      readonly kind: 'fault'
      readonly text: string
      readonly where: string | null
      readonly request: string | null
    }
  /** Whether `waitUntil` has something to wait for. */
  | { readonly kind: 'pending'; readonly pending: boolean }

// kept from what the function may do to these
const { stringify } = JSON
const encoder = new TextEncoder()
const { stdin, stdout } = Deno

export function report(said: Report): void {
  const bytes = encoder.encode(`${stringify(said)}\n`)
  for (let at = 0; at < bytes.length;) at += stdout.writeSync(bytes.subarray(at))
}

/** Nothing comes behind the line before we are ready. */
function readFirstLine(): string {
  const decoder = new TextDecoder()
  const chunk = new Uint8Array(64 * 1024)
  let text = ''
  while (!text.endsWith('\n')) {
    const length = stdin.readSync(chunk)
    if (length === null) break
    text += decoder.decode(chunk.subarray(0, length), { stream: true })
  }
  return text
}

export const setup = JSON.parse(readFirstLine()) as Setup
