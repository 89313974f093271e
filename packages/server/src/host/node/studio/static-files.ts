/** Studio's built files: one folder, compressed beforehand. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { lookup } from 'mrmime'
import { emptyResponse } from '#base/http'
import type { HttpRequest, HttpResponse } from '#base/http'
import { fileHeaders } from './page-headers.ts'

const maxBytes = 32 * 1024 * 1024
/** `/assets/index-B2x.js`: no name begins with a dot, so none leads out of the folder. */
const fitPath = /^(?:\/[\w-][\w.-]*)+$/
const encodings = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const

/** Null where there is no such file. */
export async function answerFile(
  folder: string,
  request: HttpRequest,
): Promise<HttpResponse | null> {
  const { path, headers } = request
  if (!fitPath.test(path)) return null
  const file = join(folder, path)
  const found = await stat(file).catch(() => null)
  if (found === null || !found.isFile() || found.size > maxBytes) return null
  const etag = `"${found.size.toString(36)}-${Math.round(found.mtimeMs).toString(36)}"`
  const shared = {
    ...fileHeaders,
    etag,
    vary: 'accept-encoding',
    // names of what is built have a digest in them
    'cache-control': path.startsWith('/assets/')
      ? 'public, max-age=31536000, immutable'
      : 'no-cache',
  }
  if (headers['if-none-match'] === etag) return emptyResponse(304, shared)
  const accepted = headers['accept-encoding'] ?? ''
  const type = lookup(path) ?? 'application/octet-stream'
  const typed = {
    ...shared,
    'content-type': /^text\/|javascript|json/.test(type) ? `${type}; charset=utf-8` : type,
  }
  for (const [encoding, suffix] of encodings) {
    if (!new RegExp(`\\b${encoding}\\b`).test(accepted)) continue
    const body = await readFile(file + suffix).catch(() => null)
    if (body !== null)
      return { status: 200, headers: { ...typed, 'content-encoding': encoding }, body }
  }
  return { status: 200, headers: typed, body: await readFile(file) }
}
