/** An upload by an HTML form whose policy is signed ("POST policy"): who signed it says what may be uploaded, and until when. */
import { createHmac } from 'node:crypto'
import { emptyResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import { isJsonObject, parseJson } from '#base/kernel'
import { constantTimeEqual } from '#base/token'
import { checkKey, storageErrors } from '#services/storage/core'
import type { StorageContext } from '#services/storage/core'
import { acceptUpload, checkUpload, limited, readForm, sizeLimitOf } from '#services/storage/object'
import type { UploadForm } from '#services/storage/object'
import { checkTime, credentialsOf } from './authorize.ts'
import { s3Errors } from './errors.ts'
import { factsOf, targetOf } from './object-operations.ts'
import { xmlResponse } from './respond.ts'
import { credentialOf, signingKey } from './signature.ts'
import type { Claimed } from './signature.ts'

/** Of anybody, for who it is stands in a field; S3 takes 20 KB. */
const formLimits = { fields: 40, bytes: 64 * 1024 }

export async function postForm(outer: StorageContext): Promise<HttpResponse> {
  const form = await readForm(outer.request, formLimits)
  try {
    return await acceptForm(outer, form)
  } finally {
    form.discard()
  }
}

async function acceptForm(outer: StorageContext, form: UploadForm): Promise<HttpResponse> {
  const fields = new Map([...form.fields].map(([name, value]) => [name.toLowerCase(), value]))
  const { caller, policy } = verify(outer, fields)
  const key = (fields.get('key') ?? '').replace('${filename}', () => form.filename)
  checkKey(key)
  const context: StorageContext = {
    ...withHeaders(outer, fields),
    key,
    operation: 'storage.s3.upload',
  }
  const sizes = checkPolicy(policy, fields, { bucket: outer.bucketId, key })
  const target = await targetOf(context, caller)
  const facts = factsOf(context, null)
  checkUpload(context, target, facts)
  const { stored } = await acceptUpload(context, caller, target, facts, async (to) => {
    const most = Math.min(sizes.max, sizeLimitOf(context, target.rules))
    const kept = await context.blobs.put(to, limited(form.body, most), facts)
    if (kept.size >= sizes.min) return kept
    await context.blobs.delete([to])
    throw storageErrors.EntityTooLarge()
  })
  return answer(outer.bucketId, key, stored.etag, fields.get('success_action_status'))
}

function answer(
  bucket: string,
  key: string,
  etag: string,
  status: string | undefined,
): HttpResponse {
  const location = `/${bucket}/${key}`
  if (status !== '201') return emptyResponse(status === '204' ? 204 : 200, { etag, location })
  const document = { Location: location, Bucket: bucket, Key: key, ETag: etag }
  return xmlResponse(201, { PostResponse: document })
}

/** The fields that would be headers of a PUT. */
function withHeaders(context: StorageContext, fields: ReadonlyMap<string, string>): StorageContext {
  const headers: Record<string, string> = {}
  for (const [name, value] of fields)
    if (name.startsWith('x-amz-meta-') || name === 'content-type' || name === 'cache-control')
      headers[name] = value
  const { request } = context
  const seen = {
    ...request.headers,
    'content-type': undefined,
    'cache-control': undefined,
    ...headers,
  }
  return {
    ...context,
    request: Object.create(request, { headers: { value: seen } }) as typeof request,
  }
}

function verify(context: StorageContext, fields: ReadonlyMap<string, string>) {
  const encoded = fields.get('policy') ?? ''
  if (fields.get('x-amz-algorithm') !== 'AWS4-HMAC-SHA256' || encoded === '')
    throw s3Errors.AccessDenied({ message: 'Missing S3 Credentials' })
  const claim: Claimed = {
    ...credentialOf(fields.get('x-amz-credential') ?? ''),
    time: fields.get('x-amz-date') ?? '',
    signedHeaders: [],
    signature: fields.get('x-amz-signature') ?? '',
    payload: 'UNSIGNED-PAYLOAD',
    sessionToken: fields.get('x-amz-security-token') ?? null,
    expiresSeconds: 604_800,
  }
  checkTime(claim, context.project.clock.now())
  const { caller, secret } = credentialsOf(context, claim)
  const wanted = createHmac('sha256', signingKey(claim, secret)).update(encoded).digest('hex')
  if (!constantTimeEqual(claim.signature, wanted)) throw s3Errors.SignatureDoesNotMatch()
  return { caller, policy: parsePolicy(encoded, context.project.clock.now()) }
}

type Condition = readonly [operator: string, name: string, value: string | number, most?: number]

function parsePolicy(encoded: string, nowMs: number): Condition[] {
  let policy: unknown
  try {
    policy = parseJson(Buffer.from(encoded, 'base64').toString('utf8'))
  } catch (cause) {
    throw s3Errors.InvalidArgument({ message: 'Invalid policy' }, cause)
  }
  const { expiration, conditions } = isJsonObject(policy) ? policy : {}
  if (typeof expiration !== 'string' || !Array.isArray(conditions))
    throw s3Errors.InvalidArgument({ message: 'Invalid policy' })
  if (!(Date.parse(expiration) > nowMs))
    throw s3Errors.AccessDenied({ message: 'Invalid according to Policy: Policy expired.' })
  return conditions.flatMap((condition: unknown): Condition[] => {
    if (Array.isArray(condition)) return [condition as unknown as Condition]
    if (!isJsonObject(condition)) return []
    return Object.entries(condition).map(([name, value]) => [
      'eq',
      `$${name}`,
      typeof value === 'string' ? value : JSON.stringify(value),
    ])
  })
}

/** Fields that a policy need not name. */
const free = new Set(['policy', 'x-amz-signature', 'file', 'awsaccesskeyid'])

function checkPolicy(
  conditions: readonly Condition[],
  fields: ReadonlyMap<string, string>,
  { bucket, key }: { readonly bucket: string; readonly key: string },
): { readonly min: number; readonly max: number } {
  const given = new Map([...fields, ['bucket', bucket], ['key', key]])
  const named = new Set<string>()
  let sizes = { min: 0, max: Infinity }
  for (const [operator, first, second, third] of conditions) {
    if (operator === 'content-length-range') {
      sizes = { min: Number(first), max: Number(second) }
      continue
    }
    const name = String(first).replace(/^\$/, '').toLowerCase()
    named.add(name)
    const value = given.get(name) ?? ''
    const fits =
      operator === 'eq'
        ? value === String(second)
        : operator === 'starts-with' && value.startsWith(String(second))
    if (!fits || third !== undefined) throw denied(name)
  }
  for (const name of given.keys())
    if (!named.has(name) && !free.has(name) && !name.startsWith('x-ignore-')) throw denied(name)
  return sizes
}

function denied(name: string) {
  return s3Errors.AccessDenied({
    message: `Invalid according to Policy: Policy Condition failed: ${name}`,
  })
}
