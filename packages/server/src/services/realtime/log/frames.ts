/** The log of changes as nodes hand it to each other: a stream of messages cut into numbered frames. */

/** From the node that reads the log, to all. */
export type LeaderMessage =
  /** `next` is the number of the frame that will come next; changes that were committed before `from` cannot be had. */
  | { readonly kind: 'beat'; readonly epoch: string; readonly next: number; readonly from: bigint }
  /** To one node: from frame `next` on it gets everything that was not read up to `at`. */
  | {
      readonly kind: 'welcome'
      readonly epoch: string
      readonly next: number
      readonly node: string
      readonly at: bigint
      readonly from: bigint
    }
  /** The reading is over: another node may begin. */
  | { readonly kind: 'over'; readonly epoch: string }
  | {
      readonly kind: 'frame'
      readonly epoch: string
      readonly number: number
      readonly bytes: Buffer
    }

/** From a node that listens, to the one that reads. */
export type FollowerMessage =
  /** `has`: everything up to there; null when it begins now. */
  | { readonly kind: 'hello'; readonly node: string; readonly has: bigint | null }
  /** Frames before `next` are done with, everything up to `sent` has been sent. */
  | {
      readonly kind: 'ack'
      readonly node: string
      readonly epoch: string
      readonly next: number
      readonly sent: bigint
    }
  | { readonly kind: 'bye'; readonly node: string }

const epochBytes = 12
const frameHead = 1 + epochBytes + 8
const frameMark = 0x46 /* F */

/** Twelve letters. */
export type Epoch = string

export function encodeFrame(epoch: Epoch, number: number, bytes: Uint8Array): Uint8Array {
  const head = Buffer.alloc(frameHead)
  head[0] = frameMark
  head.write(epoch, 1, 'latin1')
  head.writeBigUInt64BE(BigInt(number), 1 + epochBytes)
  return Buffer.concat([head, bytes])
}

export function encodeMessage(
  message: Exclude<LeaderMessage, { kind: 'frame' }> | FollowerMessage,
): Uint8Array {
  return Buffer.from(
    JSON.stringify(message, (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    ),
  )
}

export function decodeLeaderMessage(message: Uint8Array): LeaderMessage | null {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength)
  if (bytes[0] === frameMark) {
    if (bytes.length < frameHead) return null
    const epoch = bytes.toString('latin1', 1, 1 + epochBytes)
    const number = Number(bytes.readBigUInt64BE(1 + epochBytes))
    return { kind: 'frame', epoch, number, bytes: bytes.subarray(frameHead) }
  }
  const fields = new Fields(bytes)
  const epoch = fields.text('epoch')
  if (epoch === null) return null
  if (fields.kind === 'over') return { kind: 'over', epoch }
  const [next, from] = [fields.count('next'), fields.lsn('from')]
  if (next === null || from === null) return null
  if (fields.kind === 'beat') return { kind: 'beat', epoch, next, from }
  const [node, at] = [fields.text('node'), fields.lsn('at')]
  if (fields.kind !== 'welcome' || node === null || at === null) return null
  return { kind: 'welcome', epoch, next, node, at, from }
}

export function decodeFollowerMessage(message: Uint8Array): FollowerMessage | null {
  const fields = new Fields(message)
  const node = fields.text('node')
  if (node === null) return null
  if (fields.kind === 'bye') return { kind: 'bye', node }
  if (fields.kind === 'hello') return { kind: 'hello', node, has: fields.lsn('has') }
  const [epoch, next, sent] = [fields.text('epoch'), fields.count('next'), fields.lsn('sent')]
  if (fields.kind !== 'ack' || epoch === null || next === null || sent === null) return null
  return { kind: 'ack', node, epoch, next, sent }
}

const maxMessageBytes = 1_000

/** Of a JSON object that may be anything. */
class Fields {
  readonly #values: Readonly<Record<string, unknown>>

  constructor(message: Uint8Array) {
    this.#values = parseObject(message)
  }

  get kind(): unknown {
    return this.#values['kind']
  }

  text(name: string): string | null {
    const value = this.#values[name]
    return typeof value === 'string' && value.length <= 64 ? value : null
  }

  count(name: string): number | null {
    const value = this.#values[name]
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null
  }

  lsn(name: string): bigint | null {
    const value = this.#values[name]
    return typeof value === 'string' && /^\d{1,20}$/.test(value) ? BigInt(value) : null
  }
}

function parseObject(message: Uint8Array): Readonly<Record<string, unknown>> {
  if (message.length > maxMessageBytes) return {}
  try {
    const value: unknown = JSON.parse(Buffer.from(message).toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** A message of the log, or (`reached`) how far it has been read, in the stream. */
export function encodeEntry(kind: 'message' | 'reached', bytes: Uint8Array): Uint8Array[] {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(bytes.length)
  head[4] = kind === 'message' ? 0x6d : 0x6b
  return [head, bytes]
}

/** Puts the stream together again. */
export class EntryReader {
  readonly #onEntry: (kind: 'message' | 'reached', bytes: Buffer) => void
  #parts: Buffer[] = []
  #length = 0

  constructor(onEntry: (kind: 'message' | 'reached', bytes: Buffer) => void) {
    this.#onEntry = onEntry
  }

  push(bytes: Buffer): void {
    this.#parts.push(bytes)
    this.#length += bytes.length
    if (this.#length < this.#wanted()) return
    let rest = this.#parts.length === 1 ? bytes : Buffer.concat(this.#parts)
    while (rest.length >= 5) {
      const end = 5 + rest.readUInt32BE(0)
      if (rest.length < end) break
      this.#onEntry(rest[4] === 0x6d ? 'message' : 'reached', rest.subarray(5, end))
      rest = rest.subarray(end)
    }
    this.#parts = rest.length === 0 ? [] : [rest]
    this.#length = rest.length
  }

  clear(): void {
    this.#parts = []
    this.#length = 0
  }

  /** Bytes before which the first entry cannot be whole: a large one is not put together for each of its frames. */
  #wanted(): number {
    const [first] = this.#parts
    return first === undefined || first.length < 5 ? 5 : 5 + first.readUInt32BE(0)
  }
}
