/** What a request was sent to: Deno names the socket it came by, and copies of a request would name it again. */
import { setup } from './setup.ts'

/** `http+unix://…/hello?x=1` → `http://127.0.0.1:54321/hello?x=1` */
export function withPublicUrl(request: Request): void {
  const { url } = request
  name(request, setup.origin + url.slice(url.indexOf('/', url.indexOf('://') + 3)))
}

function name(request: Request, url: string): void {
  Object.defineProperty(request, 'url', { value: url, configurable: true })
}

function keepUrl(from: unknown, copy: Request): Request {
  if (from instanceof Request && Object.hasOwn(from, 'url')) name(copy, from.url)
  return copy
}

/** `request.clone()` and `new Request(request)` have the URL of what they are made of. */
export function keepUrlsOfCopies(): void {
  const { Request } = globalThis
  const { clone } = Request.prototype as unknown as { clone: (this: Request) => Request }
  Request.prototype.clone = function () {
    return keepUrl(this, clone.call(this))
  }
  globalThis.Request = new Proxy(Request, {
    construct: (target, given, newTarget) =>
      keepUrl(given[0], Reflect.construct(target, given, newTarget) as Request),
  })
  Request.prototype.constructor = globalThis.Request
}
