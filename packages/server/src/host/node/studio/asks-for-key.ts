/** Whether Studio of one project asks who it is. */
import type { Config } from '#base/config'
import { isLoopback } from '#base/http'
import { hasDefaultSecret } from '#base/token'
import type { ProjectKeys } from '#base/token'

/** Not for what everybody on this machine can have anyway: keys that everybody knows, on a port of this machine alone. */
export function asksForKey(config: Config, keys: ProjectKeys): boolean {
  const isOwn = isLoopback(config['basalt.studio.host'])
  return !isOwn || config['basalt.studio.external_url'] !== null || !hasDefaultSecret(keys)
}
