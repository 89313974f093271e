/** Every error of what Studio's page asks, for the documentation. */
import { sqlErrors } from '#host/studio/sql'

export const studioErrorTables: readonly object[] = [sqlErrors]
