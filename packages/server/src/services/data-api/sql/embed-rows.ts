/** How the rows of an embedded resource are referred to outside the lateral join that makes them. */
import type { EmbedShape } from '#services/data-api/plan'
import { quoteIdentifier } from '#base/sql'

/** The column holding a to-many resource's list; null when it has no row. */
export const rowsColumn = '"pgrst_rows"'

/** Null when there is no row. */
export function embedRows(alias: string, shape: EmbedShape): string {
  const quoted = quoteIdentifier(alias)
  return shape === 'array' || shape === 'spread-many' ? `${quoted}.${rowsColumn}` : quoted
}
