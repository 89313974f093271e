#!/usr/local/bin/node
/** `basalt` in the container. Deno lies packed in the image, a third of its size; the volume gets it whole, once. */
import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { chmod, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createZstdDecompress } from 'node:zlib'

const packed = '/app/deno.zst'
const option = 'SUPABASE_BASALT_FUNCTIONS_DENO_PATH'

/** Of what serves; other commands need none, and wait for none. */
const serves = ['serve', 'start', 'functions'].some((command) => process.argv.includes(command))

if (serves && process.env[option] === undefined && existsSync(packed)) {
  const folder = join(process.env.HOME, '.deno')
  const binary = join(folder, `deno-${process.env.DENO_VERSION ?? 'image'}`)
  process.env[option] = binary
  if (!existsSync(binary)) await unpack(folder, binary)
}

await import('../../packages/cli/dist/main.js')

async function unpack(folder, binary) {
  const draft = `${binary}.${process.pid}`
  try {
    await mkdir(folder, { recursive: true })
    await pipeline(createReadStream(packed), createZstdDecompress(), createWriteStream(draft))
    await chmod(draft, 0o755)
    await rename(draft, binary)
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {})
    process.stderr.write(
      `Functions will not run: Deno could not be unpacked into ${folder} (${error.message}). Give /var/lib/basalt a volume that user 65532 may write to.\n`,
    )
  }
}
