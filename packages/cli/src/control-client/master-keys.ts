/** What opens the secrets in a control database: from the environment, or from a file it names. */
import { parseMasterKey } from '@basalt/server/fleet'
import { CliError, secretVariable } from '#terminal'
import type { Terminal } from '#terminal'

export interface MasterKeys {
  readonly masterKey: Uint8Array
  /** The one before it, while not everything is under the present one. */
  readonly previousMasterKey: Uint8Array | null
}

/** @throws CliError that says how to make one */
export function masterKeys(terminal: Terminal): MasterKeys {
  const masterKey = readKey(terminal, 'BASALT_MASTER_KEY')
  if (masterKey === null)
    throw new CliError(
      'BASALT_MASTER_KEY is not set (nor BASALT_MASTER_KEY_FILE): 32 bytes in base64, which open what is sealed in the control database. Make one: openssl rand -base64 32',
    )
  return { masterKey, previousMasterKey: readKey(terminal, 'BASALT_PREVIOUS_MASTER_KEY') }
}

function readKey(terminal: Terminal, variable: string): Uint8Array | null {
  const text = secretVariable(terminal, variable)
  return text === null ? null : parseMasterKey(text, variable)
}
