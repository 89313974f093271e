/** Stored messages of a private topic, to those who join later. */
import { decodeRows, ownSession } from '#base/db'
import type { Result } from '#base/db'
import { sql } from '#base/sql'
import { broadcastPayload, encodeBinaryBroadcast } from '#services/realtime/wire'
import type { Channel } from './channel.ts'
import type { RealtimeRuntime } from './runtime.ts'

export interface Replay {
  /** Milliseconds since the epoch. */
  readonly since: number
  readonly limit: number
}

const most = 25

/** Null for what is none. */
export function parseReplay(wanted: unknown): Replay | null {
  if (typeof wanted !== 'object' || wanted === null) return null
  const { since, limit = most } = wanted as { since?: unknown; limit?: unknown }
  if (typeof since !== 'number' || !Number.isSafeInteger(since)) return null
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > most)
    return null
  return { since, limit }
}

interface Stored {
  readonly id: string
  readonly event: string | null
  readonly payload: string | null
  readonly bytes: string | null
}

/** The newest ones, oldest first. */
export async function replay(
  { project }: RealtimeRuntime,
  channel: Channel,
  { since, limit }: Replay,
): Promise<void> {
  const [result] = await project.db.transaction(
    ownSession,
    [
      sql`/* realtime.replay */
        select id::text, event, payload::text, encode(binary_payload, 'base64') as bytes
        from realtime.messages
        where topic = ${channel.name} and private and extension = 'broadcast'
          and inserted_at >= to_timestamp(${since}::float8 / 1000) at time zone 'utc'
        order by inserted_at desc limit ${limit}`,
    ],
    { lane: 'read', leaves: 'nothing', timeoutMs: 5_000 },
  )
  for (const stored of decodeRows<Stored>(result as Result).toReversed()) send(channel, stored)
}

function send(channel: Channel, { id, event, payload, bytes }: Stored): void {
  const head = { event: event ?? '', metadata: JSON.stringify({ id, replayed: true }) }
  if (bytes === null) {
    channel.push('broadcast', broadcastPayload(head, payload ?? 'null'))
    return
  }
  const binary = { ...head, isJson: false, bytes: Buffer.from(bytes, 'base64') }
  const frame = encodeBinaryBroadcast(channel.version, `realtime:${channel.name}`, binary)
  if (frame !== null) channel.write(frame)
}
