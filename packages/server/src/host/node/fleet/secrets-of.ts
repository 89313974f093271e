/** How a node reads references to secrets: by its own configuration. */
import type { Config } from '#base/config'
import { systemClock } from '#base/kernel'
import type { Log } from '#base/kernel'
import { createSecretResolver } from '#base/secret'
import type { ResolveSecret } from '#base/secret'

/** What references to secrets are read with. */
export function secretsOf(config: Config, log: Log): ResolveSecret {
  const address = config['basalt.secrets.vault.address']
  const token = config['basalt.secrets.vault.token']
  const namespace = config['basalt.secrets.vault.namespace']
  return createSecretResolver({
    vault: address === null || token === null ? null : { address, token, namespace },
    aws: {
      region: config['basalt.secrets.aws.region'],
      endpoint: config['basalt.secrets.aws.endpoint'],
    },
    refreshMs: config['basalt.secrets.refresh'],
    clock: systemClock,
    log,
  })
}
