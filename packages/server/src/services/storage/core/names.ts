/** Names of buckets and objects, and what sizes and types may look like. Pure. */
import { storageErrors } from './errors.ts'

/** What S3 takes without care: letters, digits and these. */
const bucketName = /^(?!\s)[\w!.*'() &$@=;:+,?-]{1,100}(?<!\s)$/
const objectKey = /^[\w/!.*'() &$@=;:+,?-]+$/
const reservedSuffix = '--table-s3'
/** As S3. */
const maxKeyBytes = 1024

export function checkBucketName(name: string): void {
  if (!bucketName.test(name) || name.endsWith(reservedSuffix))
    throw storageErrors.InvalidBucketName()
}

/** A key is a name in a bucket, not a path: `..` between its slashes means something to others only, and is refused for their sake. */
export function checkKey(key: string): void {
  const isFit = objectKey.test(key) && key.length <= maxKeyBytes && !key.endsWith('/')
  if (!isFit || key.split('/').some((segment) => segment === '..' || segment === '.'))
    throw storageErrors.InvalidKey({ key: key.slice(0, maxKeyBytes) })
}

const units: Readonly<Record<string, number>> = { gb: 1e9, mb: 1e6, kb: 1e3, b: 1 }
const size = /^(\d+(?:\.\d+)?)(gb|mb|kb|b)$/i

/** `20MB` → 20000000, `1.5gb` → 1500000000; the number keeps three digits. Null for other texts. */
export function parseSize(text: string): number | null {
  const [, digits, unit] = size.exec(text) ?? []
  if (digits === undefined || unit === undefined) return null
  return Math.round(Number(Number(digits).toPrecision(3)) * (units[unit.toLowerCase()] as number))
}

const allowedType = /^(?:[\w.+-]+\/(?:[\w.+-]+(?:;\s*charset=[\w-]+)?|\*)|[^\s]*\*)$/i
const maxTypeLength = 1000

/** Types a bucket admits: `image/png`, `image/*`, `text/plain; charset=utf-8`. */
export function checkAllowedTypes(types: readonly string[]): void {
  for (const type of types)
    if (type.length > maxTypeLength || !allowedType.test(type))
      throw storageErrors.InvalidMimeType({ type: type.slice(0, maxTypeLength) })
}

/** Whether `type` is one of `allowed`, compared as it was sent: parameters are part of the subtype. */
export function isAllowedType(type: string, allowed: readonly string[]): boolean {
  const [main, sub] = splitType(type)
  if (sub === undefined) return false
  return allowed.some((entry) => {
    const [allowedMain, allowedSub] = splitType(entry)
    return main === allowedMain && (allowedSub === '*' || sub === allowedSub)
  })
}

function splitType(type: string): [main: string, sub: string | undefined] {
  const slash = type.indexOf('/')
  return slash === -1 ? [type, undefined] : [type.slice(0, slash), type.slice(slash + 1)]
}
