/** Why web-platform-tests of IndexedDB fail that are known to. What is not here is new. */
export const indexeddbReasons = [
  [
    /the whole file\)$/,
    'fakeIndexedDB marks it to be skipped: frames, workers, other origins, files, storage buckets',
  ],
  [
    /^idbcursor-(direction|key|primarykey|request|source)\./,
    'the converted harness assigns to read-only attributes in a strict module, which throws where, as Web IDL and idlharness want, they have no setter; in a browser the scripts are sloppy',
  ],
  [/^idb-binary-key-roundtrip.*Float16Array/, 'Float16Array is not in this Node'],
  [/^idlharness.*databases\(\)/, 'the converted harness lacks promise_rejects_js'],
  [/^ready-state-destroyed/, 'needs an iframe'],
  [
    /^transaction-deactivation-timing/,
    'wants microtasks to run between two listeners of one event: no script can make Node do so',
  ],
]
