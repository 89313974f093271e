/** A form with one file: its fields, which come before it, and its bytes as they arrive. */
import { guardParts, pumpForm } from '#base/form'
import { Busboy } from '@fastify/busboy'
import type { BusboyFileStream } from '@fastify/busboy'
import type { HttpRequest } from '#base/http'
import { storageErrors } from '#services/storage/core'

export interface UploadForm {
  readonly fields: ReadonlyMap<string, string>
  readonly contentType: string
  /** As the client named the file; may be empty. */
  readonly filename: string
  readonly body: AsyncIterable<Uint8Array>
  /** To be called when nobody reads on: the rest is dropped, and the connection is free for its next request. */
  discard(): void
}

/** What the fields of a form may be: each of them and all together, for they are kept until the file begins. */
export interface FormLimits {
  readonly fields: number
  readonly bytes: number
}

const uploadLimits: FormLimits = { fields: 10, bytes: 1024 * 1024 + 16 * 1024 }

/** Resolves when the file begins. */
export function readForm(
  request: HttpRequest,
  limits: FormLimits = uploadLimits,
): Promise<UploadForm> {
  return new Promise((resolve, reject) => {
    const form = openForm(request, limits)
    const fields = new Map<string, string>()
    let left = limits.bytes
    const failed = { reason: null as unknown }
    let file: BusboyFileStream | null = null
    const fail = (reason: unknown): void => {
      failed.reason ??= reason
      reject(failed.reason as Error)
      file?.destroy()
      form.destroy()
    }
    form.on('field', (name, value, _isNameCut, isCut) => {
      left -= Buffer.byteLength(value)
      if (isCut || left < 0) fail(storageErrors.EntityTooLarge())
      else fields.set(name, value)
    })
    form.on('file', (_name, stream, filename, _encoding, contentType) => {
      file = stream
      stream.on('error', () => {})
      resolve({
        fields,
        contentType,
        filename: filename ?? '',
        body: bytesOf(stream, failed),
        discard: () => void form.destroy(),
      })
    })
    form.on('partsLimit', () => fail(malformed('the form has too many parts')))
    form.on('finish', () => reject(malformed('the form has no file')))
    form.on('error', (error) => {
      fail(malformed(error instanceof Error ? error.message : 'the form ends too early'))
    })
    pumpForm(request, form).catch(fail)
  })
}

function malformed(message: string) {
  return storageErrors.Malformed({ message })
}

function openForm({ headers }: HttpRequest, { fields, bytes }: FormLimits): Busboy {
  try {
    const type = headers['content-type'] as string
    const form = new Busboy({
      headers: { ...headers, 'content-type': type },
      limits: {
        files: 1,
        fields,
        parts: fields + 2,
        fieldNameSize: 100,
        fieldSize: bytes,
        headerPairs: 50,
      },
    })
    guardParts(form)
    return form
  } catch (error) {
    throw storageErrors.InvalidContentType(undefined, error)
  }
}

/** The bytes of the file; a form that breaks off breaks them off. */
async function* bytesOf(
  stream: BusboyFileStream,
  failed: { readonly reason: unknown },
): AsyncIterable<Uint8Array> {
  try {
    for await (const chunk of stream) yield chunk as Uint8Array
  } catch (error) {
    throw failed.reason ?? error
  }
  if (failed.reason !== null) throw failed.reason
}
