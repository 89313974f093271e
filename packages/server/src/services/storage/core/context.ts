/** What every endpoint gets: the request, the project, who asks, and where objects are kept. */
import type { Config } from '#base/config'
import type { HttpRequest } from '#base/http'
import { uuid } from '#base/kernel'
import type { Caller, Project, Scope } from '#base/service'
import type { BlobStore } from '#base/blob'
import { storageErrors } from './errors.ts'
import type { LeavingsKeeper } from './leavings.ts'
import type { PurgeQueue } from './purge-queue.ts'

export interface StorageRuntime {
  readonly blobs: BlobStore
}

export interface StorageContext extends StorageRuntime {
  readonly leavings: LeavingsKeeper
  readonly purges: PurgeQueue
  readonly scope: Scope
  readonly project: Project
  readonly config: Config
  readonly request: HttpRequest
  readonly query: URLSearchParams
  /** The bucket a path names, decoded; empty where it names none. */
  readonly bucketId: string
  /** The object a path names, decoded; empty where it names none. */
  readonly key: string
  /** What policies see as `storage.operation`. */
  readonly operation: string
}

/** The caller; without a token or with one that is no good the request ends here. */
export function requireCaller({ scope, request }: StorageContext): Caller {
  const { authentication } = scope
  if (!authentication.ok)
    throw storageErrors.AccessDenied({ message: wordings[authentication.failure] })
  if (authentication.token !== null) return authentication.caller
  if (request.headers['authorization'] !== undefined)
    throw storageErrors.AccessDenied({ message: wordings.malformed })
  throw storageErrors.Malformed({
    message: "headers must have required property 'authorization'",
  })
}

/** The caller of a route that needs none: null without a good token. */
export function optionalCaller({ scope: { authentication } }: StorageContext): Caller | null {
  return authentication.ok && authentication.token !== null ? authentication.caller : null
}

export function requireService(context: StorageContext): void {
  if (requireCaller(context).role !== 'service_role') throw storageErrors.InvalidRole()
}

export function newVersion({ project }: StorageContext): string {
  return uuid(project.random)
}

/** The words of the library that supabase/storage verifies tokens with. */
const wordings = {
  malformed: 'Invalid Compact JWS',
  algorithm: '"alg" (Algorithm) Header Parameter value not allowed',
  key: 'signature verification failed',
  signature: 'signature verification failed',
  claims: 'JWT Claims Set must be a top-level JSON object',
  expired: '"exp" claim timestamp check failed',
  'not-yet-valid': '"nbf" claim timestamp check failed',
  'issued-in-future': '"iat" claim timestamp check failed (it should be in the past)',
  audience: 'unexpected "aud" claim value',
} as const

/** Why a token is refused, in those words. */
export function tokenWording(failure: keyof typeof wordings): string {
  return wordings[failure]
}
