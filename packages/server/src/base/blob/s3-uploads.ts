/**
 * Uploads in pieces on S3. All that is known of one is in S3, so it goes on after a restart and on another node:
 * `.uploads/<id>/info` says under which id S3 takes its parts, `rest-<start>` holds what came behind the last whole part
 * (a part but the last has at least 5 MiB). A rest that a part has taken in begins before the parts' end and counts no more.
 */
import type {
  Appended,
  BlobKey,
  PutOptions,
  Stored,
  StoredName,
  UploadStore,
} from './blob-store.ts'
import { describeS3, isMissing, reaching } from './s3-client.ts'
import type { S3 } from './s3-client.ts'
import { copyObject } from './s3-copy.ts'
import { uploadIdOf, uploadsFolder } from './s3-keys.ts'
import { deleteKeys, listKeys, listMultiparts } from './s3-lists.ts'
import { PartCutter } from './part-cutter.ts'
import type { S3Place } from './s3-store.ts'

/** S3's least, for all parts but the last. */
const minPartBytes = 5 * 1024 * 1024
/** A write without an id of ours (`put`) may take this long; then the process that did it has gone. */
const strayMs = 24 * 60 * 60_000

interface Part {
  readonly PartNumber: number
  readonly ETag: string
}

interface State {
  readonly folder: string
  readonly uploadId: string
  /** Null when S3 has made them one already, and only the copy is missing. */
  readonly parts: readonly Part[] | null
  readonly partsSize: number
  readonly restSize: number
}

export function s3Uploads(place: S3Place): UploadStore {
  const within = <T>(work: (s3: S3) => Promise<T>): Promise<T> =>
    reaching(place.options, async () => work(await place.open()))
  const folderOf = (id: string): string => `${place.folder}${uploadsFolder}${id}/`
  return {
    begin: (id) => within((s3) => begin(s3, folderOf(id))),
    size: (id) =>
      within(async (s3) => {
        const state = await readState(s3, folderOf(id))
        return state === null ? null : state.partsSize + state.restSize
      }),
    append: (id, offset, body) => append(place, folderOf(id), offset, body),
    finish: (id, key, facts) => within((s3) => finish(s3, place, folderOf(id), key, facts)),
    discard: (id) =>
      within((s3) => (id.includes(' ') ? abortStray(s3, id) : discard(s3, folderOf(id)))),
    list: () => listUploads(place),
  }
}

async function* listUploads({ options, open, folder }: S3Place): AsyncIterable<StoredName> {
  const idOf = (key: string): string | null => uploadIdOf(key.slice(folder.length))
  try {
    const s3 = await open()
    for await (const { key, size, modifiedMs } of listKeys(s3, folder + uploadsFolder)) {
      const id = idOf(key)
      if (id !== null) yield { name: id, size, modifiedMs }
    }
    for await (const { key, uploadId, begunMs } of listMultiparts(s3, folder)) {
      const id = idOf(key)
      if (id === null) yield { name: `${uploadId} ${key}`, size: 0, modifiedMs: begunMs + strayMs }
      else yield { name: id, size: 0, modifiedMs: begunMs }
    }
  } catch (error) {
    throw describeS3(options, error)
  }
}

async function begin({ sdk, client, bucket: Bucket }: S3, folder: string): Promise<void> {
  const { UploadId } = await client.send(
    new sdk.CreateMultipartUploadCommand({ Bucket, Key: `${folder}data` }),
  )
  const Body = JSON.stringify({ uploadId: UploadId })
  await client.send(new sdk.PutObjectCommand({ Bucket, Key: `${folder}info`, Body }))
}

async function readState(s3: S3, folder: string): Promise<State | null> {
  const info = await readSmall(s3, `${folder}info`)
  if (info === null) return null
  const { uploadId } = JSON.parse(Buffer.from(info).toString('utf8')) as { uploadId: string }
  const listed = await listParts(s3, `${folder}data`, uploadId)
  if (listed === null) {
    const size = await sizeOf(s3, `${folder}data`)
    return size === null ? null : { folder, uploadId, parts: null, partsSize: size, restSize: 0 }
  }
  const restSize = (await sizeOf(s3, `${folder}rest-${listed.size}`)) ?? 0
  return { folder, uploadId, parts: listed.parts, partsSize: listed.size, restSize }
}

