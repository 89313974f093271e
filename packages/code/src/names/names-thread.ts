/** The thread that builds segments: pages of names in, segments out, one repository at a time. */
import { parentPort } from 'node:worker_threads'
import { SegmentBuilder } from './build-segments.ts'
import type { Segment } from './segment.ts'

export type NamesRequest =
  | { readonly begin: number }
  /** A JSON array of names. */
  | { readonly page: string }
  | { readonly finish: true }

export type NamesReply = { readonly segments: readonly Segment[] } | { readonly failed: string }

let builder: SegmentBuilder | null = null

parentPort?.on('message', (request: NamesRequest) => {
  try {
    if ('begin' in request) builder = new SegmentBuilder(request.begin)
    else if ('page' in request) builder?.add(JSON.parse(request.page) as string[])
    else if (builder !== null) {
      const segments = builder.finish()
      builder = null
      parentPort?.postMessage({ segments } satisfies NamesReply, segments.flatMap(buffersOf))
    }
  } catch (error) {
    // what still comes of it is not looked at
    builder = null
    parentPort?.postMessage({
      failed: error instanceof Error ? error.name : String(error),
    } satisfies NamesReply)
  }
})

function buffersOf({ bytes, offsets, sizes, keys, starts, counts, postings }: Segment) {
  return [bytes, offsets, sizes, keys, starts, counts, postings].map(
    ({ buffer }) => buffer as ArrayBuffer,
  )
}
