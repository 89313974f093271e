/** Tenants with a schema each: which schemas a request may name, by the tenant of its token. */
import type { Config } from '#base/config'
import { decodeRows } from '#base/db'
import type { Database, Result } from '#base/db'
import type { HttpRequest } from '#base/http'
import { defineErrors, isJsonObject } from '#base/kernel'
import type { Caller, Scope } from '#base/service'
import { sql } from '#base/sql'

export const tenancyErrors = defineErrors({
  BTN01: {
    status: 403,
    message: (p: { header: string }) =>
      `The header ${p.header} does not name the tenant of the token`,
    hint: 'Leave it out: a token says which tenant its user belongs to. Only the service role may choose.',
  },
  BTN02: {
    status: 404,
    message: (p: { tenant: string }) => `There is no schema for the tenant ${p.tenant}`,
    hint: 'A tenant is made by creating his schema: basalt.tenancy.schema_prefix and his name, letters, digits, _ and - only.',
  },
})

type TenancyConfig = Pick<
  Config,
  | 'basalt.tenancy.mode'
  | 'basalt.tenancy.claim'
  | 'basalt.tenancy.header'
  | 'basalt.tenancy.schema_prefix'
>

const session = { role: null, settings: [], readOnly: true } as const
/** With the prefix within the 63 bytes of a name. */
const fitName = /^[A-Za-z0-9_-]{1,55}$/

/** Those there are now, in order; none where tenants have no schemas of their own. */
export async function readTenantSchemas(
  db: Database,
  config: TenancyConfig,
): Promise<readonly string[]> {
  if (config['basalt.tenancy.mode'] !== 'schema') return []
  const list = [
    sql`/* dataApi.listTenantSchemas */ select nspname::text as name from pg_catalog.pg_namespace
      where starts_with(nspname::text, ${config['basalt.tenancy.schema_prefix']}) order by 1`,
  ]
  const [result] = await db.transaction(session, list, { prepare: false, leaves: 'nothing' })
  return decodeRows<{ name: string }>(result as Result).map(({ name }) => name)
}

export interface TenantSchemas {
  /** Those a request may name, its own first. */
  readonly schemas: readonly string[]
  /** The project's default, which clients name of themselves, is the tenant's own. */
  readonly defaultAlias: string | null
}

/**
 * What a request may name. `shared` are those of the project, `tenants` those of `readTenantSchemas`.
 * @throws PlatformError BTN01, BTN02
 */
export function tenantChooser(
  config: TenancyConfig,
  shared: readonly string[],
  tenants: readonly string[],
): (scope: Scope, request: HttpRequest) => TenantSchemas {
  const header = config['basalt.tenancy.header'].toLowerCase()
  const path = config['basalt.tenancy.claim'].split('.')
  const [defaultAlias = 'public', ...others] = shared
  const nobodys: TenantSchemas = { schemas: shared, defaultAlias: null }
  const all: TenantSchemas = { schemas: [...shared, ...tenants], defaultAlias: null }
  const known = new Map<string, TenantSchemas>(
    tenants.map((schema) => [schema, { schemas: [schema, ...others], defaultAlias }]),
  )
  return ({ authentication }, { headers }) => {
    // its refusal is worded where tokens are looked at
    if (!authentication.ok) return nobodys
    const { caller } = authentication
    const asked = header === '' ? undefined : headers[header]
    const own = caller.role === 'service_role' ? asked : tenantOf(caller, path)
    if (asked !== undefined && asked !== own) throw tenancyErrors.BTN01({ header })
    if (own === undefined) return caller.role === 'service_role' ? all : nobodys
    const schema = fitName.test(own) ? config['basalt.tenancy.schema_prefix'] + own : ''
    const found = known.get(schema)
    if (found === undefined) throw tenancyErrors.BTN02({ tenant: own })
    return found
  }
}

function tenantOf({ claims }: Caller, path: readonly string[]): string | undefined {
  let value: unknown = claims
  for (const name of path)
    value = isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
  if (value === undefined || value === null) return undefined
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
