/** compress: answers in the content codings that clients accept. */
export { compressResponse } from './compress-response.ts'
export type { CompressionOptions } from './compress-response.ts'
