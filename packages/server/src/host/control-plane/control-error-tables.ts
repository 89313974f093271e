/** Every error of the control plane, for the documentation. */
import { apiErrors } from '#host/control-plane/route'
import { controlErrors } from '#host/control-plane/core'
import { inspectErrors } from '#host/control-plane/inspect'

export const controlErrorTables: readonly object[] = [controlErrors, apiErrors, inspectErrors]
