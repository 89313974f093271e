/** Every error of Studio's rooms, for the documentation. */
import { catalogErrors } from '#host/studio/catalog'
import { rowsErrors } from '#host/studio/rows'

export const studioErrorTables: readonly object[] = [catalogErrors, rowsErrors]
