/** http: messages, bodies, router, CORS, error boundary, adapters to the web-standard forms. Pure. */
export { bytesBody, concatBytes, readJson, streamBody } from './body.ts'
export { rewriteLocalName } from './local-names.ts'
export { addVary, clientHeaders, exposedHeaders, isPreflight, preflightResponse } from './cors.ts'
export type { PreflightRules } from './cors.ts'
export { answerError, formatGatewayError, withErrorBoundary } from './error-boundary.ts'
export type { FormatError } from './error-boundary.ts'
export { frameHeaders, isBodyless, isFinalStatus } from './frame-headers.ts'
export {
  isForwarded,
  isForwardingHeader,
  isFromThisMachine,
  isLoopback,
  loopbackOnly,
  namesLoopback,
} from './host.ts'
export { httpErrors } from './errors.ts'
export { emptyResponse, jsonResponse, textResponse } from './message.ts'
export type {
  Forwarded,
  HttpHeaders,
  HttpRequest,
  HttpResponse,
  RequestBody,
  ResponseBody,
  StreamedBody,
} from './message.ts'
export { createRouter } from './router.ts'
export type { Route, RouteMatch, Router } from './router.ts'
export { fromWebRequest, toWebResponse } from './web.ts'
