/** What a path of the storage commands names: `ss:///bucket/folder/name`, or a file of this machine. */
import { CliError } from '#terminal'
import type { Place } from './storage-api.ts'

/** `ss:///bucket/a/b` → bucket and key, both may be empty; null for a path of this machine. */
export function parseRemote(text: string): Place | null {
  if (!/^ss:/i.test(text)) return null
  const [, path] = /^ss:\/\/\/(.*)$/i.exec(text) ?? []
  if (path === undefined) throw new CliError(`${text}: expected ss:///bucket/path.`)
  const slash = path.indexOf('/')
  if (slash === -1) return { bucketId: path, key: '' }
  return { bucketId: path.slice(0, slash), key: path.slice(slash + 1) }
}

export function requireRemote(text: string): Place {
  const place = parseRemote(text)
  if (place !== null && place.bucketId !== '') return place
  throw new CliError(`${text}: expected ss:///bucket/path.`)
}

export const asFolder = (key: string): string => (key === '' || key.endsWith('/') ? key : `${key}/`)
export const shown = ({ bucketId, key }: Place): string => `ss:///${bucketId}/${key}`
