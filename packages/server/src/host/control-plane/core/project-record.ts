/** What the control database says of a project. Secrets are open here; where they are stored they are sealed. */
import type { ConfigTree } from '#base/config'
import type { Jwk } from '#base/token'

/** `deleted` can be restored until it is purged. */
export type ProjectStatus = 'active' | 'paused' | 'deleted'

export interface ProjectRecord {
  /** `[a-z0-9][a-z0-9-]{0,38}[a-z0-9]`: a label of a host name. */
  readonly ref: string
  readonly name: string
  readonly status: ProjectStatus
  /** Counts up with each change: two records of one version are the same. */
  readonly version: number
  /** Of the platform's own user: `postgres://…`, or a reference to a secret (`vault://…`, `aws://…`). */
  readonly databaseUrl: string
  /** config.toml's structure, over the defaults of the node. Texts in it may be references to secrets. */
  readonly config: ConfigTree
  readonly keys: RecordKeys
  /** It has work of its own (jobs of pg_cron, webhooks): nodes keep it open without requests. */
  readonly keptOpen: boolean
}

export interface RecordKeys {
  /** HS256. */
  readonly jwtSecret: string
  /** Seals what is stored in the project's own database; never rotated with the others. */
  readonly encryptionKey: string
  readonly anonKey: string
  readonly serviceRoleKey: string
  readonly publishableKey: string
  readonly secretKey: string
  /** Private JWKs; the first signs. Empty: HS256 with `jwtSecret`. */
  readonly signingKeys: readonly Jwk[]
  /** Of before a rotation: good until their moment. */
  readonly retired: readonly RetiredKeys[]
}

export interface RetiredKeys {
  /** Unix milliseconds. */
  readonly untilMs: number
  readonly jwtSecret: string
  readonly anonKey: string
  readonly serviceRoleKey: string
  readonly publishableKey: string
  readonly secretKey: string
  /** Public halves. */
  readonly signingKeys: readonly Jwk[]
}
