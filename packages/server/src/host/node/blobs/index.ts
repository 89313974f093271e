/** Where a project keeps the bytes of its objects. */
export { blobFolder, checkBlobs, discardBlobs, openBlobs } from './open-blobs.ts'
