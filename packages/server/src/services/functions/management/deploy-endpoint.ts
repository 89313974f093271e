/** `POST …/functions/deploy?slug=&bundleOnly=`: the function, or lines of progress with it at their end for who accepts them. */
import { formatGatewayError, httpErrors, jsonResponse } from '#base/http'
import type { HttpRequest, HttpResponse } from '#base/http'
import { PlatformError } from '#base/kernel'
import { deploy } from './deploy.ts'
import type { DeployWish } from './deploy.ts'
import { describeFunction } from './describe.ts'
import { LineStream, jsonLines } from './line-stream.ts'
import type { Management } from './management.ts'

export async function deployEndpoint(
  management: Management,
  request: HttpRequest,
): Promise<HttpResponse> {
  const query = new URLSearchParams(request.query)
  const wish = { slug: query.get('slug'), bundleOnly: query.get('bundleOnly') === 'true' }
  if (!(request.headers['accept'] ?? '').includes(jsonLines)) {
    const deployed = await deploy(management, request, { ...wish, onProgress: () => {} })
    return jsonResponse(201, describeFunction(deployed))
  }
  return withProgress(management, request, wish)
}

/** Refused before all is received: with a status. From then on the answer is under way. */
function withProgress(
  management: Management,
  request: HttpRequest,
  wish: Omit<DeployWish, 'onProgress'>,
): Promise<HttpResponse> {
  const lines = new LineStream(request.cancellation)
  const response = { status: 200, headers: { 'content-type': jsonLines }, body: lines }
  return new Promise((resolve, reject) => {
    let isUnderWay = false
    const say = (line: unknown): void => {
      isUnderWay = true
      lines.push(line)
      resolve(response)
    }
    deploy(management, request, { ...wish, onProgress: (progress) => say({ progress }) })
      .then((deployed) => say({ function: describeFunction(deployed) }))
      .catch((error: unknown) => {
        if (isUnderWay) say({ error: describe(management, request, error) })
        else reject(error as Error)
      })
      .finally(() => lines.end())
  })
}

/** As it would be sent with a status of its own. */
function describe({ log }: Management, request: HttpRequest, error: unknown): unknown {
  const known = error instanceof PlatformError ? error : httpErrors.unexpected_failure()
  if (known !== error) log.error('a deployment failed', { error: String(error) })
  const { body } = formatGatewayError(known, request)
  return JSON.parse(body as string)
}
