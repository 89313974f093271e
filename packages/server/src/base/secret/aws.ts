/** Secrets of AWS Secrets Manager, by its own SDK, which is loaded with the first one. */
import type * as Aws from '@aws-sdk/client-secrets-manager'
import { PlatformError } from '#base/kernel'
import { secretErrors } from './errors.ts'

export interface AwsOptions {
  /** Null: as AWS's variables or files say. */
  readonly region: string | null
  /** Another one than AWS's. */
  readonly endpoint: string | null
}

const form = 'aws://<name of the secret>, or aws://<name>#<field> for a member of its JSON'
const timeoutMs = 5_000

/**
 * Reads with the credentials that AWS's variables, files or the machine's role give. `aws://app/db_password` is the text of
 * the secret `app/db_password` or, where there is none, `db_password` in the JSON of the secret `app`.
 */
export function createAwsReader({
  region,
  endpoint,
}: AwsOptions): (reference: string) => Promise<string> {
  let opened: Promise<{
    readonly sdk: typeof Aws
    readonly client: Aws.SecretsManagerClient
  }> | null = null
  const open = async () => {
    const sdk = await import('@aws-sdk/client-secrets-manager')
    const client = new sdk.SecretsManagerClient({
      ...(region === null ? {} : { region }),
      ...(endpoint === null ? {} : { endpoint }),
      maxAttempts: 2,
    })
    return { sdk, client }
  }

  /** Null where there is no secret of that name. */
  async function read(name: string): Promise<string | null> {
    const { sdk, client } = await (opened ??= open())
    const abortSignal = AbortSignal.timeout(timeoutMs)
    try {
      const command = new sdk.GetSecretValueCommand({ SecretId: name })
      return (await client.send(command, { abortSignal })).SecretString ?? null
    } catch (error) {
      if (error instanceof sdk.ResourceNotFoundException) return null
      throw error
    }
  }

  async function resolve(reference: string): Promise<string> {
    const [, name = '', field = ''] = /^aws:\/\/([^#]+)(?:#(.+))?$/.exec(reference) ?? []
    if (name === '') throw secretErrors.secret_reference_invalid({ reference, form })
    const whole = await read(name)
    if (field !== '') return memberOf(reference, name, field, whole)
    if (whole !== null) return whole
    const cut = name.lastIndexOf('/')
    if (cut <= 0) throw missing(reference, name)
    return memberOf(
      reference,
      name.slice(0, cut),
      name.slice(cut + 1),
      await read(name.slice(0, cut)),
    )
  }

  return async (reference) => {
    try {
      return await resolve(reference)
    } catch (error) {
      if (error instanceof PlatformError) throw error
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
      throw secretErrors.secret_store_away({ reference, reason })
    }
  }
}

function memberOf(reference: string, name: string, field: string, text: string | null): string {
  if (text === null) throw missing(reference, name)
  const value = parse(text)?.[field]
  if (typeof value === 'string') return value
  const where = `the secret ${name} is no JSON with a text ${field}`
  throw secretErrors.secret_not_found({ reference, where })
}

function missing(reference: string, name: string): PlatformError {
  return secretErrors.secret_not_found({
    reference,
    where: `AWS Secrets Manager has no secret ${name}`,
  })
}

function parse(text: string): Readonly<Record<string, unknown>> | null {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>
  } catch {
    return null
  }
}
