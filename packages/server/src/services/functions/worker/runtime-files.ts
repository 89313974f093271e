/** What runs inside Deno, where Deno may read it: we may be installed where nobody else gets to. */
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const source = fileURLToPath(new URL('./runtime', import.meta.url))
const installed = new Map<string, string>()

/** The absolute path of the main module; the copy is named after what it holds. */
export function installRuntime(folder: string): string {
  const known = installed.get(folder)
  if (known !== undefined && existsSync(known)) return known
  const files = readdirSync(source)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => ({ name, text: readFileSync(join(source, name)) }))
  const hash = createHash('sha256')
  for (const { name, text } of files) hash.update(name).update(text)
  const target = join(folder, `runtime-${hash.digest('hex').slice(0, 12)}`)
  if (!existsSync(target)) write(target, files)
  const main = join(target, 'main.ts')
  installed.set(folder, main)
  return main
}

function write(
  target: string,
  files: readonly { readonly name: string; readonly text: Buffer }[],
): void {
  const draft = `${target}.${process.pid}`
  mkdirSync(draft, { mode: 0o755 })
  for (const { name, text } of files) writeFileSync(join(draft, name), text, { mode: 0o644 })
  chmodSync(draft, 0o755)
  try {
    renameSync(draft, target)
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    // another process was quicker
    if (!existsSync(target)) throw error
  }
}
