/** `--exclude` and `--only`: names of services → configuration keys. */
import type { Config } from '@basalt/server/local'
import { CliError } from '#terminal'

type Switch = Extract<keyof Config, `${string}.enabled`>

/** Our names, and those of the containers the Supabase CLI excludes. */
const services: Readonly<Record<string, Switch>> = {
  rest: 'api.enabled',
  postgrest: 'api.enabled',
  auth: 'auth.enabled',
  gotrue: 'auth.enabled',
  realtime: 'realtime.enabled',
  storage: 'storage.enabled',
  'storage-api': 'storage.enabled',
  functions: 'edge_runtime.enabled',
  'edge-runtime': 'edge_runtime.enabled',
  studio: 'studio.enabled',
  mail: 'inbucket.enabled',
  mailpit: 'inbucket.enabled',
  inbucket: 'inbucket.enabled',
}

/** Containers that have no counterpart here; leaving them out is what happens anyway. */
const withoutCounterpart = new Set([
  'kong',
  'imgproxy',
  'postgres-meta',
  'logflare',
  'vector',
  'supavisor',
])

/** The configuration that `-x` and `--only` ask for. */
export function selectServices(
  exclude: string | undefined,
  only: string | undefined,
): Partial<Record<Switch, boolean>> {
  const selection: Partial<Record<Switch, boolean>> = {}
  if (only !== undefined) {
    for (const key of Object.values(services)) selection[key] = false
    for (const key of keysOf(only)) selection[key] = true
  }
  for (const key of keysOf(exclude ?? '')) selection[key] = false
  return selection
}

function keysOf(names: string): Switch[] {
  return names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && !withoutCounterpart.has(name))
    .map((name) => {
      const key = services[name]
      if (key === undefined) {
        throw new CliError(
          `There is no service ${name}. Services: ${Object.keys(services).join(', ')}.`,
        )
      }
      return key
    })
}
