/** Scripts that run on a node, by the id their page gave them. */
import { sqlErrors } from './errors.ts'
import type { RunningScript } from './run-script.ts'

/** By what the node works on. */
const nodes = new WeakMap<object, Map<string, RunningScript>>()

function runningOn(node: object): Map<string, RunningScript> {
  let running = nodes.get(node)
  if (running === undefined) nodes.set(node, (running = new Map()))
  return running
}

/** `key` null: it cannot be stopped from elsewhere. @throws studio_sql_running */
export function beginScript(node: object, key: string | null): RunningScript {
  const script: RunningScript = { session: null, isCancelled: false }
  if (key === null) return script
  const running = runningOn(node)
  if (running.has(key)) throw sqlErrors.studio_sql_running()
  running.set(key, script)
  return script
}

export function endScript(node: object, key: string | null): void {
  if (key !== null) runningOn(node).delete(key)
}

export function stop(script: RunningScript): void {
  script.isCancelled = true
  script.session?.cancel()
}

/** False where nothing of that id runs on this node. */
export function stopByKey(node: object, key: string): boolean {
  const script = runningOn(node).get(key)
  if (script === undefined) return false
  stop(script)
  return true
}
