/** A file on its way: counted, without its byte order mark, and given up when nothing more of it comes. */

export interface Watched {
  bytes: number
  readonly status: string
}

const stallMs = 60_000
/** Of UTF-8. */
const mark = Buffer.from('\ufeff')

/** Whoever sends nothing holds a connection, and locks. */
export async function* watchChunks(
  chunks: AsyncIterable<Uint8Array>,
  state: Watched,
  maxStallMs = stallMs,
): AsyncIterable<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]()
  let head = Buffer.alloc(0)
  let isBegun = false
  try {
    for (;;) {
      const next = await inTime(iterator.next(), maxStallMs)
      if (state.status === 'cancelled') throw new Error('cancelled')
      if (next.done === true) break
      state.bytes += next.value.length
      if (isBegun) yield next.value
      else head = Buffer.concat([head, next.value])
      // its first bytes may come one by one
      if (isBegun || head.length < mark.length) continue
      isBegun = true
      yield head.subarray(head.indexOf(mark) === 0 ? mark.length : 0)
    }
    if (!isBegun && head.length > 0) yield head
  } finally {
    // what never comes is not waited for
    void iterator.return?.()?.catch(() => {})
  }
}

async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`nothing of the file arrived for ${ms / 1000} s`)),
      ms,
    )
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
