/** One replication connection that holds the lock and reads the slot; the lock goes with it. */
import { Replication } from '#base/db'
import type { Project } from '#base/service'
import { createSlot, findPublications, lockKey, readPositions, slotName } from './slot.ts'
import type { ConnectReplication } from './slot.ts'

export interface LogConnectionOptions {
  readonly project: Project
  readonly connect: ConnectReplication
  readonly createMessagesPublication: () => Promise<void>
  /** Transactions that ended before are not wanted; 0 for all that the slot has. */
  readonly from: bigint
  readonly onMessage: (message: Buffer) => void
  readonly onKeepalive: (lsn: bigint, mustAnswer: boolean) => void
  readonly onClose: (error: Error) => void
}

export interface LogConnection {
  readonly publications: readonly string[]
  /** Changes that were committed before cannot be had. */
  readonly begin: bigint
  /** Where the server's log ended when this one began. */
  readonly now: bigint
  /** Messages arrive from here on. */
  start(): Promise<void>
  confirm(lsn: bigint): void
  pause(): void
  resume(): void
  close(): void
}

/** Null when another session holds the lock. Rejects with what Postgres says. */
export async function openLogConnection(
  options: LogConnectionOptions,
): Promise<LogConnection | null> {
  const { project, from } = options
  const slot = await slotName(project)
  let isOpen = true
  const replication = await Replication.open(await options.connect(), {
    onChange: options.onMessage,
    onKeepalive: options.onKeepalive,
    onClose: (error) => {
      if (isOpen) options.onClose(error)
    },
  })
  const close = (): void => {
    isOpen = false
    replication.close()
  }
  try {
    if (!(await replication.tryLock(lockKey))) {
      close()
      return null
    }
    const publications = await findPublications(project, options.createMessagesPublication)
    const isNew = await createSlot(replication, slot)
    const { confirmed, now } = await readPositions(project, slot)
    return {
      publications,
      begin: isNew || confirmed > from ? confirmed : from,
      now: isNew ? 0n : now,
      start: () => replication.start(slot, publications, from),
      confirm: (lsn) => replication.confirm(lsn),
      pause: () => replication.pause(),
      resume: () => replication.resume(),
      close,
    }
  } catch (error) {
    close()
    throw error
  }
}
