/** Ids in paths. */
import { CodeError } from '#core'

const uuid = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i

export function isUuid(text: string): boolean {
  return uuid.test(text)
}

type Path = Readonly<Record<string, string>>

/** A UUID of the path. @throws not_found: nothing has an id of another form */
export function uuidOf(path: Path, name = 'id'): string {
  const id = path[name] ?? ''
  if (!isUuid(id)) throw new CodeError('not_found')
  return id
}

/** A number of the path, as text: it may be beyond what is exact here. @throws not_found */
export function numberOf({ id = '' }: Path): string {
  if (!/^\d{1,18}$/.test(id)) throw new CodeError('not_found')
  return id
}
