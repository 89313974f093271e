/** Rows whose answer is the service's own. */
import { filled, forward } from '#host/control-plane/route'
import type { ApiRoute, LeastRole, Passed, Schema } from '#host/control-plane/route'
import type { HttpResponse } from '#base/http'

const anything: Schema = { description: 'As the service itself answers' }

export interface ServiceRow {
  readonly method: ApiRoute['method']
  /** Below the project. */
  readonly path: string
  readonly least: LeastRole
  /** Of the project's own API: `:name`, and `*name` for one with slashes in it. */
  readonly to: string
  readonly summary: string
  readonly audit?: string
  readonly passed?: Passed
  readonly query?: ApiRoute['query']
  /** What becomes of the answer. */
  readonly finish?: (response: HttpResponse, ref: string) => HttpResponse
}

const bodiless: readonly string[] = ['GET', 'HEAD']

export function serviceRoute(row: ServiceRow): ApiRoute {
  const { method, path, least, summary, audit, to, passed, finish, query } = row
  return {
    method,
    path: `/projects/:ref/${path}`,
    least,
    summary,
    response: anything,
    ...(query === undefined ? {} : { query }),
    ...(bodiless.includes(method) ? {} : { streams: true }),
    ...(audit === undefined ? {} : { audit }),
    handle: async (call) => {
      const response = await forward(call, filled(to, call), passed)
      return finish === undefined ? response : finish(response, call.ref)
    },
  }
}
