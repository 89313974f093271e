/** Every error of what Studio's page asks, for the documentation. */
import { passOnErrors } from '#host/studio/pass-on'
import { runningErrors } from '#host/studio/running'
import { sqlErrors } from '#host/studio/sql'

export const studioErrorTables: readonly object[] = [sqlErrors, runningErrors, passOnErrors]
