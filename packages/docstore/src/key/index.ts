/** Typed keys as sortable strings: pure. */
export {
  bytesOf,
  encodeIndexed,
  encodeKey,
  isBinary,
  last,
  requireKey,
  tags,
  type Key,
} from './encode-key.ts'
export { decodeKey, decodeKeys, keyEnd } from './decode-key.ts'
