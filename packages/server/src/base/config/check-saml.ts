/** Whether `[auth.saml]` can be used: the key as GoTrue has it, RSA of 2048 bits or more as PKCS#1 DER in base64. */
import { createPrivateKey } from 'node:crypto'
import type { ConfigProblem } from './problem.ts'
import type { Config } from './schema.ts'

/** Never shows it. */
export function checkSaml(config: Config, source: string): ConfigProblem[] {
  if (!config['auth.saml.enabled']) return []
  const key = checkKey(config['auth.saml.private_key'])
  const url = checkUrl(config['auth.saml.external_url'])
  return [
    ...(key === null ? [] : [{ source, key: 'auth.saml.private_key', message: key }]),
    ...(url === null ? [] : [{ source, key: 'auth.saml.external_url', message: url }]),
  ]
}

function checkUrl(text: string | null): string | null {
  if (text === null || /^https?:\/\/[^/?#]+[^?#]*$/.test(text)) return null
  return 'expected an http or https URL without query and fragment'
}

function checkKey(text: string | null): string | null {
  if (text === null) return null
  try {
    const der = Buffer.from(text, 'base64')
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs1' })
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
    return bits < 2048 ? 'expected an RSA key of at least 2048 bits' : null
  } catch {
    return 'expected an RSA key as PKCS#1 DER in base64'
  }
}
