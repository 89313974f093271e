/** `/render/image/…`: an object as an image, transformed. */
import { concatBytes, emptyResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import {
  describeTransformation,
  readQuery,
  readTransformation,
  service,
  storageErrors,
  transformationOf,
  verifyUrl,
} from '#services/storage/core'
import type { StorageContext, Transformation } from '#services/storage/core'
import {
  expiryOf,
  findAuthenticated,
  findPublic,
  findVisible,
  isUnchanged,
  objectHeaders,
  useObject,
} from '#services/storage/object'
import type { ObjectRow } from '#services/storage/object'
import { renderErrors } from './errors.ts'
import { RenderedCache } from './rendered-cache.ts'
import { SlowSources } from './slow-sources.ts'
import { transformImage } from './transform-image.ts'

/** Of a source; unpacked it may be larger. */
const maxSourceBytes = 25 * 1024 * 1024
const cache = new RenderedCache(64 * 1024 * 1024)
const slow = new SlowSources(1_000)

export async function renderPublic(context: StorageContext): Promise<HttpResponse> {
  requireEnabled(context)
  const transformation = readTransformation(readQuery(context))
  return renderFound(context, findPublic, transformation)
}

export async function renderAuthenticated(context: StorageContext): Promise<HttpResponse> {
  requireEnabled(context)
  const transformation = readTransformation(readQuery(context))
  return renderFound(context, findAuthenticated, transformation)
}

/** What a signed URL shows is in its token alone. */
export async function renderSigned(context: StorageContext): Promise<HttpResponse> {
  requireEnabled(context)
  const token = context.query.get('token')
  if (token === null)
    throw storageErrors.Malformed({ message: "querystring must have required property 'token'" })
  const claims = verifyUrl(context, 'download', token)
  const find = (signed: StorageContext): Promise<ObjectRow> => findVisible(signed, service)
  return renderFound(context, find, transformationOf(claims), expiryOf(claims))
}

function renderFound(
  context: StorageContext,
  find: (context: StorageContext) => Promise<ObjectRow>,
  transformation: Transformation,
  expires: Date | null = null,
): Promise<HttpResponse> {
  return useObject(
    () => find(context),
    (row) => renderObject(context, row, transformation, expires),
  )
}

function requireEnabled({ config, request: { method, path } }: StorageContext): void {
  if (!config['storage.image_transformation.enabled'])
    throw storageErrors.RouteNotFound({ method, path })
}

async function renderObject(
  context: StorageContext,
  row: ObjectRow,
  transformation: Transformation,
  expires: Date | null,
): Promise<HttpResponse> {
  const { request, project } = context
  const acceptsWebp = (request.headers['accept'] ?? '').includes('image/webp')
  const wanted = describeTransformation(transformation)
  const format = transformation.format ?? (acceptsWebp ? 'auto-webp' : 'auto')
  const source = `${project.ref}/${row.id}/${row.version}`
  const id = `${source}/${wanted}/${format}`
  const etag = `"${row.version}-${Buffer.from(`${wanted}/${format}`).toString('base64url')}"`
  const modified = new Date(row.metadata?.lastModified ?? row.updated_at)
  const headers = objectHeaders(context, row, { etag, modified, expires })
  if (transformation.format === null) headers['vary'] = 'accept'
  if (isUnchanged(request.headers, etag, modified)) return emptyResponse(304, headers)
  const { bytes, contentType } = await cache.get(id, () =>
    slow.run(source, (check) => {
      const read = (): Promise<Uint8Array> => {
        check()
        return readSource(context, row)
      }
      return transformImage(read, transformation, acceptsWebp)
    }),
  )
  delete headers['accept-ranges']
  delete headers['content-security-policy']
  return {
    status: 200,
    headers: { ...headers, 'content-type': contentType, 'x-transformations': wanted },
    body: bytes,
  }
}

async function readSource({ blobs }: StorageContext, row: ObjectRow): Promise<Uint8Array> {
  if ((row.metadata?.size ?? 0) > maxSourceBytes) throw renderErrors.tooLarge()
  const { bucket_id: bucketId, name, version } = row
  const blob = await blobs.get({ bucketId, name, version }, null)
  if (blob === null) throw storageErrors.BytesMissing()
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of blob.body) {
    length += part.length
    if (length > maxSourceBytes) throw renderErrors.tooLarge()
    parts.push(part)
  }
  return concatBytes(parts, length)
}
