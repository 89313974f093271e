/** Files of `[storage.buckets.<name>] objects_path` become objects, by the same front door as anybody's. */
import { openAsBlob } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { lookup } from 'mrmime'
import type { Config } from '#base/config'
import type { Platform } from '#host/platform'

export interface SeedObjectsOptions {
  readonly platform: Platform
  readonly workdir: string
  readonly config: Config
  /** In the words of the Supabase CLI: `Uploading: images/a.png => avatars/images/a.png`. */
  readonly onProgress: (message: string) => void
  /** Files that could not be uploaded, folders that are not there. */
  readonly onWarning: (message: string) => void
}

/** Over what is there. A file that is refused (its bucket's limits) is told, and the others go on. */
export async function seedObjects(options: SeedObjectsOptions): Promise<void> {
  const { config, workdir, onWarning } = options
  for (const [bucket, { objects_path: path }] of Object.entries(config['storage.buckets'])) {
    if (typeof path !== 'string' || path === '') continue
    const folder = resolve(workdir, 'supabase', path)
    const info = await stat(folder).catch(() => null)
    if (info === null) {
      onWarning(`storage.buckets.${bucket}.objects_path: ${folder} is not there`)
      continue
    }
    const files = info.isDirectory() ? await filesIn(folder) : [folder]
    const base = info.isDirectory() ? folder : join(folder, '..')
    for (const file of files) await upload(options, bucket, file, base)
  }
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
}

async function upload(
  { platform, onProgress, onWarning }: SeedObjectsOptions,
  bucket: string,
  file: string,
  base: string,
): Promise<void> {
  const key = relative(base, file).split(sep).join('/')
  onProgress(`Uploading: ${file} => ${bucket}/${key}`)
  const path = [bucket, ...key.split('/')].map(encodeURIComponent).join('/')
  const response = await platform.fetch(`${platform.externalUrl}/storage/v1/object/${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${platform.keys.serviceRoleKey}`,
      'content-type': lookup(file) ?? 'application/octet-stream',
      'cache-control': 'max-age=3600',
      'x-upsert': 'true',
    },
    body: await openAsBlob(file),
  })
  if (response.ok) return
  const { message } = (await response.json()) as { message?: string }
  onWarning(`${file} could not be uploaded to ${bucket}: ${message ?? response.status}`)
}
