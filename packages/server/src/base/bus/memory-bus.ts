/** A bus inside one process: what a single node has, and what several of them have in a test. */
import type { Bus } from './bus.ts'
import { Topics } from './topics.ts'

export interface MemoryBus {
  /** Of one node. */
  connect(): Bus
  /** Messages are lost until `restore`, as when the server of a bus goes away. */
  interrupt(): void
  restore(): void
}

export function createMemoryBus(): MemoryBus {
  const nodes = new Set<MemoryConnection>()
  let isUp = true
  const hub = {
    nodes,
    get isUp() {
      return isUp
    },
  }
  return {
    connect: () => {
      const node = new MemoryConnection(hub)
      nodes.add(node)
      return node
    },
    interrupt: () => {
      isUp = false
    },
    restore: () => {
      isUp = true
      for (const node of nodes) node.restored()
    },
  }
}

interface Hub {
  readonly isUp: boolean
  readonly nodes: Set<MemoryConnection>
}

class MemoryConnection implements Bus {
  readonly #hub: Hub
  readonly #topics = new Topics()
  readonly #onRestored = new Set<() => void>()
  #waiting: (readonly [topic: string, message: Uint8Array])[] = []

  constructor(hub: Hub) {
    this.#hub = hub
  }

  get isAlone(): boolean {
    return this.#hub.nodes.size < 2
  }

  get isUp(): boolean {
    return this.#hub.isUp
  }

  publish(topic: string, message: Uint8Array): void {
    if (!this.isUp || !this.#hub.nodes.has(this)) return
    for (const node of this.#hub.nodes) if (node !== this) node.#receive(topic, message)
  }

  async subscribe(topic: string, listener: (message: Uint8Array) => void): Promise<() => void> {
    this.#topics.add(topic, listener)
    return () => void this.#topics.remove(topic, listener)
  }

  onRestored(listener: () => void): () => void {
    this.#onRestored.add(listener)
    return () => this.#onRestored.delete(listener)
  }

  async close(): Promise<void> {
    this.#hub.nodes.delete(this)
    this.#topics.clear()
    this.#onRestored.clear()
  }

  restored(): void {
    for (const listener of this.#onRestored) listener()
  }

  /** In a turn of its own: as over a network, nobody hears while it speaks. */
  #receive(topic: string, message: Uint8Array): void {
    if (!this.#topics.has(topic)) return
    this.#waiting.push([topic, message])
    if (this.#waiting.length > 1) return
    setImmediate(() => {
      for (const [about, content] of this.#waiting.splice(0)) this.#topics.tell(about, content)
    })
  }
}
