/** The log of before this node listened, read from a copy of the slot: the node that reads the log does not notice. */
import { Replication } from '#base/db'
import type { Project } from '#base/service'
import { findPublications, readPositions, slotName } from './slot.ts'
import type { ConnectReplication } from './slot.ts'

/** What takes longer is given up. */
const withinMs = 15_000

export interface PastOptions {
  readonly project: Project
  readonly connect: ConnectReplication
  /** The place of the last commit that is wanted. */
  readonly upTo: bigint
  /** Transactions that were committed behind it follow. */
  readonly onBegin: (lsn: bigint) => void
  readonly onMessage: (message: Buffer) => void
}

/** Rejects with what Postgres says, and when it takes too long. */
export async function readPast(options: PastOptions): Promise<void> {
  const { project, connect, upTo } = options
  const slot = await slotName(project)
  const copy = `${slot}_${Buffer.from(project.random.bytes(6)).toString('hex')}`
  let end: (error: Error | null) => void = () => {}
  const over = new Promise<void>((resolve, reject) => {
    end = (error) => (error === null ? resolve() : reject(error))
  })
  over.catch(() => {})
  const timer = setTimeout(() => end(new Error('it took too long')), withinMs)
  const replication = await Replication.open(await connect(), {
    onChange: (message) => {
      if (message[0] === 0x42 /* B */ && message.readBigUInt64BE(1) > upTo) end(null)
      else options.onMessage(message)
    },
    onKeepalive: (lsn) => {
      if (lsn > upTo) end(null)
    },
    onClose: (error) => end(error),
  })
  try {
    await replication.copySlot(slot, copy)
    const { confirmed } = await readPositions(project, copy)
    options.onBegin(confirmed)
    if (confirmed > upTo) return
    // rows are counted as the node counts them that reads the log
    await replication.start(copy, await findPublications(project, async () => {}))
    await over
  } finally {
    clearTimeout(timer)
    // the copy goes with its connection
    replication.close()
  }
}
