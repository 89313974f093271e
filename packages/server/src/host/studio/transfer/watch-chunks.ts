/** A file on its way: counted, without its byte order mark, and given up when nothing more of it comes. */

export interface Watched {
  bytes: number
  readonly status: string
}

const stallMs = 60_000

/** Whoever sends nothing holds a connection, and locks. */
export async function* watchChunks(
  chunks: AsyncIterable<Uint8Array>,
  state: Watched,
  maxStallMs = stallMs,
): AsyncIterable<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await inTime(iterator.next(), maxStallMs)
      if (state.status === 'cancelled') throw new Error('cancelled')
      if (next.done === true) return
      const chunk = next.value
      const isMarked =
        state.bytes === 0 && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf
      state.bytes += chunk.length
      yield isMarked ? chunk.subarray(3) : chunk
    }
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
