/** From a request to what the function is asked: headers that are its to see, and who asks. */
import { isForwardingHeader } from '#base/http'
import type { HttpRequest } from '#base/http'
import type { Project, Scope } from '#base/service'
import type { WorkerCall } from '#services/functions/worker'

/** Of the connection, not of the request (RFC 9110 section 7.6.1), or ours to say. */
const notForwarded =
  /^(connection|keep-alive|proxy-connection|proxy-authorization|te|trailer|transfer-encoding|upgrade|expect|host|x-basalt-.*|x-request-id)$/

/** `path` is behind the service's prefix: `/hello/sub`. */
export function workerCall(scope: Scope, request: HttpRequest): WorkerCall {
  const headers: Record<string, string> = {
    host: ownAddress(scope.project).host,
    'x-request-id': scope.requestId,
  }
  const given = scope.following?.headersOf(request.headers) ?? request.headers
  for (const name in given) {
    const value = given[name]
    if (value === undefined || notForwarded.test(name) || isForwardingHeader(name)) continue
    headers[name] = value
  }
  addCaller(headers, scope)
  addForwarding(headers, scope, request)
  const target = request.query === '' ? request.path : `${request.path}?${request.query}`
  return { request, target, headers }
}

/** An `sb_…` key becomes the token it stands for, as on every other route. */
function addCaller(headers: Record<string, string>, { authentication }: Scope): void {
  if (!authentication.ok || authentication.token === null) return
  const given = headers['authorization']
  if (given === undefined || given.startsWith('Bearer sb_'))
    headers['authorization'] = `Bearer ${authentication.token}`
  const { sub } = authentication.caller.claims
  if (typeof sub === 'string' && /^[\x21-\x7e]{1,200}$/.test(sub)) headers['x-basalt-user-id'] = sub
}

const ports = new WeakMap<
  Project,
  { readonly proto: string; readonly port: string; readonly host: string }
>()

/** Of the project's own URL: the same for each call. */
function ownAddress(project: Project): {
  readonly proto: string
  readonly port: string
  readonly host: string
} {
  let own = ports.get(project)
  if (own === undefined) {
    const { protocol, port, host } = new URL(project.externalUrl)
    own = {
      proto: protocol.slice(0, -1),
      port: port || (protocol === 'https:' ? '443' : '80'),
      host,
    }
    ports.set(project, own)
  }
  return own
}

/** Who asks and how, as the gateway knows it: what a client says of itself is not passed on. */
function addForwarding(
  headers: Record<string, string>,
  { project }: Scope,
  { headers: given, remoteAddress, forwarded }: HttpRequest,
): void {
  const own = ownAddress(project)
  const proto = forwarded?.proto ?? own.proto
  headers['x-forwarded-for'] = remoteAddress === '' ? '127.0.0.1' : remoteAddress
  headers['x-forwarded-host'] = forwarded?.host ?? given['host'] ?? own.host
  headers['x-forwarded-proto'] = proto
  headers['x-forwarded-port'] = proto === own.proto ? own.port : proto === 'https' ? '443' : '80'
}
