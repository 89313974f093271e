/** Every error of what Studio's page asks, for the documentation. */
import { catalogErrors } from '#host/studio/catalog'
import { passOnErrors } from '#host/studio/pass-on'
import { policiesErrors } from '#host/studio/policies'
import { rowsErrors } from '#host/studio/rows'
import { runningErrors } from '#host/studio/running'
import { sqlErrors } from '#host/studio/sql'
import { transferErrors } from '#host/studio/transfer'

export const studioErrorTables: readonly object[] = [
  sqlErrors,
  runningErrors,
  passOnErrors,
  catalogErrors,
  rowsErrors,
  transferErrors,
  policiesErrors,
]
