/** Stores, documents, index entries and policies. */
export {
  defineStore,
  readPath,
  type AnyDoc,
  type Doc,
  type IndexDefinition,
  type IndexOptions,
  type StoreDefinition,
  type StoreOptions,
} from './schema.ts'
export {
  Access,
  type Action,
  type Caller,
  type Policies,
  type Policy,
  type PolicyWithHint,
  type Predicate,
} from './policy.ts'
export {
  Catalog,
  catalogCopyKey,
  catalogKey,
  counterKey,
  documentPrefix,
  expiryPrefix,
  indexOf,
  indexPrefix,
  rangeOf,
  type CatalogRecord,
  type OpenStore,
  type StoredIndex,
  type StoredStore,
} from './catalog.ts'
export {
  decodeDocument,
  decodeMeta,
  encodeDocument,
  isLive,
  type DocumentMeta,
} from './document-codec.ts'
export {
  boundsOf,
  encodeScalar,
  encodeTuple,
  indexEntries,
  uniquePlace,
  type KeyRange,
} from './index-entries.ts'
export {
  deleteDocument,
  removeDocument,
  writeDocument,
  type Counters,
  type WriteContext,
  type WriteMode,
  type WriteOptions,
} from './write-document.ts'
