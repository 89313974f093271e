/** What a database looked like at a known place of its log: other sessions can look at just that. */
import { quoteIdentifier } from '#base/sql'
import type { ConnectionOptions } from './connection-options.ts'
import { ReplicationLink, parseLsn } from './replication-link.ts'

export interface ExportedSnapshot {
  /** For `set transaction snapshot`. */
  readonly name: string
  /** All transactions are in it whose commit is written before this place, and no other. */
  readonly lsn: bigint
  /** The name is good until then. */
  close(): void
}

const purpose = { name: 'backup.snapshot', label: 'backup', mode: 'database' } as const

/**
 * Waits for the transactions that write now. `slot` is of this connection and goes with it.
 * @throws DatabaseError where `wal_level` is not `logical`.
 */
export async function exportSnapshot(
  options: ConnectionOptions,
  slot: string,
  timeoutMs: number,
): Promise<ExportedSnapshot> {
  const link = await ReplicationLink.open(options, purpose, { onData: () => {}, onClose: () => {} })
  const timer = setTimeout(() => link.close(), timeoutMs)
  try {
    const command = `CREATE_REPLICATION_SLOT ${quoteIdentifier(slot)} TEMPORARY LOGICAL pgoutput (SNAPSHOT 'export')`
    const [row] = await link.run(command)
    const [, lsn, name] = row ?? []
    return { name: name ?? '', lsn: parseLsn(lsn ?? ''), close: () => link.close() }
  } catch (error) {
    link.close()
    throw error
  } finally {
    clearTimeout(timer)
  }
}
