/** Bodies as HTML forms send them. */
import type { HttpRequest } from '#base/http'
import { maxBodyBytes } from './read-params.ts'

/** Members of an `application/x-www-form-urlencoded` body. @throws PlatformError 413 */
export async function readForm(request: HttpRequest): Promise<URLSearchParams> {
  const bytes = await request.body.read(maxBodyBytes)
  return new URLSearchParams(Buffer.from(bytes).toString('utf8'))
}
