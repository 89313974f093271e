/** A provider ready for use. */
import type { AuthContext } from '#auth/domain'
import { presets, UnusableProvider, findSettings } from '#auth/provider'
import type { UsableProvider } from '#auth/provider'

/** `<URL of Auth>/callback` */
export function callbackUrl({ config, project }: AuthContext): string {
  const base = config['auth.external_url'] ?? `${project.externalUrl}/auth/v1`
  return `${base.replace(/\/+$/, '')}/callback`
}

/** @throws UnusableProvider */
export async function findProvider(context: AuthContext, name: string): Promise<UsableProvider> {
  const settings = findSettings(context.config, name, callbackUrl(context))
  const preset = presets[name]
  if (preset === undefined) throw new UnusableProvider(`Provider ${name} could not be found`)
  return Promise.resolve({ settings, preset })
}
