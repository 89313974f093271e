/** S3 on buckets: list, create, look, delete, where they are. */
import { emptyResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { Caller } from '#base/service'
import {
  deleteEmpty,
  findRules,
  hasObjects,
  insertBucket,
  selectBucket,
  selectBuckets,
} from '#services/storage/bucket'
import type { BucketRow } from '#services/storage/bucket'
import { checkBucketName, readRows, service, storageErrors, write } from '#services/storage/core'
import type { StorageContext } from '#services/storage/core'
import { s3Keys } from './keys.ts'
import { s3Document } from './respond.ts'

export async function listAll(context: StorageContext, caller: Caller): Promise<HttpResponse> {
  const buckets = await readRows<BucketRow>(
    context,
    caller,
    selectBuckets({
      limit: null,
      offset: 0,
      column: 'name',
      order: 'asc',
      search: '',
      withType: false,
    }),
  )
  return s3Document('ListAllMyBucketsResult', {
    Owner: { ID: context.project.ref, DisplayName: context.project.ref },
    Buckets: {
      Bucket: buckets.map(({ name, created_at }) => ({ Name: name, CreationDate: created_at })),
    },
  })
}

export async function create(context: StorageContext, caller: Caller): Promise<HttpResponse> {
  const { bucketId } = context
  checkBucketName(bucketId)
  const { sub } = caller.claims
  const bucket = {
    id: bucketId,
    name: bucketId,
    isPublic: context.request.headers['x-amz-acl'] === 'public-read',
    sizeLimit: null,
    types: null,
    ownerId: typeof sub === 'string' ? sub : null,
  }
  await write(context, caller, insertBucket(bucket))
  return emptyResponse(200, { location: `/${bucketId}` })
}

/** Which the caller sees. */
export async function requireBucket(context: StorageContext, caller: Caller): Promise<void> {
  const [bucket] = await readRows(context, caller, selectBucket(context.bucketId))
  if (bucket === undefined) throw storageErrors.NoSuchBucket()
}

export async function look(context: StorageContext, caller: Caller): Promise<HttpResponse> {
  await requireBucket(context, caller)
  return emptyResponse(200, { 'x-amz-bucket-region': regionOf(context) })
}

export async function remove(context: StorageContext, caller: Caller): Promise<HttpResponse> {
  await requireBucket(context, caller)
  const statement = hasObjects(context.bucketId)
  const [objects] = await readRows<{ found: boolean }>(context, service, statement)
  if (objects?.found === true) throw storageErrors.ResourceNotEmpty()
  const deleted = await deleteEmpty(context, caller)
  if (!deleted) throw storageErrors.AccessDenied({ message: 'Access denied' })
  return emptyResponse(204)
}

function regionOf({ config, project }: StorageContext): string {
  return s3Keys(config, project.keys.jwtSecret).region
}

export async function location(context: StorageContext, caller: Caller): Promise<HttpResponse> {
  await requireBucket(context, caller)
  return s3Document('LocationConstraint', { LocationConstraint: regionOf(context) })
}

/** Objects have one version. */
export async function versioning(context: StorageContext): Promise<HttpResponse> {
  await findRules(context, context.bucketId)
  return s3Document('VersioningConfiguration', { Status: 'Suspended' })
}
