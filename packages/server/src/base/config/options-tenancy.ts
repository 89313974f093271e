/** Options of tenants who share a project's database, a schema each. */
import { choice, text } from './option.ts'

export const tenancyOptions = {
  'basalt.tenancy.mode': choice(
    ['none', 'schema'],
    'none',
    '`schema`: the data API serves each tenant his own schema.',
  ),
  'basalt.tenancy.claim': text(
    'tenant_id',
    "The token's claim that names the tenant; within another: `app_metadata.tenant_id`.",
  ),
  'basalt.tenancy.header': text(
    'x-tenant-id',
    'Header that may name him too: of a user only who the token says, of the service role any.',
  ),
  'basalt.tenancy.schema_prefix': text('tenant_', "What the names of tenants' schemas begin with."),
}
