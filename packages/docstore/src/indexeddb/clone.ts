/** Structured clones, and clones as bytes: Node's own serializer, with the host's objects carried by their content. */
import { deserialize, serialize } from 'node:v8'
import { isBlob } from './key-path.ts'

/** The host's structured clone: throws DataCloneError. */
export const clone = (value: unknown): unknown => globalThis.structuredClone(value)

/** A class that structured clone knows and Node's serializer does not: how its objects are stored. */
export interface HostType<T extends object = object> {
  /** Stored along with the content: never change it. */
  name: string
  is: (value: object) => value is T
  /** The content, of values that can be serialized. */
  encode: (value: T) => unknown
  decode: (content: never) => T
}

interface BlobContent {
  type: string
  bytes: Uint8Array<ArrayBuffer>
  name?: string
  lastModified?: number
}

const blobType: HostType<Blob> = {
  name: 'Blob',
  is: isBlob,
  encode: async (blob) => {
    const { name, lastModified } = blob as Partial<File>
    const bytes = new Uint8Array(await blob.arrayBuffer())
    return { type: blob.type, bytes, ...(name !== undefined && { name, lastModified }) }
  },
  decode: ({ type, bytes, name, lastModified }: BlobContent) =>
    name === undefined || typeof File !== 'function'
      ? new Blob([new Uint8Array(bytes)], { type })
      : new File([new Uint8Array(bytes)], name, {
          type,
          ...(lastModified !== undefined && { lastModified }),
        }),
}

const hostTypes: HostType[] = [blobType as unknown as HostType]

/** Lets objects of a class be stored as what they are: before the first use of a database that holds some. */
export function registerType<T extends object>(type: HostType<T>): void {
  hostTypes.push(type as unknown as HostType)
}

const plain = 0
const withHostObjects = 1
const mark = '\0type'

interface Stored {
  [mark]: string
  content: unknown
}

/** Bytes of a clone, which is taken over: host objects in it are replaced. */
export async function serializeClone(value: unknown): Promise<Uint8Array> {
  const found = new Map<object, HostType>()
  visit(value, (part) => note(part, found))
  if (found.size === 0) return marked(plain, serialize(value))
  const stored = new Map<unknown, Stored>()
  for (const [object, type] of found)
    stored.set(object, { [mark]: type.name, content: await type.encode(object) })
  return marked(withHostObjects, serialize(visit(value, (part) => stored.get(part) ?? part)))
}

/** As `serializeClone`, at once: undefined where there are host objects. */
export function serializeNow(value: unknown): Uint8Array | undefined {
  const found = new Map<object, HostType>()
  visit(value, (part) => note(part, found))
  return found.size > 0 ? undefined : marked(plain, serialize(value))
}

function note(part: unknown, found: Map<object, HostType>): unknown {
  if (typeof part !== 'object' || part === null || isPlain(part)) return part
  const type = hostTypes.find(({ is }) => is(part))
  if (type !== undefined) found.set(part, type)
  return part
}

function marked(kind: number, bytes: Buffer): Uint8Array {
  const all = new Uint8Array(bytes.length + 1)
  all[0] = kind
  all.set(bytes, 1)
  return all
}

export function deserializeClone(bytes: Uint8Array): unknown {
  const value: unknown = deserialize(bytes.subarray(1))
  return bytes[0] === plain ? value : visit(value, load)
}

function load(part: unknown): unknown {
  if (typeof part !== 'object' || part === null || !Object.hasOwn(part, mark)) return part
  const { [mark]: name, content } = part as Stored
  const type = hostTypes.find((known) => known.name === name)
  return type === undefined ? content : type.decode(content as never)
}

/** Replaces parts of a clone in place; gives the replacement of the whole. */
function visit(root: unknown, replace: (part: unknown) => unknown): unknown {
  const seen = new Set<object>()
  const walk = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return value
    const replaced = replace(value)
    if (replaced !== value) return replaced
    seen.add(value)
    if (value instanceof Map) visitMap(value, walk)
    else if (value instanceof Set) visitSet(value, walk)
    else if (Array.isArray(value) || isPlain(value))
      visitMembers(value as Record<string, unknown>, walk)
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
