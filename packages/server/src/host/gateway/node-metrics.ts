/** What is the same for all projects: the machine, certificates. */
import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import type { Registry } from 'prom-client'
import { register } from './register-metric.ts'
import type { Sample } from './register-metric.ts'

/** What expires, by kind: Unix seconds. Asked at each scrape. */
export type Expiry = () => readonly {
  readonly labels: Sample['labels']
  readonly atSeconds: number
}[]

export function registerNode(registry: Registry, certificates: Expiry): void {
  const memory = memoryBytes()
  register(registry, {
    name: 'node_memory_total_bytes',
    help: 'Memory of the machine, or what this process may have of it (cgroup)',
    type: 'gauge',
    aggregator: 'max',
    values: () => [{ labels: {}, value: memory }],
  })
  register(registry, {
    name: 'tls_certificate_expiry_timestamp_seconds',
    help: 'When the certificate of api.tls ends, as it is on the disk',
    type: 'gauge',
    aggregator: 'min',
    values: () => certificates().map(({ labels, atSeconds }) => ({ labels, value: atSeconds })),
  })
}

/** A container is told its own limit. */
function memoryBytes(): number {
  const total = totalmem()
  for (const path of ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes']) {
    try {
      const limit = Number(readFileSync(path, 'utf8'))
      if (limit > 0 && limit < total) return limit
    } catch {
      // another kind of cgroup, or none
    }
  }
  return total
}
