/** Generated from the table of routes of `/admin/v1` (`npm run docs`): paths below a project, and what they answer. */

export interface ProjectPaths {
  GET:
  | ``
  | `config`
  | `keys`
  | `members`
  | `audit`
  | `usage`
  | `health`
  | `tables`
  | `policies`
  | `users`
  | `users/${string}`
  | `buckets`
  | `buckets/${string}`
  | `functions`
  | `functions/${string}/body`
  | `functions/${string}`
  | `functions/${string}/versions`
  | `functions/${string}/logs`
  | `api-keys`
  | `secrets`
  | `realtime/stats`
  | `snippets`
  | `snippets/${string}`
  | `migrations`
  | `migrations/${string}`
  | `logs`
  | `logs/stream`
  | `logs/${string}`
  | `metrics`
  | `statements`
  | `queries`
  | `doctor`
  | `config/schema`
  | `api-keys/keys`
  | `api-keys/usage`
  | `auth/settings`
  | `auth/audit`
  | `users/${string}/factors`
  | `users/${string}/passkeys`
  | `auth/sso`
  | `storage/object/${string}/${string}`
  | `storage/info/${string}/${string}`
  | `types/typescript`
  | `folder/functions`
  | `mail`
  | `mail/${string}`
  | `mail/${string}/html`
  | `auth/templates`
  | `auth/templates/preview/${string}`
  | `users/${string}/sessions`
  | `catalog`
  | `catalog/names`
  | `catalog/diagram`
  | `catalog/relations/${string}`
  | `catalog/functions`
  | `catalog/triggers`
  | `catalog/enums`
  | `catalog/extensions`
  | `catalog/roles`
  | `catalog/publications`
  | `catalog/slots`
  | `catalog/indexes`
  | `catalog/cron`
  | `catalog/queues`
  | `catalog/webhooks`
  | `catalog/vault`
  | `imports/${string}`
  | `policies/matrix`
  | `policies/patterns`
  | `advisors`
  POST:
  | `pause`
  | `resume`
  | `restore`
  | `purge`
  | `database/test`
  | `keys/rotate`
  | `sql`
  | `users`
  | `buckets`
  | `functions/deploy`
  | `functions/${string}/rollback`
  | `api-keys/enable`
  | `api-keys/disable`
  | `secrets`
  | `sql/run`
  | `sql/cancel`
  | `migrations`
  | `migrations/apply`
  | `tokens`
  | `auth/invite`
  | `auth/recover`
  | `auth/otp`
  | `auth/generate_link`
  | `auth/sso`
  | `buckets/${string}/empty`
  | `storage/list/${string}`
  | `storage/list-v2/${string}`
  | `storage/move`
  | `storage/copy`
  | `storage/move-folder`
  | `storage/sign/${string}/${string}`
  | `storage/object/${string}/${string}`
  | `storage/upload`
  | `functions/${string}/invoke`
  | `auth/templates/preview`
  | `catalog/vault/${string}/reveal`
  | `relations/${string}/rows`
  | `relations/${string}/count`
  | `relations/${string}/cell`
  | `relations/${string}/changes`
  | `relations/${string}/import`
  | `relations/${string}/export`
  | `policies/explain`
  PUT:
  | `members/${string}`
  | `users/${string}`
  | `buckets/${string}`
  | `functions`
  | `snippets/${string}`
  | `auth/sso/${string}`
  | `storage/object/${string}/${string}`
  PATCH:
  | ``
  | `config`
  | `functions/${string}`
  | `storage/upload/${string}`
  DELETE:
  | ``
  | `members/${string}`
  | `users/${string}`
  | `buckets/${string}`
  | `functions/${string}`
  | `secrets`
  | `snippets/${string}`
  | `users/${string}/factors/${string}`
  | `users/${string}/passkeys/${string}`
  | `auth/sso/${string}`
  | `storage/folder/${string}`
  | `storage/object/${string}`
  | `storage/upload/${string}`
  | `mail`
  | `mail/${string}`
  | `users/${string}/sessions`
  | `users/${string}/sessions/${string}`
  | `imports/${string}`
}

