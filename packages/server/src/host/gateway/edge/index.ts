/** edge: clients behind proxies, rate limits, CORS and security headers. */
export { browserRules } from './browser-rules.ts'
export type { BrowserRules } from './browser-rules.ts'
export { createEdge } from './edge.ts'
export type { Edge } from './edge.ts'
export { markWrite } from './mark-write.ts'
export { securityTxtPath } from './security-txt.ts'
export { trustProxies } from './trusted-proxies.ts'
export type { Allowance } from './rate-limits.ts'
