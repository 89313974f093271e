/** The blob suite against a real S3 server, which `tools/real-s3.sh` starts; any other by REAL_S3_URL, REAL_S3_KEY, REAL_S3_SECRET. */
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { createS3Store } from './s3-store.ts'
import { blobSuite } from '@basalt/server/testing/suites'

const {
  REAL_S3_URL: endpoint = '',
  REAL_S3_KEY: accessKeyId = '',
  REAL_S3_SECRET: secretAccessKey = '',
  // oxlint-disable-next-line node/no-process-env -- a script of the shell tells a drill where to go
} = process.env
const bucket = 'basalt-blobs'

blobSuite(`S3 at ${endpoint}`, async () => {
  const credentials = { accessKeyId, secretAccessKey }
  const region = 'us-east-1'
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true })
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  client.destroy()
  return createS3Store({
    endpoint,
    region,
    bucket,
    prefix: 'tenant',
    accessKeyId,
    secretAccessKey,
    forcePathStyle: true,
    maxBytes: 52_428_800,
  })
})
