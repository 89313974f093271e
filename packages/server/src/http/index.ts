/** http: messages, router, cors, body reading, adapters to the web-standard forms. Pure. */
export { emptyResponse, jsonResponse, textResponse } from './message.ts'
export type {
  HttpHeaders,
  HttpRequest,
  HttpResponse,
  RequestBody,
  ResponseBody,
} from './message.ts'
