/** A check of the start: keys that everybody knows stay on this machine. */
import type { Config } from '#base/config'
import { isLoopback } from '#base/http'
import { defaultKeys, hasDefaultSecret } from '#base/token'
import { StartError } from '#host/node/core'

/** With keys that everybody knows, whoever reaches the port is the service role. */
export function refuseDefaultKeys(config: Config): void {
  const host = config['basalt.host']
  if (isLoopback(host) || config['basalt.allow_default_keys']) return
  const jwtSecret = config['auth.jwt_secret']
  const secretKey = config['auth.secret_key'] ?? defaultKeys(jwtSecret).secretKey
  if (!hasDefaultSecret({ jwtSecret, secretKey })) return
  throw new StartError(
    'config',
    `basalt.host is ${host}, and auth.jwt_secret is the default that everybody knows: whoever reaches this machine could read and change everything. Set auth.jwt_secret to a secret of your own (openssl rand -base64 48), or, in a closed network, basalt.allow_default_keys = true.`,
  )
}
