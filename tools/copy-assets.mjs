/** Copies what tsc leaves behind, from src to dist: the SQL files of migrations, and what Deno runs as it is. A removed one is removed there too. */
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

const packages = ['server', 'code']

const isAsset = (path) =>
  path.endsWith('.sql') || /functions[/\\]worker[/\\]runtime[/\\][\w-]+\.ts$/.test(path)
const assetsBelow = (folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(isAsset)

for (const name of packages) {
  const source = `packages/${name}/src`
  const target = `packages/${name}/dist`
  const wanted = new Set(assetsBelow(source))
  for (const stale of assetsBelow(target)) if (!wanted.has(stale)) rmSync(join(target, stale))
  for (const path of wanted) {
    mkdirSync(dirname(join(target, path)), { recursive: true })
    cpSync(join(source, path), join(target, path))
  }
}
