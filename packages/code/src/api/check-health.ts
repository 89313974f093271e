/** How the service stands: the project, the database, the queue. */
import type { SupabaseClient } from '@supabase/supabase-js'
import { schema } from '#http'
import { messageOf } from '#core'
import type { Database } from '#postgres'
import { readDepth } from '#queue'
import type { QueueDepth } from '#queue'

export interface Health {
  readonly status: 'ok' | 'degraded'
  readonly supabase_status: 'healthy' | 'unhealthy'
  readonly supabase_latency_ms: number
  readonly database_status: 'healthy' | 'unhealthy'
  readonly database_latency_ms: number
  readonly job_queue: QueueDepth | null
  readonly problem?: string
}

const { integer, named, number, objectOf, oneOf, orNull, text, time } = schema

const depth = objectOf({
  queued: integer,
  in_progress: integer,
  failed: { ...integer, description: 'In the last day' },
  oldest_queued_at: orNull(time),
})
export const healthSchema = named(
  'Health',
  objectOf(
    {
      status: oneOf('ok', 'degraded'),
      supabase_status: oneOf('healthy', 'unhealthy'),
      supabase_latency_ms: number,
      database_status: oneOf('healthy', 'unhealthy'),
      database_latency_ms: number,
      job_queue: orNull(depth),
      problem: text,
    },
    ['problem'],
  ),
)

const timeoutMs = 3_000
/** Anybody may ask: the answer is kept for so long. */
const keptMs = 1_000

export class HealthCheck {
  readonly #db: Database
  readonly #supabase: SupabaseClient
  #last: { readonly atMs: number; readonly health: Promise<Health> } | null = null

  constructor(db: Database, supabase: SupabaseClient) {
    this.#db = db
    this.#supabase = supabase
  }

  read(): Promise<Health> {
    const now = performance.now()
    if (this.#last === null || now - this.#last.atMs > keptMs)
      this.#last = { atMs: now, health: this.#check() }
    return this.#last.health
  }

  async #check(): Promise<Health> {
    const [project, queue] = await Promise.all([
      timed(async () => {
        const { error } = await this.#supabase
          .from('repositories')
          .select('id')
          .limit(1)
          .abortSignal(AbortSignal.timeout(timeoutMs))
        if (error !== null) throw new Error(error.message)
      }),
      timed(() => readDepth(this.#db)),
    ])
    const problem = project.problem ?? queue.problem
    return {
      status: problem === null ? 'ok' : 'degraded',
      supabase_status: project.problem === null ? 'healthy' : 'unhealthy',
      supabase_latency_ms: project.ms,
      database_status: queue.problem === null ? 'healthy' : 'unhealthy',
      database_latency_ms: queue.ms,
      job_queue: queue.value,
      ...(problem === null ? {} : { problem: 'The project or its database cannot be asked.' }),
    }
  }
}

async function timed<T>(work: () => Promise<T>) {
  const started = performance.now()
  const elapsed = (): number => Math.round((performance.now() - started) * 10) / 10
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), timeoutMs)
  })
  try {
    return { value: await Promise.race([work(), late]), ms: elapsed(), problem: null }
  } catch (error) {
    return { value: null, ms: elapsed(), problem: messageOf(error) }
  } finally {
    clearTimeout(timer)
  }
}
