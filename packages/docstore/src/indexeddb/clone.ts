/** Structured clones, and clones as bytes: Node's own serializer, with blobs carried by their content. */
import { deserialize, serialize } from 'node:v8'
import { isBlob } from './key-path.ts'

/** The host's structured clone: throws DataCloneError. */
export const clone = (value: unknown): unknown => globalThis.structuredClone(value)

const plain = 0
const withBlobs = 1
const blobMark = '\0blob'

interface StoredBlob {
  [blobMark]: 'blob' | 'file'
  type: string
  bytes: Uint8Array
  name?: string
  lastModified?: number
}

/** Bytes of a clone, which is taken over: blobs in it are replaced. */
export async function serializeClone(value: unknown): Promise<Uint8Array> {
  const found: Blob[] = []
  visit(value, (part) => {
    if (isBlob(part)) found.push(part)
    return part
  })
  if (found.length === 0) return mark(plain, serialize(value))
  const stored = new Map<Blob, StoredBlob>()
  for (const blob of found) stored.set(blob, await storeBlob(blob))
  return mark(withBlobs, serialize(visit(value, (part) => (isBlob(part) ? stored.get(part) : part))))
}

/** As `serializeClone`, at once: undefined where there are blobs to be read. */
export function serializeNow(value: unknown): Uint8Array | undefined {
  let hasBlob = false
  visit(value, (part) => {
    if (isBlob(part)) hasBlob = true
    return part
  })
  return hasBlob ? undefined : mark(plain, serialize(value))
}

function mark(kind: number, bytes: Buffer): Uint8Array {
  const marked = new Uint8Array(bytes.length + 1)
  marked[0] = kind
  marked.set(bytes, 1)
  return marked
}

async function storeBlob(blob: Blob): Promise<StoredBlob> {
  const bytes = new Uint8Array(await blob.arrayBuffer())
  const { name, lastModified } = blob as Partial<File>
  const stored: StoredBlob = { [blobMark]: name === undefined ? 'blob' : 'file', type: blob.type, bytes }
  if (name !== undefined) Object.assign(stored, { name, lastModified })
  return stored
}

export function deserializeClone(bytes: Uint8Array): unknown {
  const value: unknown = deserialize(bytes.subarray(1))
  return bytes[0] === plain ? value : visit(value, (part) => (isStoredBlob(part) ? loadBlob(part) : part))
}

const isStoredBlob = (part: unknown): part is StoredBlob =>
  typeof part === 'object' && part !== null && Object.hasOwn(part, blobMark)

function loadBlob({ bytes, type, name, lastModified, [blobMark]: kind }: StoredBlob): Blob {
  const part = new Uint8Array(bytes)
  if (kind === 'blob' || typeof File !== 'function') return new Blob([part], { type })
  return new File([part], name ?? '', { type, ...(lastModified !== undefined && { lastModified }) })
}

/** Replaces parts of a clone in place; gives the replacement of the whole. */
function visit(root: unknown, replace: (part: unknown) => unknown): unknown {
  const seen = new Set<object>()
  const walk = (value: unknown): unknown => {
    const replaced = replace(value)
    if (replaced !== value || typeof value !== 'object' || value === null || seen.has(value)) return replaced
    seen.add(value)
    if (value instanceof Map) visitMap(value, walk)
    else if (value instanceof Set) visitSet(value, walk)
    else if (Array.isArray(value) || isPlain(value)) visitMembers(value as Record<string, unknown>, walk)
    return value
  }
  return walk(root)
}

const isPlain = (value: object): boolean => {
  const prototype = Object.getPrototypeOf(value) as object | null
  return prototype === Object.prototype || prototype === null
}

function visitMembers(value: Record<string, unknown>, walk: (part: unknown) => unknown): void {
  for (const name of Object.keys(value)) {
    const part = value[name]
    if (typeof part !== 'object' || part === null) continue
    const replaced = walk(part)
    if (replaced !== part) value[name] = replaced
  }
}

function visitMap(map: Map<unknown, unknown>, walk: (part: unknown) => unknown): void {
  const entries = Array.from(map, ([key, value]) => [walk(key), walk(value)] as const)
  map.clear()
  for (const [key, value] of entries) map.set(key, value)
}

function visitSet(set: Set<unknown>, walk: (part: unknown) => unknown): void {
  const parts = Array.from(set, walk)
  set.clear()
  for (const part of parts) set.add(part)
}
