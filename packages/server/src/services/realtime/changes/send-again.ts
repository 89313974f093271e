/** Changes of the past, to one listener, in the order of the log. */
import type { ChangeRequest } from '#services/realtime/channel'
import type { Change } from '#services/realtime/rows'
import { createChange, decodeMessage, typeOf } from '#services/realtime/rows'
import { Delivery } from './delivery.ts'
import type { DeliveryOptions } from './delivery.ts'
import type { PastChange } from './history.ts'
import { parseParams } from './params.ts'
import { Subscriptions } from './subscriptions.ts'

/** As many as one statement decides on. */
const batchChanges = 200

export async function sendAgain(
  past: readonly PastChange[],
  requests: readonly ChangeRequest[],
  how: Omit<DeliveryOptions, 'subscriptions'>,
): Promise<void> {
  const subscriptions = new Subscriptions()
  for (const { params, ...request } of requests)
    subscriptions.add({ ...request, params: parseParams(params) })
  const delivery = new Delivery({ ...how, subscriptions })
  const send = async (batch: readonly Change[]): Promise<void> => {
    const { sent } = await delivery.deliver(batch)
    await sent
  }
  let batch: Change[] = []
  for (const entry of past) {
    const change = changeOf(entry)
    if (change === null || !subscriptions.isWanted(change.relation, change.type)) continue
    if (batch.push(change) < batchChanges) continue
    await send(batch)
    batch = []
    if (how.isOver()) return
  }
  if (batch.length > 0) await send(batch)
}

function changeOf({ message, ...place }: PastChange): Change | null {
  const decoded = decodeMessage(message)
  if (decoded === null || !('oid' in decoded)) return null
  const now = decoded.kind === 'delete' ? null : decoded.now()
  const before = decoded.kind === 'insert' ? null : decoded.before()
  return createChange(typeOf(decoded), place, now, before)
}
