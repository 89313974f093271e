/** JSON bodies of the shape an endpoint takes. */
import { readJson } from '#base/http'
import type { HttpRequest } from '#base/http'
import { isJsonObject } from '#base/kernel'
import type { JsonObject } from '#base/kernel'
import { managementErrors } from './errors.ts'

/** A hundred secrets of 24 KiB, escaped. */
const maxBytes = 8 * 1024 * 1024

/** An empty body is an empty object. */
export async function readObject(request: HttpRequest, expected: string): Promise<JsonObject> {
  const body = await readJson(request, maxBytes)
  if (body === undefined) return {}
  if (!isJsonObject(body)) throw managementErrors.function_body_invalid({ expected })
  return body as JsonObject
}

export async function readArray(
  request: HttpRequest,
  maxItems: number,
  expected: string,
): Promise<readonly unknown[]> {
  const body = await readJson(request, maxBytes)
  const isFit =
    Array.isArray(body) &&
    body.length <= maxItems &&
    body.every((item) => item !== null && ['object', 'string'].includes(typeof item))
  if (!isFit) throw managementErrors.function_body_invalid({ expected })
  return body as readonly unknown[]
}
