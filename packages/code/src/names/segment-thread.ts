/** Segments built in a thread, one repository at a time, so that nobody's request waits for it. */
import { Worker } from 'node:worker_threads'
import type { NamesReply, NamesRequest } from './names-thread.ts'
import type { Segment } from './segment.ts'

// tests run the sources, a thread what was built of them
const program = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/names/names-thread.js' : './names-thread.js',
  import.meta.url,
)

export class SegmentThread {
  #worker: Worker | null = null

  /**
   * `pages`: JSON arrays of names, in the order of their bytes over all of them. Null where the segments would be larger than
   * `maxBytes`. One at a time.
   */
  async build(pages: AsyncIterable<string>, maxBytes: number): Promise<readonly Segment[] | null> {
    const worker = (this.#worker ??= start())
    let isOver = false
    const replied = replyOf(worker)
    const onReply = (): void => void (isOver = true)
    replied.then(onReply, onReply)
    try {
      send(worker, { begin: maxBytes })
      for await (const page of pages) {
        // too large already
        if (isOver) break
        send(worker, { page })
      }
      send(worker, { finish: true })
      const reply = await replied
      if ('segments' in reply) return reply.segments.map(received)
      if (reply.failed === 'NamesTooLarge') return null
      throw new Error(`names were not indexed: ${reply.failed}`)
    } catch (error) {
      await this.close()
      throw error
    }
  }

  async close(): Promise<void> {
    const worker = this.#worker
    this.#worker = null
    await worker?.terminate()
  }
}

/** A buffer comes as the bytes it is made of. */
function received(segment: Segment): Segment {
  const { buffer, byteOffset, length } = segment.bytes
  return { ...segment, bytes: Buffer.from(buffer, byteOffset, length) }
}

function start(): Worker {
  const worker = new Worker(program, {
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  })
  worker.unref()
  return worker
}

function send(worker: Worker, request: NamesRequest): void {
  worker.postMessage(request)
}

function replyOf(worker: Worker): Promise<NamesReply> {
  return new Promise((resolve, reject) => {
    const finish = (): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit)
      worker.on('error', () => {})
    }
    const onMessage = (reply: NamesReply): void => {
      finish()
      resolve(reply)
    }
    const onError = (error: Error): void => {
      finish()
      reject(error)
    }
    const onExit = (): void => onError(new Error('the thread ended'))
    worker.on('message', onMessage).on('error', onError).on('exit', onExit)
  })
}
