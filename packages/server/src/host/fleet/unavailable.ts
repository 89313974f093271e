/** What is said of a project that cannot be had for the moment. */
import { PlatformError } from '#base/kernel'
import { fleetErrors } from './errors.ts'

/** `retryMs`: when to come again. */
export function unavailable(retryMs: number): PlatformError {
  const { code, status, message, hint } = fleetErrors.project_unavailable()
  const headers = { 'retry-after': String(Math.max(1, Math.ceil(retryMs / 1000))) }
  return new PlatformError({ code, status, message, hint, headers })
}

/** Whoever waits too long is told; what they wait for goes on. */
export async function within<T>(work: Promise<T>, patienceMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unavailable(1_000)), patienceMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
