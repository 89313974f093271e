/** Scripts that run in this process, by the id their page gave them. */
import { sqlErrors } from './errors.ts'
import type { RunningScript } from './run-script.ts'

const running = new Map<string, RunningScript>()

/** @throws studio_sql_running */
export function beginScript(key: string | null): RunningScript {
  const script: RunningScript = { session: null, isCancelled: false }
  if (key === null) return script
  if (running.has(key)) throw sqlErrors.studio_sql_running()
  running.set(key, script)
  return script
}

export function endScript(key: string | null): void {
  if (key !== null) running.delete(key)
}

export function stop(script: RunningScript): void {
  script.isCancelled = true
  script.session?.cancel()
}

/** False where nothing of that id runs in this process. */
export function stopByKey(key: string): boolean {
  const script = running.get(key)
  if (script === undefined) return false
  stop(script)
  return true
}
