/** What one look at something finds. The same shape wherever it is shown: Studio's Health, `basalt doctor -o json`. */

export type CheckLevel = 'ok' | 'warning' | 'error'

export interface Check {
  readonly name: string
  readonly level: CheckLevel
  readonly message: string
  /** What mends it; null where nothing has to be. */
  readonly remedy: string | null
}

export function check(
  name: string,
  isOk: boolean,
  message: string,
  remedy = '',
  otherwise: 'warning' | 'error' = 'warning',
): Check {
  return isOk
    ? { name, level: 'ok', message, remedy: null }
    : { name, level: otherwise, message, remedy }
}

/** `none` where the list is empty. */
export function checkNone(
  name: string,
  found: readonly string[],
  { none, some, remedy }: { readonly none: string; readonly some: string; readonly remedy: string },
  otherwise: 'warning' | 'error' = 'warning',
): Check {
  const isOk = found.length === 0
  return check(name, isOk, isOk ? none : `${some}: ${found.join(', ')}`, remedy, otherwise)
}
