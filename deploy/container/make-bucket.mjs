/** `node make-bucket.mjs <endpoint> <access key> <bucket>`: the bucket objects are kept in, where there is none. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

// a dependency of the server's, wherever npm has put it
const require = createRequire(new URL('../../packages/server/package.json', import.meta.url))
const { CreateBucketCommand, HeadBucketCommand, S3Client } = require('@aws-sdk/client-s3')

const [endpoint, accessKeyId, bucket] = process.argv.slice(2)
const secretAccessKey = readFileSync(process.env.SECRET_ACCESS_KEY_FILE, 'utf8').trim()
const client = new S3Client({
  endpoint,
  region: 'us-east-1',
  forcePathStyle: true,
  credentials: { accessKeyId, secretAccessKey },
})
try {
  await client.send(new HeadBucketCommand({ Bucket: bucket }))
} catch (error) {
  if (error.$metadata?.httpStatusCode !== 404) throw error
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
}
