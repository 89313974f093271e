/** A tar that was made to do harm, and one that is cut off. */
import { expect, test } from 'vitest'
import { readTar } from './untar.ts'

function header(name: string, type: string, size: number): Buffer {
  const block = Buffer.alloc(512)
  block.write(name, 0)
  block.write(size.toString(8).padStart(11, '0'), 124)
  block.write('        ', 148)
  block.write(type, 156)
  const sum = block.reduce((all, byte) => all + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

async function read(bytes: Buffer): Promise<string[]> {
  const chunks = async function* (): AsyncIterable<Buffer> {
    for (let at = 0; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100)
  }
  const found: string[] = []
  for await (const { path, kind, bytes: content } of readTar(chunks())) {
    const parts: Buffer[] = []
    for await (const part of content) parts.push(part)
    found.push(`${kind} ${path} ${Buffer.concat(parts).toString()}`)
  }
  return found
}

const padded = (text: string) => Buffer.concat([Buffer.from(text), Buffer.alloc(512 - text.length)])

test('files and folders are read, with an end and without', async () => {
  const good = [header('./base/', '5', 0), header('base/1', '0', 5), padded('hello')]
  const wanted = ['folder base ', 'file base/1 hello']
  expect(await read(Buffer.concat(good))).toEqual(wanted)
  expect(await read(Buffer.concat([...good, Buffer.alloc(1024)]))).toEqual(wanted)
})

test.each([
  ['../../etc/passwd', '0', 'leads out'],
  ['/etc/passwd', '0', 'leads out'],
  ['base/../../x', '0', 'leads out'],
  ['C:\\x', '0', 'leads out'],
  ['pg_tblspc/1', '2', 'neither a file nor a folder'],
  ['hard', '1', 'neither a file nor a folder'],
])('%s of type %s is refused', async (name, type, message) => {
  await expect(read(header(name, type, 0))).rejects.toThrow(message)
})

test('one that is cut off, or whose header is not one, is refused', async () => {
  const whole = Buffer.concat([header('a', '0', 600), Buffer.alloc(1024)])
  await expect(read(whole.subarray(0, 900))).rejects.toThrow('cut off')
  await expect(read(whole.subarray(0, 300))).rejects.toThrow('cut off')
  whole[0] = 66
  await expect(read(whole)).rejects.toThrow('wrong checksum')
})
