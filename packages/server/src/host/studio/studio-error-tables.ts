/** Every error of Studio's rooms, for the documentation. */
import { catalogErrors } from '#host/studio/catalog'

export const studioErrorTables: readonly object[] = [catalogErrors]
