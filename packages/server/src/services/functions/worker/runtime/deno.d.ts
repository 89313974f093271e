/** What of Deno the runtime uses; the whole is `deno types`. */
declare namespace Deno {
  const internal: string
  const version: { readonly deno: string }
  const pid: number
  const env: { set(name: string, value: string): void; delete(name: string): void }
  const stdin: {
    readonly readable: ReadableStream<Uint8Array>
    readSync(bytes: Uint8Array): number | null
  }
  const stdout: { writeSync(bytes: Uint8Array): number }
  function exit(code?: number): never
  type Handler = (request: Request, info: unknown) => unknown
  interface Server {
    readonly finished: Promise<void>
    readonly addr: unknown
    shutdown(): Promise<void>
    ref(): void
    unref(): void
    [Symbol.asyncDispose](): Promise<void>
  }
  interface ServeOptions {
    readonly path?: string
    readonly onListen?: (address: unknown) => void
    readonly onError?: (error: unknown) => Response | Promise<Response>
    readonly handler?: Handler
  }
  function serve(options: ServeOptions, handler: Handler): Server
  interface HttpClient {
    close(): void
  }
  function createHttpClient(options: {
    readonly proxy: { readonly transport: 'unix'; readonly path: string }
  }): HttpClient
  interface ConnectOptions {
    readonly transport?: string
    readonly hostname?: string
    readonly port?: number
    readonly path?: string
  }
  function connect(options: ConnectOptions): Promise<unknown>
}
/** As in Deno: an error to be handled, or a promise nobody waited for. */
interface PromiseRejectionEvent extends Event {
  readonly reason: unknown
}
