/** How long who may keep an object. */
import { optionalCaller } from '#services/storage/core'
import type { StorageContext } from '#services/storage/core'
import type { ObjectRow } from './statements.ts'

/**
 * `expires`: until when a signed URL is good. As supabase/storage has it; with a CDN in front, which may keep what has a
 * `max-age` whoever asked for it, what is not public is said to be the client's alone, and what is signed keeps its own age too.
 */
export function setCaching(
  headers: Record<string, string>,
  context: StorageContext,
  row: ObjectRow,
  expires: Date | null,
): void {
  const own = row.metadata?.cacheControl ?? 'no-cache'
  const hasCdn = context.config['storage.cdn_url'] !== null
  if (expires === null) headers['cache-control'] = hasCdn && isPrivate(context) ? keptBy(own) : own
  else {
    headers['expires'] = expires.toUTCString()
    if (hasCdn)
      headers['cache-control'] = within(own, expires.getTime() - context.project.clock.now())
  }
}

/** Who was let in by policies or by keys of S3 is let in alone. */
function isPrivate(context: StorageContext): boolean {
  if (context.operation.endsWith('_public')) return false
  return optionalCaller(context) !== null || context.operation.startsWith('storage.s3')
}

/** `public, max-age=60, s-maxage=9` → `private, max-age=60` */
function keptBy(own: string): string {
  const kept = directives(own).filter((one) => !/^(?:public|private|s-maxage=.*)$/i.test(one))
  return ['private', ...kept].join(', ')
}

/** No longer than `leftMs`: `max-age=3600` → `max-age=60` */
function within(own: string, leftMs: number): string {
  const left = Math.max(0, Math.floor(leftMs / 1000))
  return directives(own)
    .map((one) => {
      const [, name, seconds] = /^(max-age|s-maxage)="?(\d+)"?$/i.exec(one) ?? []
      return name === undefined ? one : `${name}=${Math.min(Number(seconds), left)}`
    })
    .join(', ')
}

function directives(header: string): string[] {
  return header
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
}
