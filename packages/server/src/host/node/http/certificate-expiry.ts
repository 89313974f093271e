/** When the certificate of `[api.tls]` ends. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Config } from '#base/config'

/** Read again each time: it may have been renewed. Nothing where TLS is off or the file cannot be read. */
export function certificateExpiry(config: Config, workdir: string) {
  return (): { labels: { name: string }; atSeconds: number }[] => {
    const path = config['api.tls.cert_path']
    if (!config['api.tls.enabled'] || path === null) return []
    try {
      const { validTo } = new X509Certificate(readFileSync(resolve(workdir, 'supabase', path)))
      return [{ labels: { name: 'api' }, atSeconds: Date.parse(validTo) / 1000 }]
    } catch {
      return []
    }
  }
}
