/** A presigned URL of the S3 protocol, made by itself: what is tested does not say what is right. */
import { createHash, createHmac } from 'node:crypto'

export interface Presigned {
  readonly method: string
  /** Behind `/storage/v1/s3`: `/bucket/key`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  /** Signed besides the host. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface S3Secret {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
  readonly sessionToken?: string
}

const encode = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
const hmac = (key: string | Buffer, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest()

/** `base` as `http://127.0.0.1:54321`. Good for ten minutes. */
export function presign(base: string, secret: S3Secret, asked: Presigned): string {
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const date = time.slice(0, 8)
  const scope = `${date}/${secret.region}/s3/aws4_request`
  const headers = { host: new URL(base).host, ...asked.headers }
  const signed = Object.entries(headers).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const names = signed.map(([name]) => name).join(';')
  const { sessionToken } = secret
  const query = Object.entries({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${secret.accessKeyId}/${scope}`,
    'X-Amz-Date': time,
    'X-Amz-Expires': '600',
    'X-Amz-SignedHeaders': names,
    ...(sessionToken === undefined ? {} : { 'X-Amz-Security-Token': sessionToken }),
    ...asked.query,
  })
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted()
    .join('&')
  const path = `/storage/v1/s3${asked.path.split('/').map(encode).join('/')}`
  const lines = signed.map(([name, value]) => `${name}:${value}\n`).join('')
  const canonical = [asked.method, path, query, lines, names, 'UNSIGNED-PAYLOAD'].join('\n')
  const digest = createHash('sha256').update(canonical).digest('hex')
  const text = ['AWS4-HMAC-SHA256', time, scope, digest].join('\n')
  const key = [secret.region, 's3', 'aws4_request'].reduce<Buffer>(
    hmac,
    hmac(`AWS4${secret.secretAccessKey}`, date),
  )
  return `${base}${path}?${query}&X-Amz-Signature=${hmac(key, text).toString('hex')}`
}
