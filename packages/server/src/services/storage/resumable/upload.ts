/** What begins and goes on with an upload alike: who uploads, and what the upload is. */
import type { JsonObject } from '#base/kernel'
import type { Caller } from '#base/service'
import { requireCaller, verifyUrl } from '#services/storage/core'
import type { StorageContext } from '#services/storage/core'
import { asksForUpsert, ownerIdOf } from '#services/storage/object'
import type { UploadFacts } from '#services/storage/object'
import { resumableErrors } from './errors.ts'
import type { UploadRow } from './statements.ts'

/** How long an upload may be gone on with. */
export const lifetimeSeconds = 24 * 60 * 60

/** Who uploads: a caller, or whoever has a signed upload token. */
export interface Uploader {
  /** Null where a token has decided already. */
  readonly caller: Caller | null
  readonly ownerId: string | null
  readonly isUpsert: boolean
}

export function uploaderOf(context: StorageContext, isSigned: boolean): Uploader {
  if (!isSigned) {
    const caller = requireCaller(context)
    return { caller, ownerId: ownerIdOf(caller), isUpsert: asksForUpsert(context) }
  }
  const token = context.request.headers['x-signature']
  if (token === undefined) throw resumableErrors.noSignature()
  const { owner, upsert } = verifyUrl(context, 'upload', token)
  return {
    caller: null,
    ownerId: typeof owner === 'string' ? owner : null,
    isUpsert: upsert === true,
  }
}

/** The row as an upload's facts. */
export function factsOf({ metadata, user_metadata }: UploadRow): UploadFacts {
  const { contentType, cacheControl, length } = metadata
  return {
    contentType,
    cacheControl,
    robotsTag: null,
    userMetadata: user_metadata as JsonObject | null,
    contentLength: length,
  }
}

export function expiryOf({ begun }: UploadRow): Record<string, string> {
  return { 'upload-expires': new Date((begun + lifetimeSeconds) * 1000).toUTCString() }
}
