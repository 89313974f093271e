/** What nodes say to each other: messages by topic, to whoever listens now. Nothing is kept. */

export interface Bus {
  /** There can be no other: what is said need not even be written down. */
  readonly isAlone: boolean
  /** Whether messages reach the other nodes. What is published meanwhile is lost. */
  readonly isUp: boolean
  /**
   * To every other connection that is subscribed to `topic`, never to this one; messages of one connection arrive in their
   * order. Must not be larger than `maxMessageBytes`.
   */
  publish(topic: string, message: Uint8Array): void
  /**
   * Resolves when messages will arrive; while the bus is interrupted at once, and they arrive when it is back. Returns
   * what ends it. Listeners must not throw, and may keep the message.
   */
  subscribe(topic: string, listener: (message: Uint8Array) => void): Promise<() => void>
  /** Messages were perhaps lost, and arrive again: what depends on all of them has to ask. Returns what ends it. */
  onRestored(listener: () => void): () => void
  close(): Promise<void>
}

export const maxMessageBytes = 16 * 1024 * 1024

/** The same bus, under topics of one's own; closing it ends its subscriptions, not the bus. */
export function scopedBus(bus: Bus, scope: string): Bus {
  const ends = new Set<() => void>()
  const remember = (end: () => void): (() => void) => {
    const once = (): void => {
      ends.delete(once)
      end()
    }
    ends.add(once)
    return once
  }
  return {
    get isAlone() {
      return bus.isAlone
    },
    get isUp() {
      return bus.isUp
    },
    publish: (topic, message) => bus.publish(`${scope}:${topic}`, message),
    subscribe: async (topic, listener) =>
      remember(await bus.subscribe(`${scope}:${topic}`, listener)),
    onRestored: (listener) => remember(bus.onRestored(listener)),
    close: async () => {
      for (const end of ends) end()
    },
  }
}
