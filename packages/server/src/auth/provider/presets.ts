/** Every provider by its name in `[auth.external.<name>]`. */
import type { Preset } from './preset.ts'
import { oauthPresetsFromL } from './presets-oauth-from-l.ts'
import { oauthPresetsToK } from './presets-oauth-to-k.ts'
import { oidcPresets } from './presets-oidc.ts'
import { twitter } from './twitter.ts'

export const presets: Readonly<Record<string, Preset>> = {
  ...oidcPresets,
  ...oauthPresetsToK,
  ...oauthPresetsFromL,
  twitter,
}
