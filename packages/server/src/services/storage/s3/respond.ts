/** Answers of the S3 protocol: XML, errors as SDKs know them. */
import { emptyResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import { PlatformError } from '#base/kernel'
import { translate } from '#services/storage/core'
import type { StorageContext } from '#services/storage/core'
import { toXml } from './xml.ts'
import type { XmlObject } from './xml.ts'

export const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/'

export function xmlResponse(status: number, root: XmlObject): HttpResponse {
  return { status, headers: { 'content-type': 'application/xml' }, body: toXml(root) }
}

/** `{ ListBucketResult: … }` in S3's namespace. */
export function s3Document(name: string, content: XmlObject): HttpResponse {
  return xmlResponse(200, { [`${name} xmlns="${namespace}"`]: content })
}

/** Codes that S3 names otherwise. */
const codes: Readonly<Partial<Record<string, string>>> = {
  InvalidRole: 'AccessDenied',
  ResourceAlreadyExists: 'BucketAlreadyExists',
  ResourceNotEmpty: 'BucketNotEmpty',
  DatabaseTimeout: 'SlowDown',
}

export async function answering(
  context: StorageContext,
  work: () => Promise<HttpResponse>,
): Promise<HttpResponse> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    return errorResponse(context, translate(error))
  }
}

function errorResponse({ request, scope }: StorageContext, error: PlatformError): HttpResponse {
  const { status, message } = error
  if (status >= 500) {
    const cause = error.cause instanceof Error ? error.cause.stack : error.stack
    scope.log.error(message, { error: cause ?? message })
  }
  if (request.method === 'HEAD') return emptyResponse(status)
  const resource = request.path.slice('/s3/'.length)
  const code = codes[error.code] ?? error.code
  return xmlResponse(status, { Error: { Resource: resource, Code: code, Message: message } })
}
