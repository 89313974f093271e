/** gateway: project, API key, token → scope → service; CORS, request ids, limits, access log, metrics. */
export { createEdge } from '#host/gateway/edge'
export type { Edge } from '#host/gateway/edge'
export { createGateway, handleAdmin } from './gateway.ts'
export type { Gateway, GatewayOptions } from './gateway.ts'
export { createMetrics, renderTogether } from './metrics.ts'
export type { Metrics, MetricsSnapshot } from './metrics.ts'
export { openProject } from './project-runtime.ts'
export type { MountedService, ProjectRuntime } from './project-runtime.ts'