/** Null where S3 knows no such upload any more. */
async function listParts({ sdk, client, bucket: Bucket }: S3, Key: string, UploadId: string) {
  const parts: Part[] = []
  let size = 0
  try {
    // the SDK's own paging never ends with Ceph, which gives a next marker on the last page too
    let PartNumberMarker: string | undefined
    do {
      const asked = { Bucket, Key, UploadId, PartNumberMarker }
      const page = await client.send(new sdk.ListPartsCommand(asked))
      for (const { PartNumber = 0, ETag = '', Size = 0 } of page.Parts ?? []) {
        parts.push({ PartNumber, ETag })
        size += Size
      }
      PartNumberMarker = page.IsTruncated === true ? page.NextPartNumberMarker : undefined
    } while (PartNumberMarker !== undefined)
    return { parts, size }
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

async function sizeOf({ sdk, client, bucket: Bucket }: S3, Key: string): Promise<number | null> {
  try {
    return (await client.send(new sdk.HeadObjectCommand({ Bucket, Key }))).ContentLength ?? 0
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

async function readSmall({ sdk, client, bucket: Bucket }: S3, Key: string) {
  try {
    const { Body } = await client.send(new sdk.GetObjectCommand({ Bucket, Key }))
    return (await Body?.transformToByteArray()) ?? new Uint8Array()
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

async function append(
  place: S3Place,
  folder: string,
  offset: number,
  body: AsyncIterable<Uint8Array>,
): Promise<Appended> {
  let s3: S3
  let state: State | null
  try {
    ;({ s3, state } = await reaching(place.options, async () => {
      const opened = await place.open()
      return { s3: opened, state: await readState(opened, folder) }
    }))
  } catch (error) {
    return { size: offset, failure: error }
  }
  if (state?.parts == null || state.partsSize + state.restSize !== offset)
    return { size: offset, failure: new Error(`an upload has not ${offset} bytes any more`) }
  return appendParts({ s3, place, state, parts: state.parts }, body)
}

interface Appending {
  readonly s3: S3
  readonly place: S3Place
  readonly state: State
  readonly parts: readonly Part[]
}

/** What has safely arrived is kept, also when `body` or S3 fails on the way. */
async function appendParts(
  { s3, place, state, parts }: Appending,
  body: AsyncIterable<Uint8Array>,
): Promise<Appended> {
  const { folder, uploadId } = state
  const least = Math.max(minPartBytes, Math.ceil(place.options.maxBytes / 10_000))
  let [size, number, safe] = [state.partsSize, parts.length, state.partsSize + state.restSize]
  let failure: unknown = null
  const write = (work: () => Promise<unknown>) => reaching(place.options, work)
  const sendPart = async (bytes: Uint8Array): Promise<void> => {
    await write(() => putPart(s3, `${folder}data`, uploadId, ++number, bytes))
    safe = size += bytes.length
  }
  try {
    const cutter = new PartCutter(place.partBytes)
    if (state.restSize > 0)
      cutter.add((await readSmall(s3, `${folder}rest-${size}`)) ?? new Uint8Array())
    try {
      for await (const chunk of body) for (const part of cutter.add(chunk)) await sendPart(part)
    } catch (error) {
      failure = error
    }
    const left = cutter.take()
    if (left.length >= least) await sendPart(left)
    else if (size + left.length > safe) {
      await write(() => putSmall(s3, `${folder}rest-${size}`, left))
      safe = size + left.length
    }
  } catch (error) {
    failure = error
  }
  return { size: safe, failure }
}

async function putPart(
  { sdk, client, bucket: Bucket }: S3,
  Key: string,
  UploadId: string,
  PartNumber: number,
  Body: Uint8Array,
): Promise<Part> {
  const part = { Bucket, Key, UploadId, PartNumber, Body }
  const { ETag = '' } = await client.send(new sdk.UploadPartCommand(part))
  return { PartNumber, ETag }
}

async function putSmall(s3: S3, Key: string, Body: Uint8Array): Promise<void> {
  const { sdk, client, bucket: Bucket } = s3
  await client.send(new sdk.PutObjectCommand({ Bucket, Key, Body }))
}

/** The parts become one beside the info, which then is copied to where it belongs: a restart in between finds it there. */
async function finish(
  s3: S3,
  place: S3Place,
  folder: string,
  key: BlobKey,
  facts: PutOptions,
): Promise<Stored> {
  const state = await readState(s3, folder)
  if (state === null) throw new Error('there is no such upload')
  if (state.parts !== null) await complete(s3, state, state.parts)
  const copied = await copyObject(s3, `${folder}data`, place.keyOf(key), facts)
  if (copied === null) throw new Error('the bytes of an upload are gone')
  await discard(s3, folder)
  return copied
}

async function complete(s3: S3, state: State, parts: readonly Part[]): Promise<void> {
  const { sdk, client, bucket: Bucket } = s3
  const { folder, uploadId: UploadId, partsSize, restSize } = state
  const Key = `${folder}data`
  const rest = restSize === 0 ? null : ((await readSmall(s3, `${folder}rest-${partsSize}`)) ?? null)
  if (parts.length === 0) {
    await client.send(new sdk.AbortMultipartUploadCommand({ Bucket, Key, UploadId }))
    await putSmall(s3, Key, rest ?? new Uint8Array())
    return
  }
  const last = rest === null ? [] : [await putPart(s3, Key, UploadId, parts.length + 1, rest)]
  const MultipartUpload = { Parts: [...parts, ...last] }
  await client.send(
    new sdk.CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }),
  )
}

async function discard(s3: S3, folder: string): Promise<void> {
  const { sdk, client, bucket: Bucket } = s3
  const keys: string[] = []
  for await (const { key } of listKeys(s3, folder)) keys.push(key)
  for await (const { key: Key, uploadId: UploadId } of listMultiparts(s3, folder))
    await client.send(new sdk.AbortMultipartUploadCommand({ Bucket, Key, UploadId }))
  await deleteKeys(s3, keys)
}

async function abortStray({ sdk, client, bucket: Bucket }: S3, name: string): Promise<void> {
  const [UploadId, Key] = [name.slice(0, name.indexOf(' ')), name.slice(name.indexOf(' ') + 1)]
  await client.send(new sdk.AbortMultipartUploadCommand({ Bucket, Key, UploadId }))
}
