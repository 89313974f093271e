/** `/secrets`: names and digests come out, values go in. */
import type { HttpRequest, HttpResponse } from '#base/http'
import { emptyResponse, jsonResponse } from '#base/http'
import { managementErrors } from './errors.ts'
import type { Management } from './management.ts'
import { readArray } from './read-body.ts'

const maxAtOnce = 200

export async function listSecrets({ secrets }: Management): Promise<HttpResponse> {
  const rows = (await secrets.list()).map(({ name, digest, updatedMs }) => ({
    name,
    value: digest,
    updated_at: new Date(updatedMs).toISOString(),
  }))
  return jsonResponse(200, rows)
}

const expectedPairs = 'an array of objects with name and value'

export async function setSecrets(
  { secrets }: Management,
  request: HttpRequest,
): Promise<HttpResponse> {
  const pairs = (await readArray(request, maxAtOnce, expectedPairs)).map((item) => {
    const { name, value } = item as { name?: unknown; value?: unknown }
    if (typeof name !== 'string' || typeof value !== 'string')
      throw managementErrors.function_body_invalid({ expected: expectedPairs })
    return { name, value }
  })
  await secrets.set(pairs)
  return emptyResponse(201)
}

export async function deleteSecrets(
  { secrets }: Management,
  request: HttpRequest,
): Promise<HttpResponse> {
  const names = await readArray(request, maxAtOnce, 'an array of names')
  if (!names.every((name) => typeof name === 'string' && !name.includes('\0')))
    throw managementErrors.function_body_invalid({ expected: 'an array of names' })
  await secrets.unset(names as readonly string[])
  return emptyResponse(200)
}
