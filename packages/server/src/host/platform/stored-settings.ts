/** The configuration and the keys of a project that keeps them in its own database, over those its process began with. */
import type { Config, ConfigProblem } from '#base/config'
import type { ProjectKeys, Sealer } from '#base/token'
import { openKeyStore, openProjectConfig, renewSealed } from '#host/control'
import type { Databases } from './open-databases.ts'
import type { PlatformOptions } from './platform-options.ts'
import type { ProjectOptions, ProjectSettings } from './project-options.ts'
import { readSigningKeys } from './read-signing-keys.ts'
import { initialKeys, openSigningKeys } from './signing-keys.ts'
import type { SigningKeysOptions } from './signing-keys.ts'

export async function openStoredSettings(
  options: ProjectOptions,
  { db, apiDb }: Databases,
  seal: Sealer,
): Promise<ProjectSettings> {
  const { config, ref, log } = options
  if (seal.hasPrevious) await renewSealed(db, ref, seal)
  const check = (next: Config): Promise<readonly ConfigProblem[]> => checkSigningKeys(options, next)
  const stored = { db, listenOn: apiDb, ref, base: config, log, seal, check }
  const configuration = await openProjectConfig(stored)
  const store = openKeyStore({ db, ref, seal })
  const signing = await openSigningKeys(keyOptions(options), store, configuration.current())
  return { configuration, signing }
}

/** What clients are told before the database is there. */
export function keysAtStart(options: PlatformOptions, externalUrl: string): ProjectKeys {
  return initialKeys({ config: options.config, externalUrl, given: options.signingKeys ?? [] })
}

function keyOptions(options: ProjectOptions): SigningKeysOptions {
  const { config, clock, log, externalUrl, signingKeys = [] } = options
  const read = (path: string) => readSigningKeys(options.mail?.workdir ?? '.', path)
  return { config, externalUrl, given: signingKeys, read, clock, log }
}

async function checkSigningKeys(
  { mail }: PlatformOptions,
  config: Config,
): Promise<readonly ConfigProblem[]> {
  const key = 'auth.signing_keys_path'
  const path = config[key]
  if (path === null) return []
  try {
    await readSigningKeys(mail?.workdir ?? '.', path)
    return []
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return [{ source: 'configuration', key, message }]
  }
}
