/** Every provider by its name in `[auth.external.<name>]`. */
import type { Preset } from '#services/auth/provider'
import { bitbucket } from './bitbucket.ts'
import { discord } from './discord.ts'
import { facebook } from './facebook.ts'
import { figma } from './figma.ts'
import { fly } from './fly.ts'
import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import { kakao } from './kakao.ts'
import { linkedin } from './linkedin.ts'
import { notion } from './notion.ts'
import { oidcPresets } from './presets-oidc.ts'
import { slack, slackOidc } from './slack.ts'
import { snapchat } from './snapchat.ts'
import { spotify } from './spotify.ts'
import { twitch } from './twitch.ts'
import { twitter } from './twitter.ts'
import { workos } from './workos.ts'
import { x } from './x.ts'
import { zoom } from './zoom.ts'

export const presets: Readonly<Record<string, Preset>> = {
  ...oidcPresets,
  bitbucket,
  discord,
  facebook,
  figma,
  fly,
  github,
  gitlab,
  kakao,
  linkedin,
  notion,
  slack,
  slack_oidc: slackOidc,
  snapchat,
  spotify,
  twitch,
  twitter,
  workos,
  x,
  zoom,
}
