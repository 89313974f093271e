/** `npm run bench -- <name>`: runs one bench of this folder. */
const names = {
  apikeys: './api-keys.mjs',
  auth: './auth.mjs',
  cache: './cache.mjs',
  code: './code.mjs',
  compression: './compression.mjs',
  'data-api': './data-api.mjs',
  docstore: './docstore.mjs',
  fleet: './fleet.mjs',
  functions: './functions.mjs',
  'in-process': './in-process.mjs',
  realtime: './realtime.mjs',
  representation: './representation.mjs',
  storage: './storage.mjs',
  vector: './vector.mjs',
}

const name = process.argv[2]
if (!Object.hasOwn(names, name ?? '')) {
  console.log(`usage: npm run bench -- ${Object.keys(names).join('|')}`)
  process.exit(2)
}
await import(names[name])
