/** http: sockets, requests on them, their answers. */
export { nodeErrors } from './errors.ts'
export { guarded } from './guarded.ts'
export { readTls } from './read-tls.ts'
export { serve } from './serve.ts'
export type { Listening, ServeOptions } from './serve.ts'
export { compressionOf, limitsOf, serveAdmin, serveApi, serveMetrics } from './api-listeners.ts'
export { certificateExpiry } from './certificate-expiry.ts'
