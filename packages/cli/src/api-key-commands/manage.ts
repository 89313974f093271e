/** `basalt apikeys enable | disable | status` */
import { manageApiKeys } from '@basalt/server/node'
import type { ApiKeysStatus } from '@basalt/server/node'
import { openApi } from '#project-api'
import type { RemoteOptions } from '#project-api'
import { loadProject } from '#project'
import type { Terminal } from '#terminal'

export interface ManageOptions extends RemoteOptions {
  readonly dbUrl?: string
}

type Action = 'enable' | 'disable' | 'status'

export async function manage(
  terminal: Terminal,
  action: Action,
  options: ManageOptions,
): Promise<void> {
  const status = await ask(terminal, action, options)
  if (options.json === true) return terminal.out(`${JSON.stringify(status, null, 2)}\n`)
  terminal.out(describe(status))
}

function ask(terminal: Terminal, action: Action, options: ManageOptions): Promise<ApiKeysStatus> {
  const { dbUrl } = options
  if (dbUrl !== undefined) {
    const { config } = loadProject(terminal, options)
    return manageApiKeys(action, { databaseUrl: dbUrl, config })
  }
  const api = openApi(terminal, options)
  return action === 'status'
    ? api.json('GET', '/api-keys')
    : api.json('POST', `/api-keys/${action}`)
}

function describe({ enabled, keys, ...status }: ApiKeysStatus): string {
  const state = enabled ? 'enabled' : 'disabled'
  if (keys === null) return `API keys are ${state}; there are no tables yet.\n`
  return `API keys are ${state}: ${keys} there.
A user may ask for ${status.max_rate_limit} requests a minute and ${status.max_monthly_quota} a month, with ${status.max_keys_per_user} keys.
`
}
