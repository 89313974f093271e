/** Images of every kind of trouble, through the front door. */
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPlatform } from '#testing'
import type { TestPlatform } from '#testing'

let server: TestPlatform
beforeAll(async () => {
  server = await startTestPlatform()
  await call('POST', '/bucket', JSON.stringify({ name: 'pics', public: true }), 'application/json')
})
afterAll(() => server.close())

function call(method: string, path: string, body?: string | Uint8Array, type = 'image/png') {
  return fetch(`${server.url}/storage/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${server.platform.keys.serviceRoleKey}`,
      'content-type': type,
    },
    ...(body === undefined ? {} : { body: body as string }),
  })
}

/** The left half red, the right half blue. */
async function halves(width: number, height: number): Promise<Uint8Array> {
  const half = { width: width / 2, height, channels: 3 as const }
  const blue = await sharp({ create: { ...half, background: 'blue' } })
    .png()
    .toBuffer()
  return sharp({ create: { width, height, channels: 3, background: 'red' } })
    .composite([{ input: blue, left: width / 2, top: 0 }])
    .png()
    .toBuffer()
}

async function render(query: string, accept = '*/*') {
  const response = await fetch(
    `${server.url}/storage/v1/render/image/public/pics/halves.png?${query}`,
    { headers: { accept } },
  )
  const bytes = Buffer.from(await response.arrayBuffer())
  const { width, height, format } = await sharp(bytes).metadata()
  return { response, bytes, size: [width, height], format }
}

test('sizes, formats and the part that stays', async () => {
  await call('POST', '/object/pics/halves.png', await halves(200, 100))
  expect((await render('width=50')).size).toEqual([50, 25])
  expect((await render('width=50&height=50')).size).toEqual([50, 50])
  expect((await render('width=50&height=50&resize=contain')).size).toEqual([50, 25])
  expect((await render('width=50&height=50&resize=fill')).size).toEqual([50, 50])
  expect((await render('width=500')).size).toEqual([200, 100])
  expect((await render('width=10')).format).toBe('png')
  expect((await render('width=10', 'image/avif,image/webp,*/*')).format).toBe('webp')
  expect((await render('width=10&format=origin', 'image/webp')).format).toBe('png')
  expect((await render('width=10&format=avif')).format).toBe('heif')
  for (const [gravity, channel] of [
    ['gravity=we', 0],
    ['gravity=ea', 2],
    ['gravity=fp&x_offset=0&y_offset=0.5', 0],
    ['gravity=fp&x_offset=1&y_offset=0.5', 2],
  ] as const) {
    const { bytes } = await render(`width=10&height=10&${gravity}`)
    const { channels } = await sharp(bytes).stats()
    expect(channels[channel]?.mean).toBeGreaterThan(200)
  }
})

test('the second one comes from the cache, and a browser’s own copy is good', async () => {
  const { response } = await render('width=33')
  const etag = response.headers.get('etag') ?? ''
  expect(response.headers.get('x-transformations')).toBe('width:33,resizing_type:fill')
  const again = await fetch(response.url, { headers: { accept: '*/*', 'if-none-match': etag } })
  expect(again.status).toBe(304)
})

test('a picture that unpacks to more than we hold, and what is none, are refused', async () => {
  const bomb = await sharp({
    create: { width: 8_000, height: 8_000, channels: 3, background: 'white' },
  })
    .png({ compressionLevel: 1 })
    .toBuffer()
  await call('POST', '/object/pics/bomb.png', bomb)
  await call('POST', '/object/pics/text.png', 'no picture')
  const refused = async (name: string) =>
    (await call('GET', `/render/image/public/pics/${name}?width=10`)).json()
  expect(await refused('bomb.png')).toMatchObject({
    message: expect.stringMatching(/resolution is too large/) as string,
  })
  expect(await refused('text.png')).toMatchObject({
    message: expect.stringMatching(/invalid or unsupported/) as string,
  })
  expect((await call('GET', '/render/image/public/pics/halves.png?width=-1')).status).toBe(400)
})

test('a signed URL shows what its token says, whatever is asked besides', async () => {
  const body = JSON.stringify({ expiresIn: 60, transform: { width: 20, resize: 'contain' } })
  const response = await call('POST', '/object/sign/pics/halves.png', body, 'application/json')
  const { signedURL } = (await response.json()) as { signedURL: string }
  const shown = await fetch(`${server.url}/storage/v1${signedURL}&width=100`)
  expect((await sharp(Buffer.from(await shown.arrayBuffer())).metadata()).width).toBe(20)
})
