/** `[api.tls]`: the certificate and the key that the API is served with. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '#base/config'
import { StartError } from '#host/node/core'

/** Null where it is off. @throws StartError where a file cannot be read */
export function readTls(config: Config, workdir: string): { cert: string; key: string } | null {
  if (!config['api.tls.enabled']) return null
  const read = (key: 'api.tls.cert_path' | 'api.tls.key_path'): string => {
    const path = config[key]
    try {
      if (path === null) throw new Error('it is not set')
      return readFileSync(join(workdir, 'supabase', path), 'utf8')
    } catch (error) {
      throw new StartError('config', `${key} cannot be read: ${(error as Error).message}.`, error)
    }
  }
  return { cert: read('api.tls.cert_path'), key: read('api.tls.key_path') }
}
