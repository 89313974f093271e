/** All errors of functions, for the page that lists them. */
import { artifactErrors } from '#services/functions/artifact'
import { managementErrors } from '#services/functions/management'
import { registryErrors } from '#services/functions/registry'

export const functionErrorTables = [managementErrors, artifactErrors, registryErrors] as const
