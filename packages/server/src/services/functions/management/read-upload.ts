/** The form a function is sent in: its metadata, and its files, which are written as they come. */
import { guardParts, pumpForm } from '#base/form'
import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
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
  const receiver = new Receiver(openForm(request), folder, maxBytes)
  await pumpForm(request, receiver.form).catch((error: unknown) => receiver.fail(error))
  return receiver.end()
}

/** What has come of a form. */
class Receiver {
  readonly form: Busboy
  readonly #folder: string
  readonly #maxBytes: number
  readonly #paths: string[] = []
  readonly #open = new Set<BusboyFileStream>()
  readonly #ended: Promise<void>
  #metadata: JsonObject | null = null
  #bytesLeft: number
  #failure: unknown = null
  /** One file after the other: that is how they come. */
  #writing: Promise<void> = Promise.resolve()

  constructor(form: Busboy, folder: string, maxBytes: number) {
    this.form = form
    this.#folder = folder
    this.#maxBytes = maxBytes
    this.#bytesLeft = maxBytes
    form.on('field', (name, value, _, isCut) => this.#onField(name, value, isCut))
    form.on('file', (name, stream, filename) => this.#onFile(name, stream, filename ?? ''))
    for (const event of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const)
      form.on(event, () => this.fail(invalid('it has too many parts')))
    this.#ended = new Promise((resolve) => {
      form.on('finish', resolve)
      form.on('close', resolve)
      form.on('error', (error) => {
        this.fail(invalid(error instanceof Error ? error.message : 'it ends too early'))
        resolve()
      })
    })
  }

  /** The first reason counts. */
  fail(reason: unknown): void {
    this.#failure ??= reason
    for (const stream of this.#open) stream.destroy()
    this.form.destroy()
  }

  async end(): Promise<Upload> {
    await this.#ended
    await this.#writing
    if (this.#failure !== null) throw asInvalid(this.#failure)
    if (this.#metadata === null) throw invalid('it has no part metadata')
    if (this.#paths.length === 0) throw invalid('it has no files')
    return { metadata: this.#metadata, paths: this.#paths }
  }

  #onField(name: string, value: string, isCut: boolean): void {
    if (name !== 'metadata') return
    try {
      this.#metadata = readMetadata(value, isCut)
    } catch (error) {
      this.fail(error)
    }
  }

  #onFile(name: string, stream: BusboyFileStream, filename: string): void {
    stream.on('error', () => {})
    this.#open.add(stream)
    this.#writing = this.#writing
      .then(async () => {
        if (this.#failure !== null) return
        if (name === 'metadata') this.#metadata = await readMetadataFile(stream)
        else await this.#write(filename, stream)
        this.#open.delete(stream)
      })
      .catch((error: unknown) => this.fail(error))
  }

  async #write(filename: string, stream: BusboyFileStream): Promise<void> {
    const path = normalizePath(filename)
    const file = join(this.#folder, path)
    await mkdir(dirname(file), { recursive: true })
    // the Supabase CLI sends some files twice; two names of one file are another matter
    const isKnown = this.#paths.includes(path)
    const target = createWriteStream(file, { flags: isKnown ? 'w' : 'wx' })
    await pipeline(this.#bounded(stream), target)
    if (!isKnown) this.#paths.push(path)
  }

  async *#bounded(stream: BusboyFileStream): AsyncIterable<Uint8Array> {
    for await (const chunk of stream) {
      this.#bytesLeft -= (chunk as Uint8Array).length
      if (this.#bytesLeft < 0)
        throw managementErrors.function_upload_too_large({ maxBytes: this.#maxBytes })
      yield chunk as Uint8Array
    }
  }
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
