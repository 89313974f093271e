/** Files that somebody chose, as the paths a deployment has. */

export interface ChosenFile {
  /** Below what is deployed: `hello/index.ts`. */
  readonly path: string
  readonly file: File
}

/** What is never part of a function: packages are fetched anew, and secrets are none of its sources. */
const leftOut = /(^|\/)(node_modules|\.git|\.env[^/]*|\.DS_Store)(\/|$)/

/** Single files are put into a folder of the function's name. */
export function chosenFiles(files: Iterable<File>, slug: string): ChosenFile[] {
  return [...files]
    .map((file) => ({
      path: file.webkitRelativePath || `${slug === '' ? 'function' : slug}/${file.name}`,
      file,
    }))
    .filter(({ path }) => !leftOut.test(path))
    .toSorted((a, b) => a.path.localeCompare(b.path))
}

export const entrypointsOf = (files: readonly ChosenFile[]): string[] =>
  files
    .map(({ path }) => path)
    .filter((path) => /(^|\/)(index\.(ts|tsx|js|mjs)|manifest\.json)$/.test(path))

export const importMapsOf = (files: readonly ChosenFile[]): string[] =>
  files
    .map(({ path }) => path)
    .filter((path) => /(^|\/)(deno\.jsonc?|import_map\.json)$/.test(path))

export const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1)

/** The folder it is in: `…/hello/index.ts` is hello. */
export function slugOf(entrypoint: string): string {
  const name = folderOf(entrypoint).split('/').at(-2) ?? ''
  return isSlug(name) ? name : ''
}

export const isSlug = (name: string): boolean => /^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(name)
