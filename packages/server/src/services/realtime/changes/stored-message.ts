/** A row of `realtime.messages` that was committed, to those in its topic: `realtime.send` and its kin. */
import type { Hub } from '#services/realtime/channel'
import { broadcastPayload } from '#services/realtime/wire'
import type { Relation, Tuple } from '#services/realtime/rows'

/** The table is partitioned by day. */
export function isMessages({ schema, table }: Relation): boolean {
  return schema === 'realtime' && (table === 'messages' || table.startsWith('messages_'))
}

export function broadcastStored(hub: Hub, { columns }: Relation, tuple: Tuple): void {
  const cells = new Map(columns.map(({ name }, i) => [name, tuple[i] ?? null]))
  const topic = hub.find(cells.get('topic') ?? '', cells.get('private') === 't')
  if (topic === undefined || cells.get('extension') !== 'broadcast') return
  const event = cells.get('event') ?? ''
  const metadata = JSON.stringify({ id: cells.get('id') })
  const bytes = cells.get('binary_payload') ?? null
  if (bytes === null) {
    const payload = cells.get('payload') ?? 'null'
    topic.deliverText(broadcastPayload({ event, metadata }, payload))
  } else {
    const binary = { event, metadata, isJson: false, bytes: Buffer.from(bytes.slice(2), 'hex') }
    topic.deliverBinary(binary)
  }
}
