/** Every error of Studio's rooms, for the documentation. */
import { sqlErrors } from '#host/studio/sql'
import { catalogErrors } from '#host/studio/catalog'
import { rowsErrors } from '#host/studio/rows'
import { transferErrors } from '#host/studio/transfer'

export const studioErrorTables: readonly object[] = [
  sqlErrors,
  catalogErrors,
  rowsErrors,
  transferErrors,
]
