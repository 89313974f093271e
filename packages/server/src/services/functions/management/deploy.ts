/** From an upload to a version: written down, prepared, packed, kept, and called from the moment its row is. */
import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { HttpRequest } from '#base/http'
import type { JsonObject } from '#base/kernel'
import { FunctionFault, maxSlugLength, slugPattern } from '#services/functions/core'
import type { Artifact } from '#services/functions/artifact'
import type { DeployedFunction, NewVersion } from '#services/functions/registry'
import { folderInArtifact } from './describe.ts'
import { managementErrors } from './errors.ts'
import type { Management } from './management.ts'
import type { Upload } from './read-upload.ts'
import { baseOf, normalizePath } from './source-path.ts'

export interface DeployWish {
  /** The one in the query; else that of the metadata. */
  readonly slug: string | null
  /** Kept, but not called before it is activated. */
  readonly bundleOnly: boolean
  readonly onProgress: (message: string) => void
}

/** @throws managementErrors, artifactErrors, registryErrors */
export function deploy(
  management: Management,
  request: HttpRequest,
  wish: DeployWish,
): Promise<DeployedFunction> {
  const { artifacts, uploads, preparations } = management
  return artifacts.inFolder(async (folder) => {
    const files = join(folder, 'files')
    await mkdir(files)
    const maxBytes = management.maxUploadBytes()
    const { readUpload } = await import('./read-upload.ts')
    const upload = await uploads.run(() => readUpload(request, files, maxBytes))
    const { base, version } = planOf(upload, wish.slug)
    wish.onProgress(`received ${upload.paths.length} files`)
    const root = join(folder, 'function')
    await mkdir(root)
    await rename(join(files, base), join(root, folderInArtifact))
    const kept = await preparations.run(() => prepareAndPack(management, root, version, wish))
    return register(management, { ...version, ...kept }, !wish.bundleOnly)
  })
}

async function register(
  { registry, artifacts, log }: Management,
  version: NewVersion,
  isActive: boolean,
): Promise<DeployedFunction> {
  try {
    const { deployed, dropped } = await registry.add(version, isActive)
    await artifacts.remove(dropped).catch((error: unknown) => {
      // basalt storage sweep finds them
      log.warn('artifacts of old versions could not be removed', { error: String(error) })
    })
    return deployed
  } catch (error) {
    await artifacts.remove([version.artifact]).catch(() => {})
    throw error
  }
}

/** Of a WebAssembly module. */
const isManifest = /(?:^|\/)manifest\.json$/

interface Plan {
  readonly base: string
  readonly version: Omit<NewVersion, keyof Artifact>
}

function planOf({ metadata, paths }: Upload, wanted: string | null): Plan {
  const slug = requireSlug(wanted ?? textOf(metadata, 'name') ?? '')
  const entry = textOf(metadata, 'entrypoint_path')
  if (entry === null)
    throw managementErrors.function_upload_invalid({
      reason: 'its metadata has no entrypoint_path',
    })
  const base = baseOf(paths)
  const below = (path: string, what: string): string => {
    const normal = normalizePath(path)
    if (!paths.includes(normal))
      throw managementErrors.function_file_missing({ path: normal, what })
    return normal.slice(base.length)
  }
  const importMap = textOf(metadata, 'import_map_path')
  const entrypoint = below(entry, 'entrypoint')
  const patterns = metadata['static_patterns']
  return {
    base,
    version: {
      slug,
      name: textOf(metadata, 'name') ?? slug,
      entrypoint,
      importMap: importMap === null ? null : below(importMap, 'import map'),
      staticFiles: Array.isArray(patterns) ? patterns.slice(0, 100).filter(isText) : [],
      kind: isManifest.test(entrypoint) ? 'wasm' : 'javascript',
      verifyJwt: metadata['verify_jwt'] !== false,
    },
  }
}

export function requireSlug(slug: string): string {
  if (!slugPattern.test(slug) || slug.length > maxSlugLength)
    throw managementErrors.function_name_invalid({ slug })
  return slug
}

const maxTextLength = 1_024

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxTextLength && !value.includes('\0')
}

function textOf(metadata: JsonObject, name: string): string | null {
  const value = metadata[name]
  if (value === undefined || value === null || value === '') return null
  if (isText(value)) return value
  throw managementErrors.function_upload_invalid({ reason: `its ${name} is no text` })
}

async function prepareAndPack(
  { artifacts, prepare, registry }: Management,
  folder: string,
  { slug, kind, entrypoint, importMap }: Plan['version'],
  { onProgress }: DeployWish,
): Promise<Artifact> {
  try {
    if (kind === 'javascript') await prepare({ folder, entrypoint, importMap, onProgress })
  } catch (error) {
    if (!(error instanceof FunctionFault)) throw error
    const { message, where } = error
    throw managementErrors.function_not_prepared({ message, where: where ?? '' }, error)
  }
  onProgress('packing')
  return artifacts.put(folder, `${registry.ref}/${slug}`)
}
