/** The checks of a project, for Studio's Health. */
import type { ProjectRecord } from '#host/control-plane/core'
import type { ProjectDatabase } from '#host/control-plane/inspect'
import { defineConfig, overlayConfig } from '#base/config'
import { isLoopback } from '#base/http'
import { examineDatabase, keysCheck } from '#host/doctor'
import type { Check } from '#host/doctor'

const defaults = defineConfig()

export async function examine(
  database: ProjectDatabase,
  record: ProjectRecord,
  externalUrl: string | null,
): Promise<readonly Check[]> {
  const { config } = overlayConfig(defaults, record.config, 'configuration', () => true)
  const { hostname } = new URL(externalUrl ?? 'http://127.0.0.1')
  const isReachable = hostname !== 'localhost' && !isLoopback(hostname.replace(/^\[|\]$/g, ''))
  const checks = await examineDatabase(database, {
    schemas: config['api.schemas'],
    needsLog: config['realtime.enabled'] || config['basalt.cache.enabled'],
    mostConnections: config['basalt.db.pool_max'],
  })
  return [...checks, keysCheck(record.keys, isReachable)]
}
