/** Functions as the Management API words them. */
import type { DeployedFunction } from '#services/functions/registry'

export function describeFunction(deployed: DeployedFunction): Record<string, unknown> {
  const { importMap } = deployed
  return {
    id: deployed.id,
    slug: deployed.slug,
    name: deployed.name,
    status: 'ACTIVE',
    version: deployed.version,
    created_at: deployed.functionCreatedMs,
    updated_at: deployed.updatedMs,
    verify_jwt: deployed.verifyJwt,
    import_map: importMap !== null,
    entrypoint_path: urlOf(deployed.entrypoint),
    ...(importMap === null ? {} : { import_map_path: urlOf(importMap) }),
    ezbr_sha256: deployed.sha256,
    // ours
    kind: deployed.kind,
    size: deployed.size,
  }
}

/** The Supabase CLI expects URLs. */
function urlOf(path: string): string {
  return `file:///${folderInArtifact}/${path}`
}

export const folderInArtifact = 'source'

export function describeVersion(deployed: DeployedFunction): Record<string, unknown> {
  return {
    version: deployed.version,
    is_active: deployed.version === deployed.active,
    created_at: deployed.createdMs,
    sha256: deployed.sha256,
    size: deployed.size,
    verify_jwt: deployed.verifyJwt,
  }
}
