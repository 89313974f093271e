/** Where Studio's page is, once it is built. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Null where the package is not there. */
export function studioFolder(): string | null {
  try {
    const manifest = createRequire(import.meta.url).resolve('@basalt/studio/package.json')
    return join(dirname(manifest), 'dist')
  } catch {
    return null
  }
}