export interface ProjectAnswers {
  'GET ': { readonly ref: string; readonly name: string; readonly status: 'active' | 'paused' | 'deleted'; readonly version: number; readonly kept_open: boolean; readonly api_url: string | null; readonly created_at: string; readonly updated_at: string; readonly deleted_at: string | null; readonly db_url: string }
  'PATCH ': { readonly ref: string; readonly name: string; readonly status: 'active' | 'paused' | 'deleted'; readonly version: number; readonly kept_open: boolean; readonly api_url: string | null; readonly created_at: string; readonly updated_at: string; readonly deleted_at: string | null; readonly db_url: string; readonly warnings: readonly ({ readonly level: 'missing' | 'warning'; readonly message: string; readonly remedy: string })[] }
  'DELETE ': { readonly ref: string; readonly name: string; readonly status: 'active' | 'paused' | 'deleted'; readonly version: number; readonly kept_open: boolean; readonly api_url: string | null; readonly created_at: string; readonly updated_at: string; readonly deleted_at: string | null }
  'POST pause': { readonly ref: string; readonly name: string; readonly status: 'active' | 'paused' | 'deleted'; readonly version: number; readonly kept_open: boolean; readonly api_url: string | null; readonly created_at: string; readonly updated_at: string; readonly deleted_at: string | null }
  'POST resume': { readonly ref: string; readonly name: string; readonly status: 'active' | 'paused' | 'deleted'; readonly version: number; readonly kept_open: boolean; readonly api_url: string | null; readonly created_at: string; readonly updated_at: string; readonly deleted_at: string | null }
  'POST restore': { readonly ref: string; readonly name: string; readonly status: 'active' | 'paused' | 'deleted'; readonly version: number; readonly kept_open: boolean; readonly api_url: string | null; readonly created_at: string; readonly updated_at: string; readonly deleted_at: string | null }
  'POST purge': undefined
  'GET config': Readonly<Record<string, unknown>>
  'PATCH config': Readonly<Record<string, unknown>>
  'POST database/test': { readonly warnings: readonly ({ readonly level: 'missing' | 'warning'; readonly message: string; readonly remedy: string })[] }
  'GET keys': { readonly ref: string; readonly anon_key: string; readonly service_role_key: string; readonly publishable_key: string; readonly secret_key: string; readonly signing: 'HS256' | 'ES256'; readonly retired_until: readonly (string)[] }
  'POST keys/rotate': { readonly ref: string; readonly anon_key: string; readonly service_role_key: string; readonly publishable_key: string; readonly secret_key: string; readonly signing: 'HS256' | 'ES256'; readonly retired_until: readonly (string)[] }
  'GET members': readonly ({ readonly operator_id: string; readonly email: string; readonly role: 'read-only' | 'developer' | 'admin' })[]
  'PUT members/{operator}': { readonly operator_id: string; readonly email: string; readonly role: 'read-only' | 'developer' | 'admin' }
  'DELETE members/{operator}': undefined
  'GET audit': readonly ({ readonly id: number; readonly at: string; readonly actor: string; readonly address: string | null; readonly action: string; readonly ref: string | null; readonly detail: Readonly<Record<string, unknown>> })[]
  'GET usage': readonly ({ readonly hour: string; readonly requests: number; readonly errors: number; readonly duration_ms: number })[]
  'GET health': { readonly status: 'active' | 'paused' | 'deleted'; readonly database: { readonly reachable: boolean; readonly ms?: number; readonly reason?: string }; readonly node: Readonly<Record<string, unknown>> | null }
  'GET tables': readonly ({ readonly schema: string; readonly name: string; readonly rls_enabled: boolean; readonly rls_forced: boolean; readonly estimated_rows: number; readonly bytes: number; readonly comment: string | null; readonly columns: readonly ({ readonly name: string; readonly type: string; readonly nullable: boolean })[] })[]
  'GET policies': readonly ({ readonly schema: string; readonly table: string; readonly name: string; readonly permissive: 'PERMISSIVE' | 'RESTRICTIVE'; readonly roles: readonly (string)[]; readonly command: 'ALL' | 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE'; readonly using: string | null; readonly check: string | null })[]
  'POST sql': { readonly columns: readonly (string)[]; readonly rows: readonly (Readonly<Record<string, unknown>>)[]; readonly truncated: boolean; readonly command: string | null; readonly row_count: number }
  'GET users': unknown
  'POST users': unknown
  'GET users/{id}': unknown
  'PUT users/{id}': unknown
  'DELETE users/{id}': unknown
  'GET buckets': unknown
  'POST buckets': unknown
  'GET buckets/{id}': unknown
  'PUT buckets/{id}': unknown
  'DELETE buckets/{id}': unknown
  'GET functions': unknown
  'PUT functions': unknown
  'GET functions/{slug}/body': unknown
  'POST functions/deploy': unknown
  'GET functions/{slug}': unknown
  'PATCH functions/{slug}': unknown
  'DELETE functions/{slug}': unknown
  'GET functions/{slug}/versions': unknown
  'POST functions/{slug}/rollback': unknown
  'GET functions/{slug}/logs': unknown
  'GET api-keys': unknown
  'POST api-keys/enable': unknown
  'POST api-keys/disable': unknown
  'GET secrets': unknown
  'POST secrets': unknown
  'DELETE secrets': unknown
  'GET realtime/stats': Readonly<Record<string, unknown>>
  'POST sql/run': { readonly results: readonly ({ readonly statement: string; readonly command: string | null; readonly columns: readonly ({ readonly name: string; readonly type: string })[]; readonly rows: readonly (readonly (string | null)[])[]; readonly truncated: boolean; readonly row_count: number; readonly ms: number; readonly plan?: unknown })[]; readonly error: { readonly code: string; readonly message: string; readonly detail: string | null; readonly hint: string | null; readonly position: number | null; readonly statement: number } | null; readonly notices: readonly (string)[]; readonly role: string; readonly claims: Readonly<Record<string, unknown>> | null; readonly read_only: boolean }
  'POST sql/cancel': { readonly cancelled: boolean }
  'GET snippets': readonly ({ readonly name: string; readonly version: string })[]
  'GET snippets/{name}': { readonly name: string; readonly version: string; readonly content: string }
  'PUT snippets/{name}': { readonly name: string; readonly version: string }
  'DELETE snippets/{name}': undefined
  'GET migrations': readonly ({ readonly version: string; readonly name: string | null; readonly applied: boolean; readonly file: string | null })[]
  'POST migrations': { readonly version: string; readonly file: string | null; readonly applied: readonly (string)[] }
  'POST migrations/apply': { readonly applied: readonly (string)[] }
  'GET migrations/{version}': { readonly version: string; readonly sql: string }
  'GET logs': { readonly requests: readonly ({ readonly seq: number; readonly id: string; readonly at: string; readonly method: string; readonly path: string; readonly query: string; readonly status: number; readonly ms: number; readonly route: string; readonly user_id: string | null; readonly ip: string; readonly user_agent: string })[]; readonly last: number; readonly dropped: number; readonly since: string | null }
  'GET logs/stream': { readonly requests: readonly ({ readonly seq: number; readonly id: string; readonly at: string; readonly method: string; readonly path: string; readonly query: string; readonly status: number; readonly ms: number; readonly route: string; readonly user_id: string | null; readonly ip: string; readonly user_agent: string })[]; readonly last: number; readonly dropped: number; readonly since: string | null }
  'GET logs/{id}': { readonly seq: number; readonly id: string; readonly at: string; readonly method: string; readonly path: string; readonly query: string; readonly status: number; readonly ms: number; readonly route: string; readonly user_id: string | null; readonly ip: string; readonly user_agent: string; readonly steps: readonly ({ readonly name: string; readonly ms: number })[] }
  'GET metrics': { readonly step_ms: number; readonly since: string | null; readonly steps: readonly (Readonly<Record<string, unknown>>)[] }
  'GET statements': { readonly available: boolean; readonly reason: string | null; readonly statements: readonly ({ readonly query: string; readonly role: string | null; readonly calls: number; readonly rows: number; readonly total_ms: number; readonly mean_ms: number; readonly max_ms: number })[] }
  'GET queries': { readonly available: boolean; readonly reason: string | null; readonly queries: readonly ({ readonly query: string; readonly role: string | null; readonly calls: number; readonly rows: number; readonly total_ms: number; readonly mean_ms: number; readonly max_ms: number })[] }
  'GET doctor': readonly ({ readonly name: string; readonly level: 'ok' | 'warning' | 'error'; readonly message: string; readonly remedy: string | null })[]
  'GET config/schema': readonly ({ readonly key: string; readonly section: string; readonly doc: string; readonly type: string; readonly choices: readonly (string)[] | null; readonly default: unknown; readonly value: unknown; readonly secret: boolean; readonly changeable: boolean; readonly source: 'default' | 'file' | 'environment' | 'flag' | 'run time'; readonly variable: string | null; readonly locked: boolean; readonly fields: Readonly<Record<string, unknown>> | null })[]
  'POST tokens': { readonly access_token: string; readonly expires_in: number; readonly anon_key: string; readonly api_url: string | null; readonly claims: Readonly<Record<string, unknown>>; readonly user: Readonly<Record<string, unknown>> | null }
  'GET api-keys/keys': readonly ({ readonly id: string; readonly user_id: string; readonly email: string | null; readonly name: string; readonly permissions: Readonly<Record<string, unknown>>; readonly rate_limit: number; readonly monthly_quota: number; readonly usage_count: number; readonly last_used_at: string | null; readonly expires_at: string | null; readonly created_at: string; readonly allowed_ips: readonly (string)[] | null })[]
  'GET api-keys/usage': { readonly step_seconds: number; readonly steps: readonly ({ readonly at: string; readonly answered: number; readonly refused: number; readonly limited: number; readonly tokens: number; readonly ms: number | null })[] }
  'GET auth/settings': unknown
  'GET auth/audit': unknown
  'POST auth/invite': unknown
  'POST auth/recover': unknown
  'POST auth/otp': unknown
  'POST auth/generate_link': unknown
  'GET users/{id}/factors': unknown
  'DELETE users/{id}/factors/{factor}': unknown
  'GET users/{id}/passkeys': unknown
  'DELETE users/{id}/passkeys/{passkey}': unknown
  'GET auth/sso': unknown
  'POST auth/sso': unknown
  'PUT auth/sso/{id}': unknown
  'DELETE auth/sso/{id}': unknown
  'POST buckets/{id}/empty': unknown
  'POST storage/list/{bucket}': unknown
  'POST storage/list-v2/{bucket}': unknown
  'POST storage/move': unknown
  'POST storage/copy': unknown
  'POST storage/move-folder': unknown
  'DELETE storage/folder/{bucket}': unknown
  'POST storage/sign/{bucket}/{name}': unknown
  'GET storage/object/{bucket}/{name}': unknown
  'POST storage/object/{bucket}/{name}': unknown
  'PUT storage/object/{bucket}/{name}': unknown
  'GET storage/info/{bucket}/{name}': unknown
  'DELETE storage/object/{bucket}': unknown
  'POST storage/upload': unknown
  'HEAD storage/upload/{id}': unknown
  'PATCH storage/upload/{id}': unknown
  'DELETE storage/upload/{id}': unknown
  'GET types/typescript': unknown
  'POST functions/{slug}/invoke': { readonly status: number; readonly headers: Readonly<Record<string, unknown>>; readonly body: string; readonly truncated: boolean; readonly ms: number }
  'GET folder/functions': readonly ({ readonly slug: string; readonly kind: 'javascript' | 'wasm'; readonly enabled: boolean; readonly verify_jwt: boolean; readonly entrypoint_path: string; readonly updated_at: string })[]
  'GET mail': unknown
  'DELETE mail': undefined
  'GET mail/{id}': unknown
  'DELETE mail/{id}': undefined
  'GET mail/{id}/html': unknown
  'GET auth/templates': { readonly templates: readonly ({ readonly name: string; readonly subject: string; readonly content: string; readonly own: boolean; readonly content_path: string | null; readonly default_subject: string; readonly default_content: string })[]; readonly variables: readonly (string)[] }
  'POST auth/templates/preview': { readonly id: string | null; readonly error: string | null; readonly subject: string; readonly unknown: readonly (string)[] }
  'GET auth/templates/preview/{id}': unknown
  'GET users/{id}/sessions': readonly ({ readonly id: string; readonly created_at: string | null; readonly refreshed_at: string | null; readonly not_after: string | null; readonly aal: string | null; readonly user_agent: string | null; readonly ip: string | null })[]
  'DELETE users/{id}/sessions': undefined
  'DELETE users/{id}/sessions/{session}': undefined
  'GET catalog': { readonly schemas: readonly (string)[]; readonly relations: readonly ({ readonly oid: number; readonly schema: string; readonly name: string; readonly kind: 'table' | 'partitioned' | 'view' | 'materialized view' | 'foreign table'; readonly partition_of: number | null; readonly rls_enabled: boolean; readonly rls_forced: boolean; readonly policies: number; readonly estimated_rows: number | null; readonly bytes: number; readonly comment: string | null })[] }
  'GET catalog/names': readonly ({ readonly schema: string; readonly relations: readonly ({ readonly name: string; readonly columns: readonly ({ readonly name: string; readonly type: string })[] })[]; readonly functions: readonly ({ readonly name: string; readonly arguments: string; readonly returns: string | null })[] })[]
  'GET catalog/diagram': readonly ({ readonly oid: number; readonly schema: string; readonly name: string; readonly columns: readonly ({ readonly name: string; readonly type: string; readonly nullable: boolean; readonly primary: boolean })[]; readonly foreign_keys: readonly ({ readonly name: string; readonly columns: readonly (string)[]; readonly to_oid: number; readonly to_schema: string; readonly to_table: string; readonly to_columns: readonly (string)[] })[] })[]
  'GET catalog/relations/{oid}': { readonly oid: number; readonly schema: string; readonly name: string; readonly kind: 'table' | 'partitioned' | 'view' | 'materialized view' | 'foreign table'; readonly owner: string; readonly rls_enabled: boolean; readonly rls_forced: boolean; readonly estimated_rows: number | null; readonly bytes: number; readonly comment: string | null; readonly updatable: boolean; readonly partition_of: number | null; readonly partition_key: string | null; readonly columns: readonly ({ readonly name: string; readonly type: string; readonly base_type: string; readonly is_array: boolean; readonly category: string; readonly enum_values: readonly (string)[] | null; readonly nullable: boolean; readonly default: string | null; readonly generated: 'stored' | 'virtual' | null; readonly expression: string | null; readonly identity: 'always' | 'by default' | null; readonly comment: string | null; readonly updatable: boolean })[]; readonly primary_key: readonly (string)[]; readonly key: readonly (string)[] | null; readonly uniques: readonly ({ readonly name: string; readonly definition: string; readonly columns: readonly (string)[] })[]; readonly checks: readonly ({ readonly name: string; readonly definition: string })[]; readonly exclusions: readonly ({ readonly name: string; readonly definition: string })[]; readonly foreign_keys: readonly ({ readonly name: string; readonly from_oid: number; readonly from_schema: string; readonly from_table: string; readonly columns: readonly (string)[]; readonly to_oid: number; readonly to_schema: string; readonly to_table: string; readonly to_columns: readonly (string)[]; readonly on_update: 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default'; readonly on_delete: 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default' })[]; readonly referenced_by: readonly ({ readonly name: string; readonly from_oid: number; readonly from_schema: string; readonly from_table: string; readonly columns: readonly (string)[]; readonly to_oid: number; readonly to_schema: string; readonly to_table: string; readonly to_columns: readonly (string)[]; readonly on_update: 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default'; readonly on_delete: 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default' })[]; readonly indexes: readonly ({ readonly name: string; readonly definition: string; readonly unique: boolean; readonly primary: boolean; readonly valid: boolean; readonly scans: number; readonly bytes: number })[]; readonly triggers: readonly ({ readonly name: string; readonly definition: string; readonly enabled: boolean; readonly function: string; readonly function_schema: string })[]; readonly policies: readonly ({ readonly name: string; readonly permissive: boolean; readonly command: 'ALL' | 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE'; readonly roles: readonly (string)[]; readonly using: string | null; readonly check: string | null; readonly comment: string | null })[]; readonly grants: readonly ({ readonly role: string; readonly privileges: readonly (string)[] })[]; readonly definition: string }
  'GET catalog/functions': readonly ({ readonly oid: number; readonly schema: string; readonly name: string; readonly language: string; readonly kind: 'function' | 'procedure' | 'aggregate' | 'window'; readonly arguments: string; readonly returns: string | null; readonly volatility: 'immutable' | 'stable' | 'volatile'; readonly security_definer: boolean; readonly owner: string; readonly settings: readonly (string)[]; readonly callable_by: readonly (string)[]; readonly definition: string | null; readonly comment: string | null })[]
  'GET catalog/triggers': readonly ({ readonly schema: string; readonly table_oid: number; readonly table: string; readonly name: string; readonly enabled: boolean; readonly function_schema: string; readonly function: string; readonly definition: string })[]
  'GET catalog/enums': readonly ({ readonly schema: string; readonly name: string; readonly values: readonly (string)[]; readonly comment: string | null })[]
  'GET catalog/extensions': readonly ({ readonly name: string; readonly installed_version: string | null; readonly default_version: string | null; readonly schema: string | null; readonly comment: string | null })[]
  'GET catalog/roles': readonly ({ readonly name: string; readonly superuser: boolean; readonly bypasses_rls: boolean; readonly can_login: boolean; readonly can_create_roles: boolean; readonly can_create_databases: boolean; readonly replication: boolean; readonly inherits: boolean; readonly connection_limit: number | null; readonly connections: number; readonly member_of: readonly (string)[] })[]
  'GET catalog/publications': readonly ({ readonly name: string; readonly all_tables: boolean; readonly operations: readonly (boolean)[]; readonly tables: readonly (string)[] })[]
  'GET catalog/slots': readonly ({ readonly name: string; readonly type: 'logical' | 'physical'; readonly plugin: string | null; readonly active: boolean; readonly temporary: boolean; readonly wal_status: string | null; readonly confirmed_lsn: string | null; readonly lag_bytes: number | null; readonly kept_bytes: number | null })[]
  'GET catalog/indexes': readonly ({ readonly schema: string; readonly table_oid: number; readonly table: string; readonly name: string; readonly method: string; readonly unique: boolean; readonly primary: boolean; readonly valid: boolean; readonly scans: number; readonly bytes: number; readonly definition: string })[]
  'GET catalog/cron': { readonly available: boolean; readonly jobs: readonly ({ readonly id: string; readonly name: string | null; readonly schedule: string; readonly command: string; readonly username: string; readonly database: string; readonly active: boolean })[]; readonly runs: readonly ({ readonly id: string; readonly job_id: string | null; readonly status: string | null; readonly message: string | null; readonly started_at: string | null; readonly ms: number | null })[] }
  'GET catalog/queues': { readonly available: boolean; readonly queues: readonly ({ readonly name: string; readonly unlogged: boolean; readonly partitioned: boolean; readonly created_at: string | null; readonly messages: number | null; readonly visible: number | null; readonly oldest_seconds: number | null; readonly archived: number | null })[] }
  'GET catalog/webhooks': { readonly available: boolean; readonly hooks: readonly ({ readonly name: string; readonly schema: string; readonly table_oid: number; readonly table: string; readonly enabled: boolean; readonly definition: string })[]; readonly deliveries: readonly ({ readonly id: string; readonly hook: string; readonly schema: string | null; readonly table: string | null; readonly at: string | null; readonly status_code: number | null; readonly timed_out: boolean | null; readonly error: string | null; readonly answer: string | null })[] }
  'GET catalog/vault': { readonly available: boolean; readonly secrets: readonly ({ readonly id: string; readonly name: string | null; readonly description: string; readonly created_at: string | null; readonly updated_at: string | null })[] }
  'POST catalog/vault/{id}/reveal': { readonly value: string }
  'POST relations/{oid}/rows': { readonly columns: readonly (string)[]; readonly rows: readonly (readonly (string | null)[])[]; readonly cut: readonly (readonly (number)[])[]; readonly keys: readonly (readonly (string | null)[])[]; readonly next: readonly (string | null)[] | null; readonly previous: readonly (string | null)[] | null; readonly position: number | null }
  'POST relations/{oid}/count': { readonly count: number; readonly exact: boolean }
  'POST relations/{oid}/cell': { readonly value: string | null }
  'POST relations/{oid}/changes': { readonly statements?: readonly (string)[]; readonly columns?: readonly (string)[]; readonly inserted?: readonly (readonly (string | null)[])[]; readonly updated?: readonly (readonly (string | null)[])[]; readonly deleted?: readonly (readonly (string | null)[])[]; readonly untouched?: number }
  'POST relations/{oid}/import': { readonly id: string; readonly rows: number; readonly bytes: number }
  'GET imports/{id}': { readonly id: string; readonly status: 'running' | 'done' | 'failed' | 'cancelled'; readonly bytes: number; readonly rows: number | null; readonly error: string | null }
  'DELETE imports/{id}': undefined
  'POST relations/{oid}/export': unknown
  'GET policies/matrix': readonly ({ readonly oid: number; readonly schema: string; readonly name: string; readonly rls_enabled: boolean; readonly rls_forced: boolean; readonly cells: readonly ({ readonly role: string; readonly command: 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE'; readonly verdict: 'all' | 'none' | 'some' | 'no grant'; readonly grant: 'table' | 'columns' | 'none'; readonly rls: boolean; readonly policies: readonly (string)[] })[] })[]
  'GET policies/patterns': readonly ({ readonly name: string; readonly title: string; readonly description: string; readonly parameters: readonly ({ readonly name: string; readonly kind: 'column' | 'table' | 'text'; readonly description: string; readonly default: string })[]; readonly needs: string; readonly policies: string })[]
  'POST policies/explain': { readonly relation: { readonly oid: number; readonly schema: string; readonly name: string }; readonly operation: 'select' | 'insert' | 'update' | 'delete'; readonly role: string; readonly claims: Readonly<Record<string, unknown>>; readonly grant: 'table' | 'columns' | 'none'; readonly rls: boolean; readonly reason: string | null; readonly rows: readonly ({ readonly key: readonly (string | null)[]; readonly row: Readonly<Record<string, unknown>>; readonly passes: boolean; readonly by: readonly ({ readonly policy: string; readonly permissive: boolean; readonly command: 'ALL' | 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE'; readonly on: 'existing row' | 'new row'; readonly expression: string; readonly value: boolean | null; readonly tree: { readonly op: 'and' | 'or' | 'not' | 'leaf'; readonly expression: string; readonly value: boolean | null; readonly error: string | null; readonly children: readonly (Readonly<Record<string, unknown>>)[] } })[]; readonly reason: string; readonly refused_by: { readonly policy: string; readonly expression: string } | null })[]; readonly tried: { readonly rows: number; readonly error: string | null } | null; readonly cost: readonly ({ readonly policy: string; readonly expression: string; readonly ms: number | null; readonly rows: number | null; readonly ms_per_row: number | null; readonly plan: unknown; readonly advice: readonly ({ readonly kind: 'rewrite' | 'index'; readonly sql: string; readonly before_ms: number | null; readonly after_ms: number | null; readonly plan: unknown; readonly note: string | null })[] })[] }
  'GET advisors': readonly ({ readonly name: string; readonly level: 'ERROR' | 'WARN' | 'INFO'; readonly category: 'security' | 'performance'; readonly title: string; readonly description: string; readonly schema: string | null; readonly object: string; readonly detail: string; readonly remedy: string; readonly fix_sql: string | null })[]
}
