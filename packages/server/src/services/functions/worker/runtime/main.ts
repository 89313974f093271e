/**
 * Runs inside Deno: loads one function and answers its calls on a Unix socket. The function's module is imported by a
 * computed name, so that Deno checks every file it imports against the permissions (the graph of the main module is not).
 */
import { bridgeFetch, bridgeSockets } from './bridges.ts'
import { confine } from './confine.ts'
import { log, replaceConsole } from './console.ts'
import { captureServe, findHandler } from './contract.ts'
import type { Handler } from './contract.ts'
import { describe } from './faults.ts'
import { nameNothing } from './machine.ts'
import { keepUrlsOfCopies, withPublicUrl } from './request-url.ts'
import { captureNodeServer, isNodeServer } from './node-server.ts'
import { requestId, withRequest } from './requests.ts'
import { report, setup } from './setup.ts'

const { serve, exit } = Deno
const input = Deno.stdin.readable

function fail(error: unknown): never {
  const { text, where } = describe(error)
  report({ kind: 'fault', text, where, request: requestId() })
  return exit(1)
}

let pending = 0

function waitUntil(work: unknown): void {
  if (pending++ === 0) report({ kind: 'pending', pending: true })
  Promise.resolve(work)
    .catch((error: unknown) => log('error', describe(error).text))
    .finally(() => {
      if (--pending === 0) report({ kind: 'pending', pending: false })
    })
}

/** Hosted Supabase runs models beside its functions; here there are none, which a function hears when it wants one. */
class Session {
  readonly #model: unknown

  constructor(model: unknown) {
    this.#model = model
  }

  run(): Promise<never> {
    const model = typeof this.#model === 'string' ? this.#model : 'a model'
    return Promise.reject(
      new Error(`Supabase.ai is not served here: call ${model} over HTTP instead`),
    )
  }
}

/** As hosted: what is thrown where nobody catches it ends the worker. */
function watchFaults(): void {
  globalThis.addEventListener('unhandledrejection', (event) => {
    event.preventDefault()
    fail((event as PromiseRejectionEvent).reason)
  })
  globalThis.addEventListener('error', (event) => {
    event.preventDefault()
    fail((event as ErrorEvent).error)
  })
}

async function answer(handler: Handler, request: Request, info: unknown): Promise<Response> {
  withPublicUrl(request)
  try {
    const response: unknown = await handler(request, info)
    if (response instanceof Response) return response
    throw new TypeError('The function answered with something that is no Response')
  } catch (error) {
    const fault = describe(error)
    log('error', fault.text)
    return new Response(JSON.stringify(fault), { status: 500, headers: { 'x-basalt-fault': '1' } })
  }
}

/** Lines of our host: `ping`, or `stop` and the reason. When the host goes away, so does the process. */
async function obey(): Promise<void> {
  for await (const line of lines(input)) {
    const [word = '', reason = ''] = line.split(' ')
    if (word === 'ping') report({ kind: 'pong' })
    if (word === 'stop') await stop(reason)
  }
  exit(0)
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    yield* parts
  }
}

/** What is to be done before the end has a moment; who needs longer is cut off. */
async function stop(reason: string): Promise<void> {
  globalThis.dispatchEvent(new CustomEvent('beforeunload', { detail: { reason } }))
  globalThis.dispatchEvent(new Event('unload'))
  await new Promise((resolve) => setTimeout(resolve, 0))
  exit(0)
}

async function main(): Promise<void> {
  replaceConsole()
  keepUrlsOfCopies()
  bridgeFetch()
  bridgeSockets()
  confine()
  nameNothing()
  watchFaults()
  Object.assign(globalThis, { EdgeRuntime: { waitUntil }, Supabase: { ai: { Session } } })
  void obey()
  const servedNow = captureServe()
  const listensNow = captureNodeServer()
  let exports: Record<string, unknown> = {}
  // who waits for ever behind Deno.serve has said what is to be called
  await Promise.race([
    servedNow,
    listensNow,
    import(setup.sourceUrl + setup.entrypoint).then((module: Record<string, unknown>) => {
      exports = module
    }),
  ])
  if (isNodeServer()) return
  const handler = findHandler(exports)
  serve({ path: setup.socket, onListen: () => report({ kind: 'ready' }) }, (request, info) =>
    withRequest(request.headers.get('x-request-id') ?? '', () => answer(handler, request, info)),
  )
}

main().catch(fail)
