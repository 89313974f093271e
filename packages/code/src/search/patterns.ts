/** Patterns of callers as those of LIKE. */

const special = /[%_\\]/g

/** `a_b` → `a\_b` */
export function escapeLike(text: string): string {
  return text.replace(special, '\\$&')
}

/** `get*By?` → `get%By_` */
export function globToLike(glob: string): string {
  return escapeLike(glob).replaceAll('*', '%').replaceAll('?', '_')
}
