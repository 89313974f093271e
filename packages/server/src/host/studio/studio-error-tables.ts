/** Every error of Studio's rooms, for the documentation. */
import { passOnErrors } from '#host/studio/pass-on'
import { runningErrors } from '#host/studio/running'
import { sqlErrors } from '#host/studio/sql'
import { catalogErrors } from '#host/studio/catalog'
import { rowsErrors } from '#host/studio/rows'
import { transferErrors } from '#host/studio/transfer'

export const studioErrorTables: readonly object[] = [
  sqlErrors,
  runningErrors,
  passOnErrors,
  catalogErrors,
  rowsErrors,
  transferErrors,
]
