/** A bucket of the S3 server that REAL_S3_URL, REAL_S3_KEY and REAL_S3_SECRET name, and how config.toml names it. */
import { createRequire } from 'node:module'

// the server's own: nothing here depends on it
const ofServer = createRequire(new URL('../../packages/server/package.json', import.meta.url))
const { CreateBucketCommand, ListMultipartUploadsCommand, S3Client } =
  ofServer('@aws-sdk/client-s3')

export async function openBucket() {
  const { REAL_S3_URL: endpoint, REAL_S3_KEY: key, REAL_S3_SECRET: secret } = process.env
  const bucket = 'basalt-stream'
  const client = new S3Client({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: key, secretAccessKey: secret },
    forcePathStyle: true,
  })
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  return {
    config: [
      'backend = "s3"',
      '[storage.s3]',
      `endpoint = "${endpoint}"`,
      `bucket = "${bucket}"`,
      `access_key_id = "${key}"`,
      `secret_access_key = "${secret}"`,
    ],
    /** Keys of uploads in parts that nobody has ended. */
    unfinished: async () => {
      const { Uploads = [] } = await client.send(
        new ListMultipartUploadsCommand({ Bucket: bucket }),
      )
      return Uploads.map(({ Key }) => Key)
    },
    close: () => client.destroy(),
  }
}
