/** Whether the key of `[auth.saml]` is one: as GoTrue, RSA of 2048 bits or more as PKCS#1 DER in base64. */
import { createPrivateKey } from 'node:crypto'
import type { ConfigProblem } from './problem.ts'
import type { Config } from './schema.ts'

/** Never shows it. */
export function checkSaml(config: Config, source: string): ConfigProblem[] {
  const text = config['auth.saml.private_key']
  if (!config['auth.saml.enabled'] || text === null) return []
  const message = checkKey(text)
  return message === null ? [] : [{ source, key: 'auth.saml.private_key', message }]
}

function checkKey(text: string): string | null {
  try {
    const der = Buffer.from(text, 'base64')
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs1' })
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
    return bits < 2048 ? 'expected an RSA key of at least 2048 bits' : null
  } catch {
    return 'expected an RSA key as PKCS#1 DER in base64'
  }
}
