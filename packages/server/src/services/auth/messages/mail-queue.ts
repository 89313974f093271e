/**
 * Mails on their way out, behind the answer: so many at a time, tried again after a while, never more waiting than fit.
 * In memory: what a process has not delivered when it ends for good is lost, and its user asks again.
 */
import type { MailQueue, QueuedMail } from '#services/auth/core'

export interface MailQueueOptions {
  readonly concurrency?: number
  readonly maxWaiting?: number
  /** One further attempt each. */
  readonly retryAfterMs?: readonly number[]
}

interface Entry extends QueuedMail {
  attempts: number
  timer: NodeJS.Timeout | null
}

export function createMailQueue(options: MailQueueOptions = {}): MailQueue {
  const { concurrency = 4, maxWaiting = 1_000, retryAfterMs = [1_000, 5_000, 30_000] } = options
  const ready: Entry[] = []
  /** Failed, and waiting for their next attempt. */
  const resting = new Set<Entry>()
  const counts = { running: 0, sent: 0, failed: 0 }
  let draining = false
  let onIdle: (() => void) | null = null

  const waiting = (): number => ready.length + resting.size + counts.running

  function pump(): void {
    while (counts.running < concurrency) {
      const entry = ready.shift()
      if (entry === undefined) break
      counts.running++
      void attempt(entry)
    }
    if (waiting() === 0) onIdle?.()
  }

  async function attempt(entry: Entry): Promise<void> {
    entry.attempts++
    try {
      await entry.deliver()
      counts.sent++
    } catch (error) {
      putBack(entry, error)
    }
    counts.running--
    pump()
  }

  function putBack(entry: Entry, error: unknown): void {
    const { action, attempts, log } = entry
    const reason = error instanceof Error ? error.message : String(error)
    const waitMs = isFinal(error) || draining ? undefined : retryAfterMs[attempts - 1]
    if (waitMs === undefined) {
      counts.failed++
      log.error('a mail could not be sent', { action, attempts, reason })
      return
    }
    log.warn('a mail is tried again', { action, attempts, reason, after_ms: waitMs })
    resting.add(entry)
    entry.timer = setTimeout(() => wake(entry), waitMs)
    entry.timer.unref()
  }

  function wake(entry: Entry): void {
    if (entry.timer !== null) clearTimeout(entry.timer)
    if (!resting.delete(entry)) return
    ready.push(entry)
    pump()
  }

  return {
    hasRoom: () => waiting() < maxWaiting,
    add: (mail) => {
      if (waiting() >= maxWaiting) {
        counts.failed++
        mail.log.error('a mail was dropped: too many are waiting', { action: mail.action })
        return
      }
      ready.push({ ...mail, attempts: 0, timer: null })
      pump()
    },
    drain: async (withinMs) => {
      draining = true
      for (const entry of resting) wake(entry)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, withinMs)
        onIdle = () => (clearTimeout(timer), resolve())
        pump()
      })
      for (const { action, log } of ready) log.error('a mail was lost in the shutdown', { action })
      counts.failed += ready.length
      ready.length = 0
    },
    stats: () => ({ waiting: waiting(), sent: counts.sent, failed: counts.failed }),
  }
}

/** SMTP's 5xx: the server has understood and will say the same again. */
function isFinal(error: unknown): boolean {
  const code = (error as { readonly responseCode?: unknown } | null)?.responseCode
  return typeof code === 'number' && code >= 500 && code <= 599
}
