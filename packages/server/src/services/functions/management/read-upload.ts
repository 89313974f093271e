/** The form a function is sent in: its metadata, and its files, which are written as they come. */
import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Busboy } from '@fastify/busboy'
import type { BusboyFileStream } from '@fastify/busboy'
import type { HttpRequest } from '#base/http'
import { PlatformError, isJsonObject, parseJson } from '#base/kernel'
import type { JsonObject } from '#base/kernel'
import { managementErrors } from './errors.ts'
import { normalizePath } from './source-path.ts'

export interface Upload {
  readonly metadata: JsonObject
  /** As they were sent, normalised; each is in the folder. */
  readonly paths: readonly string[]
}

const maxFiles = 5_000
const maxMetadataBytes = 64 * 1024

/** Writes the files into `folder`. @throws managementErrors */
export async function readUpload(
  request: HttpRequest,
  folder: string,
  maxBytes: number,
): Promise<Upload> {
  const form = openForm(request)
  const state = { metadata: null as JsonObject | null, paths: [] as string[], left: maxBytes }
  /** One file after the other: that is how they come. */
  let writing: Promise<void> = Promise.resolve()
  const open = new Set<BusboyFileStream>()
  let failure: unknown = null
  const fail = (reason: unknown): void => {
    failure ??= reason
    for (const stream of open) stream.destroy()
    form.destroy()
  }
  form.on('field', (name, value, _, isCut) => {
    try {
      if (name === 'metadata') state.metadata = readMetadata(value, isCut)
    } catch (error) {
      fail(error)
    }
  })
  form.on('file', (name, stream, filename) => {
    stream.on('error', () => {})
    open.add(stream)
    writing = writing
      .then(async () => {
        if (failure !== null) return
        if (name === 'metadata') state.metadata = await readMetadataFile(stream)
        else await writeFile(folder, filename ?? '', stream, state, maxBytes)
        open.delete(stream)
      })
      .catch(fail)
  })
  for (const event of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const)
    form.on(event, () => fail(invalid('it has too many parts')))
  const ended = new Promise<void>((resolve) => {
    form.on('finish', resolve)
    form.on('close', resolve)
    form.on('error', (error) => {
      fail(invalid(error instanceof Error ? error.message : 'it ends too early'))
      resolve()
    })
  })
  await pump(request, form).catch(fail)
  await ended
  await writing
  if (failure !== null) throw asInvalid(failure)
  if (state.metadata === null) throw invalid('it has no part metadata')
  if (state.paths.length === 0) throw invalid('it has no files')
  return { metadata: state.metadata, paths: state.paths }
}

const invalid = (reason: string): PlatformError =>
  managementErrors.function_upload_invalid({ reason })

function asInvalid(failure: unknown): unknown {
  if (failure instanceof PlatformError || !(failure instanceof Error)) return failure
  const code = 'code' in failure ? String(failure.code) : ''
  const isInTheWay = ['EEXIST', 'ENOTDIR', 'EISDIR'].includes(code)
  return isInTheWay ? invalid('two paths are one on this file system') : failure
}

function openForm({ headers }: HttpRequest): Busboy {
  const type = headers['content-type'] ?? ''
  if (!/^multipart\/form-data\b/i.test(type)) {
    if (type.includes('eszip')) throw managementErrors.function_bundle_refused()
    throw invalid('its content-type is not multipart/form-data')
  }
  try {
    const form = new Busboy({
      headers: { ...headers, 'content-type': type },
      preservePath: true,
      limits: {
        files: maxFiles,
        fields: 10,
        parts: maxFiles + 10,
        fieldNameSize: 100,
        fieldSize: maxMetadataBytes,
        headerPairs: 50,
      },
    })
    guardParts(form)
    return form
  } catch (error) {
    throw managementErrors.function_upload_invalid(
      { reason: error instanceof Error ? error.message : 'it is no form' },
      error,
    )
  }
}

interface PartsReader {
  readonly _parser: {
    readonly parser: { on(event: 'part', listen: (part: Readable) => void): void }
  }
}

/** As in Storage: the library does not listen to the errors of parts it skips. */
function guardParts(form: Busboy): void {
  const { parser } = (form as unknown as PartsReader)._parser
  parser.on('part', (part) => part.on('error', () => {}))
}

function readMetadata(text: string, isCut: boolean): JsonObject {
  if (isCut) throw invalid('its metadata is too long')
  let value: unknown
  try {
    value = parseJson(text)
  } catch {
    throw invalid('its metadata is no JSON')
  }
  if (!isJsonObject(value)) throw invalid('its metadata is no JSON object')
  return value as JsonObject
}

/** Clients that give each part a content-type or a file name send it as a file. */
async function readMetadataFile(stream: BusboyFileStream): Promise<JsonObject> {
  let text = ''
  for await (const chunk of stream) {
    text += (chunk as Buffer).toString('utf8')
    if (text.length > maxMetadataBytes) throw invalid('its metadata is too long')
  }
  return readMetadata(text, false)
}

async function writeFile(
  folder: string,
  filename: string,
  stream: BusboyFileStream,
  state: { readonly paths: string[]; left: number },
  maxBytes: number,
): Promise<void> {
  const path = normalizePath(filename)
  const file = join(folder, path)
  await mkdir(dirname(file), { recursive: true })
  async function* bounded(): AsyncIterable<Uint8Array> {
    for await (const chunk of stream) {
      state.left -= (chunk as Uint8Array).length
      if (state.left < 0) throw managementErrors.function_upload_too_large({ maxBytes })
      yield chunk as Uint8Array
    }
  }
  // the Supabase CLI sends some files twice; two names of one file are another matter
  const flags = state.paths.includes(path) ? 'w' : 'wx'
  await pipeline(bounded, createWriteStream(file, { flags }))
  if (flags === 'wx') state.paths.push(path)
}

/** Hands the body on as fast as its files are written. */
async function pump(request: HttpRequest, form: Busboy): Promise<void> {
  for await (const chunk of request.body.stream()) {
    if (form.destroyed) return
    if (!form.write(chunk))
      await new Promise<void>((resolve) => {
        form.once('drain', resolve)
        form.once('close', resolve)
      })
  }
  form.end()
}
