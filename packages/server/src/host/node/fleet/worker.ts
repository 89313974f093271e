/** A process of a node that shares the port with others: how it speaks with the one that started it. */
import type { FleetServer } from './serve-fleet.ts'
import type { FromWorker, ToWorker } from './worker-messages.ts'

/** What the command line of such a process has besides. */
export function slotArgument(slot: number): string {
  return `--worker-slot=${slot}`
}

/** Tells that requests are answered, and answers what it is asked. */
export function reportReady({ fleet, url, port, studioUrl }: FleetServer): void {
  process.on('message', ({ id }: ToWorker) => {
    void fleet.metrics().then((snapshot) => send({ type: 'metrics', id, snapshot }))
  })
  void send({ type: 'ready', url, port, studioUrl })
}

/** Resolves when it is told. */
export function reportFailure(message: string): Promise<void> {
  return send({ type: 'failed', message })
}

/** The channel to who started us would keep this process alive. */
export function leave(): void {
  if (process.connected) process.disconnect()
}

function send(message: FromWorker): Promise<void> {
  // who started us may be gone
  if (!process.connected) return Promise.resolve()
  return new Promise((resolve) => process.send?.(message, undefined, {}, () => resolve()))
}
