/** Which project a request is for: by its host, or by `x-project-ref`. */
import type { HttpRequest } from '#base/http'
import { fleetErrors } from './errors.ts'

const refPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * The ref, or null where the request is for no project, such as the operators' API.
 * A host below the base domain says it alone: the header may only say the same.
 * @throws project_ambiguous, project_not_found
 */
export function identifyProject(
  { headers }: HttpRequest,
  baseDomain: string | null,
): string | null {
  const named = headers['x-project-ref']
  const byHost = baseDomain === null ? null : labelBelow(headers['host'] ?? '', baseDomain)
  if (byHost === null) return named === undefined ? null : checked(named)
  if (named !== undefined && named !== byHost) throw fleetErrors.project_ambiguous()
  return checked(byHost)
}

/** Several values of a header arrive joined by commas: they are no ref. */
function checked(ref: string): string {
  if (!refPattern.test(ref)) throw fleetErrors.project_not_found()
  return ref
}

/** `labelBelow('Shop.example.com.:443', 'example.com')` → `'shop'`; null for other hosts and the domain itself. */
function labelBelow(host: string, baseDomain: string): string | null {
  const end = host.length - baseDomain.length - 1
  // most often it is as it should be
  if (end > 0 && host[end] === '.' && host.endsWith(baseDomain))
    return host.slice(0, end).toLowerCase()
  const name = host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '')
  return name.endsWith(`.${baseDomain}`) ? name.slice(0, -baseDomain.length - 1) : null
}
