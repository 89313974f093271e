/** The S3 protocol at the addresses of a fleet's projects, by the AWS SDK: keys of one project are none at another. */
import { Agent } from 'node:http'
import * as s3 from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestFleet } from '@basalt/server/testing'
import type { TestFleet } from '@basalt/server/testing'

const Bucket = 'files'
let fleet: TestFleet
beforeAll(async () => {
  fleet = await startTestFleet()
  await Promise.all(
    ['alpha', 'beta'].map((ref) => {
      const s3_protocol = { access_key_id: `key-${ref}`, secret_access_key: `secret-${ref}` }
      return fleet.create(ref, { config: { storage: { s3_protocol } } })
    }),
  )
})
afterAll(() => fleet.close())

/** Every name is this machine. */
const httpAgent = new Agent({
  lookup: ((_: string, __: object, found: (error: null, all: object[]) => void): void =>
    found(null, [{ address: '127.0.0.1', family: 4 }])) as never,
})

function clientOf(ref: string, keysOf = ref): s3.S3Client {
  return new s3.S3Client({
    endpoint: `http://${ref}.test.example:${new URL(fleet.url).port}/storage/v1/s3`,
    region: 'local',
    forcePathStyle: true,
    credentials: { accessKeyId: `key-${keysOf}`, secretAccessKey: `secret-${keysOf}` },
    requestHandler: { httpAgent },
  })
}

async function read(client: s3.S3Client): Promise<string | undefined> {
  const { Body } = await client.send(new s3.GetObjectCommand({ Bucket, Key: 'a.txt' }))
  return Body?.transformToString()
}

test('with its own keys a project has its own objects, in a bucket of the same name', async () => {
  const clients = ['alpha', 'beta'].map((ref) => clientOf(ref))
  for (const [index, client] of clients.entries()) {
    await client.send(new s3.CreateBucketCommand({ Bucket }))
    await client.send(new s3.PutObjectCommand({ Bucket, Key: 'a.txt', Body: `of ${index}` }))
  }
  expect(await Promise.all(clients.map(read))).toEqual(['of 0', 'of 1'])
})

test('with those of another it refuses', async () => {
  await expect(read(clientOf('alpha', 'beta'))).rejects.toMatchObject({
    name: 'InvalidAccessKeyId',
  })
})
