/** functions/artifact: a prepared function as one file, kept where all bytes are kept, unpacked once on each machine. */
export { ArtifactStore } from './artifact-store.ts'
export type { Artifact, ArtifactOptions } from './artifact-store.ts'
export { artifactBlobs } from './blob-keys.ts'
export { artifactErrors } from './errors.ts'
