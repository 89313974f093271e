/** The AWS SDK, loaded on first use, and what its errors mean. */
import type * as AwsS3 from '@aws-sdk/client-s3'
import { blobErrors } from './blob-store.ts'

/** Where a bucket of an S3 server is, and how it is reached. */
export interface S3Options {
  /** Null for AWS's own. */
  readonly endpoint: string | null
  readonly region: string
  readonly bucket: string
  /** In front of all keys; empty for none. */
  readonly prefix: string
  /** Null for what the environment gives (`AWS_ACCESS_KEY_ID`, a role of the machine). */
  readonly accessKeyId: string | null
  readonly secretAccessKey: string | null
  /** The bucket is in the path, not in the host's name. */
  readonly forcePathStyle: boolean
  /** The largest object there may be, for the size of its parts. */
  readonly maxBytes: number
}

type Sdk = typeof AwsS3

/** The SDK with a client of its own; `bucket` is in every command. */
export interface S3 {
  readonly sdk: Sdk
  readonly client: AwsS3.S3Client
  readonly bucket: string
}

/** Downloads that clients read slowly hold a connection each: the SDK's 50 would hold up everybody else. */
const maxSockets = 1_000
const connectMs = 5_000
/** Until an answer begins; a copy within the server may take long. */
const answerMs = 120_000

export async function openS3(options: S3Options): Promise<S3> {
  const sdk = await loadSdk()
  const { accessKeyId, secretAccessKey } = options
  const client = new sdk.S3Client({
    region: options.region,
    forcePathStyle: options.forcePathStyle,
    maxAttempts: 3,
    ...(options.endpoint === null ? {} : { endpoint: options.endpoint }),
    ...(accessKeyId === null || secretAccessKey === null
      ? {}
      : { credentials: { accessKeyId, secretAccessKey } }),
    // servers other than AWS's know no newer checksums
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: connectMs,
      requestTimeout: answerMs,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets },
      httpsAgent: { keepAlive: true, maxSockets },
    },
  })
  return { sdk, client, bucket: options.bucket }
}

async function loadSdk(): Promise<Sdk> {
  try {
    return await import('@aws-sdk/client-s3')
  } catch (error) {
    throw blobErrors.noSdk(undefined, error)
  }
}

/** `name` of an error of S3; empty for others. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : ''
}

export function isMissing(error: unknown): boolean {
  return ['NoSuchKey', 'NotFound', 'NoSuchUpload'].includes(nameOf(error))
}

/** Runs `work`; what S3 refuses or does not answer is said in our words. Errors of the bodies read are thrown as they are. */
export async function reaching<T>(options: S3Options, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw describeS3(options, error)
  }
}

const denied = new Set([
  'AccessDenied',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'Forbidden',
  'CredentialsProviderError',
  'ExpiredToken',
  '403',
])
const full = new Set([
  'QuotaExceeded',
  'InsufficientStorage',
  'XMinioStorageFull',
  'EntityTooLarge',
])

/** In our words, where it is S3's or the network's. */
export function describeS3({ bucket, endpoint }: S3Options, error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const where = endpoint ?? 'AWS'
  if (error.name === 'NoSuchBucket') return blobErrors.noBucket({ bucket, where }, error)
  if (denied.has(error.name)) return blobErrors.denied({ bucket, where, why: error.name }, error)
  if (full.has(error.name)) return blobErrors.full(undefined, error)
  const status = statusOf(error)
  if (status === null && !isOfNetwork(error)) return error
  return status === null || status >= 500 || status === 429
    ? blobErrors.unavailable(undefined, error)
    : error
}

export function statusOf(error: unknown): number | null {
  const metadata = (error as { $metadata?: { httpStatusCode?: number } } | null)?.$metadata
  return metadata?.httpStatusCode ?? null
}

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'EPIPE',
])

function isOfNetwork(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : ''
  return error.name === 'TimeoutError' || networkCodes.has(code)
}
