/** storage-js, every method of it, over a socket and in the process. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { connect, ways } from './connect.ts'

let server: TestPlatform
beforeAll(async () => {
  server = await startTestPlatform()
})
afterAll(() => server.close())

const text = (content: string): Blob => new Blob([content], { type: 'text/plain' })
const read = async (blob: Blob | null): Promise<string> => (blob === null ? '' : blob.text())

describe.each(ways)('%s', (way) => {
  const bucket = way.replaceAll(' ', '-')
  const storage = () => connect(server, way, server.platform.keys.serviceRoleKey).storage
  const files = () => storage().from(bucket)

  test('buckets are created, changed, listed and found', async () => {
    const created = await storage().createBucket(bucket, { public: false, fileSizeLimit: '1MB' })
    expect(created).toEqual({ data: { name: bucket }, error: null })
    const changed = await storage().updateBucket(bucket, { public: true })
    expect(changed.data).toEqual({ message: 'Successfully updated' })
    const { data } = await storage().getBucket(bucket)
    expect(data).toMatchObject({ id: bucket, public: true, file_size_limit: 1_000_000 })
    const { data: buckets } = await storage().listBuckets({ search: bucket, limit: 1 })
    expect(buckets).toMatchObject([{ name: bucket, type: 'STANDARD' }])
  })

  test('objects are uploaded, replaced, described and downloaded', async () => {
    const uploaded = await files().upload('a/one.txt', text('one'), { metadata: { n: 1 } })
    expect(uploaded.data).toMatchObject({ path: 'a/one.txt', fullPath: `${bucket}/a/one.txt` })
    const again = await files().upload('a/one.txt', text('other'))
    expect(again.error).toMatchObject({ message: 'The resource already exists' })
    await files().update('a/one.txt', text('two'))
    await files().upload('a/one.txt', text('three'), { upsert: true, metadata: { n: 3 } })
    expect(await read((await files().download('a/one.txt')).data)).toBe('three')
    const { data } = await files().info('a/one.txt')
    expect(data).toMatchObject({ size: 5, contentType: 'text/plain', metadata: { n: 3 } })
    expect((await files().exists('a/one.txt')).data).toBe(true)
    expect((await files().exists('a/none.txt')).data).toBe(false)
  })

  test('URLs are public, signed, or signed for an upload', async () => {
    const { publicUrl } = files().getPublicUrl('a/one.txt', { download: 'é.txt' }).data
    expect(publicUrl).toContain(`/storage/v1/object/public/${bucket}/a/one.txt`)
    const { data: signed } = await files().createSignedUrl('a/one.txt', 60, { download: true })
    const { data: many } = await files().createSignedUrls(['a/one.txt', 'none'], 60)
    expect(many?.map(({ error }) => error === null)).toEqual([true, false])
    for (const url of [signed?.signedUrl ?? '', many?.[0]?.signedUrl ?? '', publicUrl]) {
      const reached = url.replace(server.platform.externalUrl, server.url)
      expect(await (await fetch(reached)).text()).toBe('three')
    }
    const { data: upload } = await files().createSignedUploadUrl('a/by-url.txt')
    const { data: put } = await files().uploadToSignedUrl(
      'a/by-url.txt',
      upload?.token ?? '',
      text('x'),
    )
    expect(put).toMatchObject({ path: 'a/by-url.txt' })
  })

  test.each([
    ['60', 'max-age=60'],
    ['', 'no-cache'],
    ['public, max-age=5', 'public, max-age=5'],
  ])('a file whose cacheControl is %j is served with %s', async (cacheControl, served) => {
    await files().upload('a/cached.txt', text('x'), { cacheControl, upsert: true })
    const { publicUrl } = files().getPublicUrl('a/cached.txt').data
    const answer = await fetch(publicUrl.replace(server.platform.externalUrl, server.url))
    expect(answer.headers.get('cache-control')).toBe(served)
    await files().remove(['a/cached.txt'])
  })

  test('a signed URL is good for as long as was asked for, and no longer', async () => {
    const { data } = await files().createSignedUrl('a/one.txt', 1)
    const url = (data?.signedUrl ?? '').replace(server.platform.externalUrl, server.url)
    const answer = async (): Promise<string> => (await fetch(url)).text()
    expect(await answer()).toBe('three')
    await expect.poll(answer, { timeout: 15_000 }).toContain('"code":"InvalidJWT"')
    expect(await answer()).toContain('\\"exp\\" claim timestamp check failed')
  })

  test('what is there is listed, moved, copied and removed', async () => {
    await files().copy('a/one.txt', 'b/copy.txt')
    await files().move('a/by-url.txt', 'b/moved.txt')
    const names = async (folder: string): Promise<string[]> =>
      ((await files().list(folder)).data ?? []).map(({ name }) => name)
    expect(await names('')).toEqual(['a', 'b'])
    expect(await names('b')).toEqual(['copy.txt', 'moved.txt'])
    const { data: page } = await files().listV2({ prefix: 'b/', limit: 1 })
    expect(page).toMatchObject({ hasNext: true, objects: [{ name: 'b/copy.txt' }] })
    const { data: removed } = await files().remove(['b/copy.txt', 'b/none.txt'])
    expect(removed?.map(({ name }) => name)).toEqual(['b/copy.txt'])
  })

  test('a bucket is deleted when it is empty', async () => {
    expect((await storage().deleteBucket(bucket)).error).toMatchObject({
      message: 'The bucket you tried to delete is not empty',
    })
    expect((await storage().emptyBucket(bucket)).error).toBeNull()
    expect((await storage().deleteBucket(bucket)).data).toEqual({ message: 'Successfully deleted' })
  })
})
