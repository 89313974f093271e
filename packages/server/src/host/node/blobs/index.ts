/** Where a project keeps the bytes of its objects. */
export { checkBlobs, discardBlobs, openBlobs } from './open-blobs.ts'
