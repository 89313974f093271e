/**
 * `node prune.mjs <app> [--pack-deno]`: what no program reads leaves the image: types, maps, builds for browsers. With --pack-deno the
 * Deno binary becomes `deno.zst`.
 */
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { constants, zstdCompressSync } from 'node:zlib'

const [app, flag] = process.argv.slice(2)
if (flag === '--pack-deno') packDeno()
else prune()

function prune() {
  for (const place of ['', 'packages/server', 'packages/cli'])
    pruneModules(join(app, place, 'node_modules'))
  for (const name of ['src', 'tsconfig.json', 'tsconfig.tsbuildinfo'])
    rmSync(join(app, 'packages/cli', name), { recursive: true, force: true })
  pruneBuilt(join(app, 'packages/server/dist'))
}

/** What runs is the bundle; SQL and what Deno runs lie beside. */
function pruneBuilt(dist) {
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true }))
    if (
      entry.isFile() &&
      /\.(map|js|d\.ts)$/.test(entry.name) &&
      !entry.parentPath.endsWith('bundle')
    )
      rmSync(join(entry.parentPath, entry.name))
}

function pruneModules(modules) {
  const unread = /\.(map|d\.[mc]?ts|flow|markdown)$|^(README|CHANGELOG|HISTORY)(\.md)?$/i
  if (!existsSync(modules)) return
  for (const entry of readdirSync(modules, { recursive: true, withFileTypes: true }))
    if (entry.isFile() && unread.test(entry.name)) rmSync(join(entry.parentPath, entry.name))
  // Node is given dist-cjs
  for (const scope of ['@aws-sdk', '@smithy'].map((name) => join(modules, name)))
    for (const name of existsSync(scope) ? readdirSync(scope) : [])
      rmSync(join(scope, name, 'dist-es'), { recursive: true, force: true })
}

function packDeno() {
  const scope = join(app, 'node_modules/@deno')
  const [platform] = readdirSync(scope)
  const binary = readFileSync(join(scope, platform, 'deno'))
  const params = {
    [constants.ZSTD_c_compressionLevel]: 19,
    [constants.ZSTD_c_enableLongDistanceMatching]: 1,
  }
  writeFileSync(join(app, 'deno.zst'), zstdCompressSync(binary, { params }))
  rmSync(scope, { recursive: true })
}
