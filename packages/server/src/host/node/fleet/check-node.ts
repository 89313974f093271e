/** Checks of the start of a node: what must be said, and what must not be on its own disk by accident. */
import type { Config } from '#base/config'
import { StartError } from '#host/node/core'

/** The URL of the control database. @throws StartError */
export function checkNode(config: Config): string {
  const url = config['basalt.fleet.control_db_url']
  if (url === null)
    throw new StartError(
      'config',
      'The control database is not given: --control-db-url, BASALT_CONTROL_DB_URL, or control_db_url in [basalt.fleet].',
    )
  const isOnDisk = config['storage.enabled'] && config['storage.backend'] === 'disk'
  if (isOnDisk && config['storage.path'] === null)
    throw new StartError(
      'config',
      'Nodes keep nothing of their own, and storage.backend is "disk": set it to "s3" (with [storage.s3]), give storage.path a folder that all nodes share, or set storage.enabled = false.',
    )
  return url
}
