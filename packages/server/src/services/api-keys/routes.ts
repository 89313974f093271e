/** `/projects/{ref}/api-keys` of `/admin/v1`. Who may not is kept out before. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import { describeApiKeys, disableApiKeys, enableApiKeys } from './manage.ts'
import type { ApiKeysStatus, ManageApiKeys } from './manage.ts'

interface Route {
  readonly method: string
  readonly pattern: string
  readonly handler: () => Promise<HttpResponse>
}

const base = '/projects/:ref/api-keys'

export function apiKeyRoutes(options: ManageApiKeys): readonly Route[] {
  const route = (
    method: string,
    pattern: string,
    work: (options: ManageApiKeys) => Promise<ApiKeysStatus>,
  ): Route => ({
    method,
    pattern,
    handler: async () => jsonResponse(200, await work(options)),
  })
  return [
    route('GET', base, describeApiKeys),
    route('POST', `${base}/enable`, enableApiKeys),
    route('POST', `${base}/disable`, disableApiKeys),
  ]
}
