/** How a function says what it answers: `Deno.serve(…)`, `export default { fetch }`, or `export function handler`. */
import { setup } from './setup.ts'

export type Handler = (request: Request, info: unknown) => unknown

interface Served {
  readonly handler: Handler
  readonly onError: ((error: unknown) => Response | Promise<Response>) | null
}

let served: Served | null = null

/** From now on `Deno.serve` says what is to be called, and listens nowhere. Resolves when it has been called. */
export function captureServe(): Promise<void> {
  return new Promise((resolve) => {
    Deno.serve = ((...given: readonly unknown[]) => {
      const options = (given.find((one) => typeof one === 'object' && one !== null) ??
        {}) as Deno.ServeOptions
      const handler = (given.find((one) => typeof one === 'function') ?? options.handler) as
        | Handler
        | undefined
      if (typeof handler !== 'function') throw new TypeError('Deno.serve needs a handler')
      served = { handler, onError: options.onError ?? null }
      const addr = { transport: 'tcp', hostname: '0.0.0.0', port: 8000 }
      options.onListen?.(addr)
      resolve()
      return fakeServer(addr)
    }) as typeof Deno.serve
  })
}

function fakeServer(addr: unknown): Deno.Server {
  const shutdown = (): Promise<void> => Promise.resolve()
  return {
    finished: new Promise(() => {}),
    addr,
    shutdown,
    ref: () => {},
    unref: () => {},
    [Symbol.asyncDispose]: shutdown,
  }
}

type Exports = Readonly<Record<string, unknown>>

/** What is to be called, once the module is there. Throws where there is nothing. */
export function findHandler(exports: Exports): Handler {
  if (served !== null) return servedHandler(served)
  const main = exports['default']
  if (typeof main === 'function') return main as Handler
  if (typeof main === 'object' && main !== null && 'fetch' in main) {
    const { fetch } = main
    if (typeof fetch === 'function')
      return (request, info) => Reflect.apply(fetch, main, [request, info])
  }
  const { handler } = exports
  if (typeof handler === 'function') return plainHandler(handler as PlainHandler)
  throw new Error(
    `${setup.entrypoint} has nothing to call: use Deno.serve(handler), export default { fetch }, or export function handler`,
  )
}

function servedHandler({ handler, onError }: Served): Handler {
  if (onError === null) return handler
  return async (request, info) => {
    try {
      return await handler(request, info)
    } catch (error) {
      return onError(error)
    }
  }
}

type PlainHandler = (request: unknown) => unknown

interface PlainAnswer {
  readonly status?: unknown
  readonly headers?: HeadersInit
  readonly body?: unknown
}

/** `handler({ method, url, path, query, headers, body, user_id })` → `{ status, headers?, body }` */
function plainHandler(handler: PlainHandler): Handler {
  return async (request) => {
    const url = new URL(request.url)
    const answer: unknown = await handler({
      method: request.method,
      url: request.url,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: Object.fromEntries(request.headers),
      body: await bodyOf(request),
      user_id: request.headers.get('x-basalt-user-id'),
    })
    return toResponse(answer)
  }
}

async function bodyOf(request: Request): Promise<unknown> {
  const type = request.headers.get('content-type') ?? ''
  if (request.body === null) return null
  if (/^(text\/|application\/x-www-form-urlencoded)/.test(type)) return request.text()
  if (!/^application\/([\w.-]+\+)?json/.test(type))
    return new Uint8Array(await request.arrayBuffer())
  const text = await request.text()
  return text === '' ? null : (JSON.parse(text) as unknown)
}

function toResponse(answer: unknown): unknown {
  if (answer instanceof Response || typeof answer !== 'object' || answer === null) return answer
  const { status = 200, headers = {}, body = null } = answer as PlainAnswer
  if (typeof status !== 'number') throw new TypeError('handler answered a status that is no number')
  const isJson =
    body !== null &&
    typeof body === 'object' &&
    !(body instanceof Uint8Array) &&
    !(body instanceof ReadableStream)
  const response = new Response(
    isJson || typeof body === 'number' || typeof body === 'boolean'
      ? JSON.stringify(body)
      : (body as BodyInit | null),
    { status, headers },
  )
  if (isJson && !response.headers.get('content-type')?.includes('json'))
    response.headers.set('content-type', 'application/json')
  return response
}
