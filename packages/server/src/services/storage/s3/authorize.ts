/** Who sends an S3 request: the holder of the access key, or a user whose token is the session token. */
import type { Caller } from '#base/service'
import { constantTimeEqual } from '#base/token'
import { service, tokenWording } from '#services/storage/core'
import type { StorageContext } from '#services/storage/core'
import { s3Errors } from './errors.ts'
import { s3Keys } from './keys.ts'
import { readClaim, signatureOf, signingKey } from './signature.ts'
import type { Claimed } from './signature.ts'

export interface S3Caller {
  readonly caller: Caller
  readonly claim: Claimed
  /** Signs the chunks of a streamed body. */
  readonly key: Buffer
}

export const s3Prefix = '/storage/v1/s3'
const maxSkewMs = 15 * 60_000

export function authorize(context: StorageContext): S3Caller {
  const { request, project } = context
  const claim = readClaim(request.headers, context.query)
  if (claim === null) throw s3Errors.AccessDenied({ message: 'Missing S3 Credentials' })
  checkTime(claim, project.clock.now())
  const { caller, secret } = credentialsOf(context, claim)
  const key = signingKey(claim, secret)
  // what the gateway took off the path was signed
  const path = s3Prefix + (request.path === '/s3' ? '' : request.path.slice('/s3'.length))
  const { method, query, headers } = request
  const wanted = signatureOf({ method, path, query, headers: hostOf(request) }, claim, key)
  if (!claim.signedHeaders.includes('host') || !constantTimeEqual(claim.signature, wanted))
    throw s3Errors.SignatureDoesNotMatch()
  checkSigned(headers, claim)
  return { caller, claim, key }
}

/** Who has a presigned URL adds no header that changes what it does: a PUT would become a copy of any object of the signer's. */
const meaningful = /^x-amz-(?:acl$|copy-source|metadata-directive$|meta-)/

function checkSigned(headers: StorageContext['request']['headers'], claim: Claimed): void {
  const signed = new Set(claim.signedHeaders)
  for (const name in headers)
    if (meaningful.test(name) && !signed.has(name)) throw s3Errors.HeaderNotSigned({ name })
}

/** A trusted proxy says which host the client signed. */
function hostOf({ headers, forwarded }: StorageContext['request']) {
  const host = forwarded?.host ?? null
  return host === null ? headers : { ...headers, host }
}

export function checkTime({ time, date, expiresSeconds }: Claimed, nowMs: number): void {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time) ?? []
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  if (Number.isNaN(at) || !time.startsWith(date))
    throw s3Errors.AuthorizationHeaderMalformed({ reason: 'the date' })
  if (expiresSeconds === null && Math.abs(nowMs - at) > maxSkewMs)
    throw s3Errors.RequestTimeTooSkewed()
  if (expiresSeconds !== null && at - nowMs > maxSkewMs) throw s3Errors.RequestTimeTooSkewed()
  if (expiresSeconds !== null && nowMs > at + expiresSeconds * 1_000)
    throw s3Errors.AccessDenied({ message: 'Request has expired' })
}

export function credentialsOf(
  { project, config }: StorageContext,
  { accessKeyId, sessionToken }: Claimed,
): { readonly caller: Caller; readonly secret: string } {
  const keys = s3Keys(config, project.keys.jwtSecret)
  if (sessionToken === null) {
    if (!constantTimeEqual(accessKeyId, keys.accessKeyId)) throw s3Errors.InvalidAccessKeyId()
    return { caller: service, secret: keys.secretAccessKey }
  }
  if (accessKeyId !== project.ref && accessKeyId !== keys.tenant)
    throw s3Errors.InvalidAccessKeyId()
  const verification = project.verifier.verify(sessionToken)
  if (!verification.ok) {
    if (verification.failure === 'expired') throw s3Errors.ExpiredToken()
    throw s3Errors.AccessDenied({ message: tokenWording(verification.failure) })
  }
  const { claims, claimsJson } = verification
  const { role } = claims
  const caller: Caller = {
    role: typeof role === 'string' && role !== '' ? role : 'anon',
    claims,
    claimsJson,
  }
  return { caller, secret: project.keys.anonKey }
}
