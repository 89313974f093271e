/** S3 listings: V2 and V1, of what the caller sees. */
import type { HttpResponse } from '#base/http'
import type { Caller } from '#base/service'
import { readRows } from '#services/storage/core'
import type { StorageContext } from '#services/storage/core'
import { searchKeys } from '#services/storage/listing'
import type { ListedKey } from '#services/storage/listing'
import { requireBucket } from './bucket-operations.ts'
import { s3Errors } from './errors.ts'
import { s3Document } from './respond.ts'
import type { XmlObject } from './xml.ts'

const maxKeys = 1_000

interface Listing {
  readonly contents: readonly XmlObject[]
  readonly prefixes: readonly XmlObject[]
  readonly isTruncated: boolean
  /** The last key or folder of the page. */
  readonly last: string
}

interface Asked {
  readonly prefix: string
  readonly delimiter: string
  readonly limit: number
  readonly encode: (text: string) => string
}

function readAsked({ query }: StorageContext): Asked {
  const delimiter = query.get('delimiter') ?? ''
  if (delimiter !== '' && delimiter !== '/')
    throw s3Errors.NotImplemented({ what: 'A delimiter other than /' })
  const limit = Number(query.get('max-keys') ?? maxKeys)
  if (!Number.isInteger(limit) || limit < 0)
    throw s3Errors.InvalidArgument({ message: 'max-keys must be a number from 0' })
  const isUrl = query.get('encoding-type') === 'url'
  return {
    prefix: query.get('prefix') ?? '',
    delimiter,
    limit: Math.min(limit, maxKeys),
    encode: (text) => (isUrl ? encodeURIComponent(text).replaceAll('%2F', '/') : text),
  }
}

async function list(
  context: StorageContext,
  caller: Caller,
  asked: Asked,
  after: string,
): Promise<Listing> {
  const { prefix, delimiter, limit, encode } = asked
  await requireBucket(context, caller)
  const statement = searchKeys({
    bucketId: context.bucketId,
    prefix,
    column: 'name',
    order: 'asc',
    after,
    time: '',
    limit: limit + 1,
    withFolders: delimiter !== '',
  })
  const rows = limit === 0 ? [] : await readRows<ListedKey>(context, caller, statement)
  const page = rows.slice(0, limit)
  return {
    contents: page.filter(({ id }) => id !== null).map((row) => contentOf(row, encode)),
    prefixes: page.filter(({ id }) => id === null).map(({ name }) => ({ Prefix: encode(name) })),
    isTruncated: rows.length > page.length,
    last: page.at(-1)?.name ?? '',
  }
}

function contentOf({ name, metadata, updated_at }: ListedKey, encode: Asked['encode']): XmlObject {
  return {
    Key: encode(name),
    LastModified: updated_at,
    ETag: metadata?.eTag ?? '',
    Size: metadata?.size ?? 0,
    StorageClass: 'STANDARD',
  }
}

export async function listV2(context: StorageContext, caller: Caller): Promise<HttpResponse> {
  const { query } = context
  const asked = readAsked(context)
  const token = query.get('continuation-token')
  const startAfter = query.get('start-after') ?? ''
  const after = token === null ? startAfter : Buffer.from(token, 'base64').toString('utf8')
  const listing = await list(context, caller, asked, after)
  return s3Document('ListBucketResult', {
    Name: context.bucketId,
    Prefix: asked.encode(asked.prefix),
    StartAfter: startAfter === '' ? null : asked.encode(startAfter),
    ContinuationToken: token,
    NextContinuationToken: listing.isTruncated
      ? Buffer.from(listing.last).toString('base64')
      : null,
    KeyCount: listing.contents.length + listing.prefixes.length,
    ...common(asked, query, listing),
  })
}

export async function listV1(context: StorageContext, caller: Caller): Promise<HttpResponse> {
  const asked = readAsked(context)
  const marker = context.query.get('marker') ?? ''
  const listing = await list(context, caller, asked, marker)
  return s3Document('ListBucketResult', {
    Name: context.bucketId,
    Prefix: asked.encode(asked.prefix),
    Marker: asked.encode(marker),
    NextMarker: listing.isTruncated && asked.delimiter !== '' ? asked.encode(listing.last) : null,
    ...common(asked, context.query, listing),
  })
}

function common(asked: Asked, query: URLSearchParams, listing: Listing): XmlObject {
  return {
    MaxKeys: asked.limit,
    Delimiter: asked.delimiter === '' ? null : asked.delimiter,
    EncodingType: query.get('encoding-type'),
    IsTruncated: listing.isTruncated,
    Contents: listing.contents,
    CommonPrefixes: listing.prefixes,
  }
}
