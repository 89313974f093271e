/**
 * Behind tsc: what the entries of @basalt/server load, in few files (dist/bundle). Node takes longer to find and link 1,000
 * modules than all of them take to run (decision 0017). What an entry does not load is in none of its files.
 */
import { readFileSync, readdirSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import { build } from 'esbuild'

const server = resolve('packages/server')
const out = join(server, 'dist/bundle')
const { exports } = JSON.parse(readFileSync(join(server, 'package.json'), 'utf8'))
const entryPoints = Object.values(exports).map((entry) => ({
  in: join(server, entry.types.replace(/\.d\.ts$/, '.js')),
  out: relative(out, join(server, entry.default)).replace(/\.js$/, ''),
}))

/** Migrations and the like lie beside the module that reads them. */
const ownPlace = {
  name: 'own place',
  setup: (bundle) =>
    bundle.onLoad({ filter: /[/\\]dist[/\\].*\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      const place = JSON.stringify(relative(out, path).replaceAll('\\', '/'))
      return {
        contents: text.replaceAll('import.meta.url', `new URL(${place}, import.meta.url).href`),
      }
    }),
}

const { metafile } = await build({
  entryPoints,
  outdir: out,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // the sources' conditions and paths are not what is bundled
  tsconfigRaw: '{}',
  external: externalOf(readFileSync(join(server, 'package.json'), 'utf8')),
  plugins: [ownPlace],
  metafile: true,
  logLevel: 'warning',
})
const written = new Set(Object.keys(metafile.outputs).map((path) => basename(path)))
for (const name of readdirSync(out)) if (!written.has(name)) rmSync(join(out, name))

/** Other packages stay packages. */
function externalOf(manifest) {
  const { dependencies, optionalDependencies } = JSON.parse(manifest)
  return [...Object.keys({ ...dependencies, ...optionalDependencies }), 'vitest']
}
