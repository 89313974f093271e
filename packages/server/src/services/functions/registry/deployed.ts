/** What the registry knows of a function, and how its rows are read. */

/** One upload of a function. */
export interface FunctionVersion {
  readonly slug: string
  readonly version: number
  /** Of its blob. */
  readonly artifact: string
  readonly sha256: string
  /** Of the artifact, in bytes. */
  readonly size: number
  /** Below `source/`. */
  readonly entrypoint: string
  /** Below `source/`. */
  readonly importMap: string | null
  readonly staticFiles: readonly string[]
  readonly kind: 'javascript' | 'wasm'
  readonly verifyJwt: boolean
  readonly createdMs: number
}

/** A function with one of its versions: the one that is called, or one that was uploaded. */
export interface DeployedFunction extends FunctionVersion {
  readonly id: string
  readonly name: string
  /** The version that is called; null before the first. */
  readonly active: number | null
  readonly functionCreatedMs: number
  readonly updatedMs: number
}

export type NewVersion = Omit<FunctionVersion, 'version' | 'createdMs'> & { readonly name: string }

/** A row of `selectVersions`. */
export interface VersionRow {
  readonly id: string
  readonly name: string
  readonly slug: string
  readonly active: number | null
  readonly version: number
  readonly artifact: string
  readonly sha256: string
  readonly size: number
  readonly entrypoint: string
  readonly import_map: string | null
  readonly static_files: readonly string[]
  readonly kind: 'javascript' | 'wasm'
  readonly verify_jwt: boolean
  readonly created_ms: number
  readonly function_created_ms: number
  readonly updated_ms: number
}

export function deployedOf(row: VersionRow): DeployedFunction {
  return {
    id: row.id,
    name: row.name,
    slug: row.slug,
    active: row.active,
    version: row.version,
    artifact: row.artifact,
    sha256: row.sha256,
    size: Number(row.size),
    entrypoint: row.entrypoint,
    importMap: row.import_map,
    staticFiles: row.static_files,
    kind: row.kind,
    verifyJwt: row.verify_jwt,
    createdMs: row.created_ms,
    functionCreatedMs: row.function_created_ms,
    updatedMs: row.updated_ms,
  }
}
