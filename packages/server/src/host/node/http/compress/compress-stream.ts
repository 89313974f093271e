/** A body compressed as it comes: piece by piece in the thread pool, nothing held back from a client that waits. */
import { setImmediate } from 'node:timers/promises'
import type { StreamedBody } from '#base/http'
import type { Encoder } from './encoders.ts'

/** A producer that says nothing for so long has its last words sent. */
const flushMs = 10
/** What a body known as a whole is cut into. */
const pieceBytes = 65_536

/** Each has 0.3 MB (gzip) to 1.2 MB (zstd) of state: what slow readers hold is bounded. Beyond, bodies go as they are. */
const maxOpen = 128
let open = 0

/** Whether another body may be compressed as it comes now. */
export function canCompressStream(): boolean {
  return open < maxOpen
}

export function compressStream(body: StreamedBody, createEncoder: () => Encoder): StreamedBody {
  return { [Symbol.asyncIterator]: () => compress(body, createEncoder()) }
}

/** Bytes that are there, as pieces that no other request has to wait for. */
export function piecesOf(parts: readonly Uint8Array[]): StreamedBody {
  return {
    [Symbol.asyncIterator]: async function* () {
      for (const part of parts)
        for (let at = 0; at < part.length; at += pieceBytes)
          yield part.subarray(at, at + pieceBytes)
    },
  }
}

async function* compress(body: StreamedBody, encoder: Encoder): AsyncGenerator<Uint8Array> {
  const made: Uint8Array[] = []
  const take = (): Uint8Array[] => made.splice(0)
  let failure: Error | null = null
  encoder.on('data', (bytes: Uint8Array) => made.push(bytes))
  encoder.on('error', (error: Error) => (failure = error))
  const chunks = body[Symbol.asyncIterator]()
  let size = 0
  let isOver = false
  open++
  try {
    let next = chunks.next()
    for (let isFlushed = true; ;) {
      if (!isFlushed && (await isSlow(next))) {
        await new Promise<void>((resolve) => encoder.flush(resolve))
        await setImmediate()
        isFlushed = true
        yield* take()
      }
      const { done, value } = await next
      if (done === true) break
      size += value.length
      await new Promise<void>((resolve) => encoder.write(value, () => resolve()))
      body.release?.(value)
      if (failure !== null) throw failure as Error
      isFlushed = false
      yield* take()
      next = chunks.next()
    }
    isOver = true
    // half of it, compressed, would look like all of it
    if (size !== (body.length ?? size))
      throw new Error(`the body has ${size} bytes instead of ${body.length}`)
    const ended = new Promise<void>((resolve, reject) => {
      encoder.once('end', resolve).once('error', reject)
    })
    encoder.end()
    await ended
    yield* take()
  } finally {
    open--
    encoder.destroy()
    if (!isOver) await chunks.return?.()
  }
}

async function isSlow(next: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(true), flushMs)
  })
  const here = next.then(
    () => false,
    () => false,
  )
  try {
    return await Promise.race([here, late])
  } finally {
    clearTimeout(timer)
  }
}
