/** The access keys of the S3 protocol: the Supabase CLI's with the CLI's JWT secret, else made of the project's own. */
import { createHmac } from 'node:crypto'
import type { Config } from '#base/config'
import { hasDefaultSecret } from '#base/token'

export interface S3Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
  /** The access key of sessions, besides the project's ref; as the CLI's Storage has it. */
  readonly tenant: string
}

const tenant = 'stub'
const cli = {
  accessKeyId: '625729a08b95bf1b7ff351a663f3a23c',
  secretAccessKey: '850181e4652dd023b7a98c58ae0d2d34bd487ee0cc3254aed6eda37307425907',
}

export function s3Keys(config: Config, jwtSecret: string): S3Keys {
  const region = config['storage.s3_protocol.region']
  const derive = (use: string): string =>
    createHmac('sha256', jwtSecret).update(`s3_${use}`).digest('hex')
  const isCli = hasDefaultSecret({ jwtSecret, secretKey: '' })
  return {
    accessKeyId:
      config['storage.s3_protocol.access_key_id'] ??
      (isCli ? cli.accessKeyId : derive('access_key_id').slice(0, 32)),
    secretAccessKey:
      config['storage.s3_protocol.secret_access_key'] ??
      (isCli ? cli.secretAccessKey : derive('secret_access_key')),
    region,
    tenant,
  }
}
