/** What the server says of how it is. */
import type { UseQueryResult } from '@tanstack/react-query'
import { useProject } from '#studio/api'

export interface Check {
  readonly name: string
  readonly level: 'ok' | 'warning' | 'error'
  readonly message: string
  readonly remedy: string | null
}

export interface Pool {
  readonly name: string
  readonly active: number
  readonly idle: number
  readonly waiting: number
  readonly max: number
}

export interface MetricStep {
  readonly at: string
  readonly ok: number
  readonly refused: number
  readonly failed: number
  /** ms; null where nothing was asked. */
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly pools: readonly Pool[]
  readonly sockets: number
  /** Bytes. */
  readonly memory: number
  /** ms */
  readonly loop_delay: number
}

export interface Metrics {
  readonly step_ms: number
  readonly since: string | null
  readonly steps: readonly MetricStep[]
}

/** Often enough that what breaks is red within 5 s: the server itself waits 2 s for Postgres. */
export const useChecks = (ref: string): UseQueryResult<readonly Check[]> =>
  useProject<readonly Check[]>(ref, 'doctor', { everyMs: 2_000 })

export const useMetrics = (ref: string): UseQueryResult<Metrics> =>
  useProject<Metrics>(ref, 'metrics', { everyMs: 5_000 })

export const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
