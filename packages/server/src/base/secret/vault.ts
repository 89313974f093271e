/** Secrets of HashiCorp Vault or OpenBao: the key-value engine, version 2, over HTTP. */
import { PlatformError } from '#base/kernel'
import { secretErrors } from './errors.ts'

export interface VaultOptions {
  /** `https://vault.example.com:8200` */
  readonly address: string
  readonly token: string
  /** Of Vault Enterprise; null: none. */
  readonly namespace: string | null
}

const form = 'vault://<mount>/<path>/<field>'
const timeoutMs = 5_000
const maxBytes = 1024 * 1024

/** `vault://secret/app/db_password` → field `db_password` of `app` in the engine at `secret`. @throws secret_… */
export async function readVault(
  reference: string,
  { address, token, namespace }: VaultOptions,
): Promise<string> {
  const parts = reference.slice('vault://'.length).split('/')
  const [mount, field] = [parts[0] ?? '', parts.at(-1) ?? '']
  const path = parts.slice(1, -1)
  if (parts.length < 3 || [...parts].some((part) => part === '' || part === '.' || part === '..'))
    throw secretErrors.secret_reference_invalid({ reference, form })
  const place = [mount, 'data', ...path].map(encodeURIComponent).join('/')
  const answer = await ask(reference, `${address.replace(/\/+$/, '')}/v1/${place}`, {
    'x-vault-token': token,
    'x-vault-request': 'true',
    ...(namespace === null ? {} : { 'x-vault-namespace': namespace }),
  })
  const value = answer?.data?.data?.[field]
  if (typeof value === 'string') return value
  const where = `Vault has no text in the field ${field} of ${[mount, ...path].join('/')}`
  throw secretErrors.secret_not_found({ reference, where })
}

interface Answer {
  readonly data?: { readonly data?: Readonly<Record<string, unknown>> }
}

async function ask(
  reference: string,
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<Answer | null> {
  try {
    const signal = AbortSignal.timeout(timeoutMs)
    const response = await fetch(url, { headers, signal, redirect: 'error' })
    if (response.status === 404) return null
    if (!response.ok) {
      await response.body?.cancel()
      throw away(reference, `Vault answers ${response.status}`)
    }
    const text = await response.text()
    if (text.length > maxBytes) throw away(reference, 'what Vault answers is too large')
    return JSON.parse(text) as Answer
  } catch (error) {
    if (error instanceof PlatformError) throw error
    throw away(reference, error instanceof Error ? error.message : String(error))
  }
}

function away(reference: string, reason: string): PlatformError {
  return secretErrors.secret_store_away({ reference, reason })
}
