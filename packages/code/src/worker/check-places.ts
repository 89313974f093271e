/** What a worker needs of its disk, before it takes a job. */
import { constants } from 'node:fs'
import { access, mkdir } from 'node:fs/promises'
import { ConfigError } from '#config'
import type { CodeConfig } from '#config'
import { messageOf } from '#core'

/** @throws ConfigError */
export async function checkPlaces(
  config: Pick<CodeConfig, 'dataDir' | 'sshKeyFile' | 'sshKnownHosts'>,
): Promise<void> {
  const { dataDir, sshKeyFile, sshKnownHosts } = config
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    await access(dataDir, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new ConfigError(
      `CODE_DATA_DIR is no folder that can be written: ${messageOf(error)}. Name one where git may keep what it has fetched.`,
    )
  }
  await checkFile('CODE_SSH_KEY_FILE', sshKeyFile)
  await checkFile('CODE_SSH_KNOWN_HOSTS', sshKnownHosts)
}

async function checkFile(name: string, path: string | null): Promise<void> {
  if (path === null) return
  await access(path, constants.R_OK).catch((error: unknown) => {
    throw new ConfigError(`${name} is no file that can be read: ${messageOf(error)}.`)
  })
}
