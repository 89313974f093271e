/** A process of a node that shares the port with others: how it speaks with the one that started it. */
import type { FleetServer } from './serve-fleet.ts'
import type { FromWorker, ToWorker } from './worker-messages.ts'

/** What the command line of such a process has besides. */
export function slotArgument(slot: number): string {
  return `--worker-slot=${slot}`
}

/** Tells that requests are answered, and answers what it is asked. */
export function reportReady({ fleet, url, port }: FleetServer): void {
  process.on('message', ({ id }: ToWorker) => {
    void fleet.metrics().then((snapshot) => send({ type: 'metrics', id, snapshot }))
  })
  send({ type: 'ready', url, port })
}

export function reportFailure(message: string): void {
  send({ type: 'failed', message })
}

function send(message: FromWorker): void {
  // who started us may be gone
  if (process.connected) process.send?.(message)
}
