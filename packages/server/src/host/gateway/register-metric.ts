/** A metric that is counted elsewhere and read when it is scraped. */
import type { Metric, Registry } from 'prom-client'

type Labels = Readonly<Record<string, string | number>>

export interface Sample {
  readonly metricName?: string
  readonly labels: Labels
  readonly value: number
}

export interface ReadableMetric {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly values: () => Sample[]
  /** Of what several processes say of the same; default their sum. */
  readonly aggregator?: 'sum' | 'max' | 'min'
}

/** What a registry asks of a metric when it is scraped is no more than this. */
export function register(registry: Registry, given: ReadableMetric): void {
  const { name, help, type, values, aggregator = 'sum' } = given
  const metric = {
    name,
    help,
    type,
    get: () => Promise.resolve({ name, help, type, aggregator, values: values() }),
    reset: () => {},
  }
  registry.registerMetric(metric as unknown as Metric)
}
