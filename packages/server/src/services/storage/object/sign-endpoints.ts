/** Signed URLs: whoever sees an object may let others see it for a while. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import { arrayLiteral } from '#base/sql'
import {
  readBody,
  readRows,
  readTransformation,
  requireCaller,
  signUrl,
  storageErrors,
  transformationClaims,
} from '#services/storage/core'
import type { Fields, StorageContext, UrlClaims } from '#services/storage/core'
import { findVisible } from './read-endpoints.ts'
import { selectNames } from './statements.ts'

const noAccess = 'Either the object does not exist or you do not have access to it'

function readSeconds(body: Fields): number {
  const seconds = body.require('expiresIn').integer('expiresIn', { min: 1 })
  if (seconds === null) throw storageErrors.Malformed({ message: 'body/expiresIn must be integer' })
  return seconds
}

/** `POST /object/sign/:bucket/*` */
export async function signObject(context: StorageContext): Promise<HttpResponse> {
  const caller = requireCaller(context)
  const body = await readBody(context)
  const seconds = readSeconds(body)
  const asked = body.object('transform')
  const isEnabled = context.config['storage.image_transformation.enabled']
  const transform =
    asked !== null && isEnabled ? transformationClaims(readTransformation(asked)) : null
  await findVisible(context, caller)
  const url = `${context.bucketId}/${context.key}`
  const claims: UrlClaims = { url, ...transform }
  const token = signUrl(context, 'download', claims, seconds)
  const path = transform === null ? '/object/sign' : '/render/image/sign'
  return jsonResponse(200, { signedURL: `${path}/${url}?token=${token}` })
}

/** `POST /object/sign/:bucket`: many at once; what the caller does not see is said of each. */
export async function signObjects(context: StorageContext): Promise<HttpResponse> {
  const caller = requireCaller(context)
  const body = await readBody(context)
  const seconds = readSeconds(body)
  const paths = body.require('paths').texts('paths', { min: 1, max: 1000 }) ?? []
  const statement = selectNames(context.bucketId, arrayLiteral(paths))
  const rows = await readRows<{ name: string }>(context, caller, statement)
  const visible = new Set(rows.map(({ name }) => name))
  const signed = paths.map((path) => {
    if (!visible.has(path)) return { error: noAccess, path, signedURL: null }
    const url = `${context.bucketId}/${path}`
    const token = signUrl(context, 'download', { url }, seconds)
    return { error: null, path, signedURL: `/object/sign/${url}?token=${token}` }
  })
  return jsonResponse(200, signed)
}
