/** git: repositories of others, fetched and read within bounds. */
export { isPublicAddress, parseRemoteUrl, resolveRemote } from './check-url.ts'
export type { RemoteUrl } from './check-url.ts'
export { fetchCommit, isBranchName } from './fetch-commit.ts'
export { BlobReader, readMissing, readTree } from './read-tree.ts'
export type { Tree, TreeFile } from './read-tree.ts'
export { GitError } from './run-git.ts'
export type { GitOptions } from './run-git.ts'
