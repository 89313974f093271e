/** module → modules it may import: the docstore's own table. Nothing here knows the server; the server knows nothing of it. */
export const docstoreLayers = {
  kernel: [],
  // typed values as strings that sort as IndexedDB sorts keys: pure
  key: ['kernel'],
  // the port to what keeps sorted pairs, and its adapters
  engine: ['kernel'],
  // group commit, snapshots, conflicts
  storage: ['kernel', 'engine'],
  document: ['kernel', 'key', 'storage'],
  query: ['kernel', 'key', 'engine', 'storage', 'document'],
  database: ['kernel', 'key', 'engine', 'storage', 'document', 'query'],
  auth: ['kernel', 'document', 'database'],
  series: ['kernel', 'key', 'engine', 'storage'],
  indexeddb: ['kernel', 'key', 'engine', 'storage'],
  // files, locks, classic-level
  node: [
    'kernel',
    'key',
    'engine',
    'storage',
    'document',
    'database',
    'auth',
    'series',
    'indexeddb',
  ],
  browser: ['kernel', 'key', 'engine', 'storage', 'document', 'database', 'auth', 'series'],
}
