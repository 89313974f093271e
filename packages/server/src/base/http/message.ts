/**
 * The request and response every handler sees: `HttpRequest → HttpResponse`.
 * A thin form of our own, because web-standard Request/Response cost more than the query (docs/decisions/0003).
 */
import type { Cancellation } from '#base/kernel'

/** Lower-case names; a repeated header is joined with `, `. */
export type HttpHeaders = Readonly<Record<string, string | undefined>>

export interface HttpRequest {
  /** Upper-case. */
  readonly method: string
  /** As received, percent-encoded, without the query. Begins with `/`. */
  readonly path: string
  /** As received, percent-encoded, without the `?`; empty if there is none. */
  readonly query: string
  /** The object may be that of another request of the same client: what is made of it can be kept with it. */
  readonly headers: HttpHeaders
  /** Set by the gateway. */
  readonly requestId?: string
  /** The client's IP address: the peer's, or who a trusted proxy says it is; `''` in process. */
  readonly remoteAddress: string
  /** Set by the gateway where a trusted proxy passed the request on. */
  readonly forwarded?: Forwarded | null
  /** Cancelled when the client goes away. */
  readonly cancellation: Cancellation
  readonly body: RequestBody
}

/** What a trusted proxy says of the request it got. */
export interface Forwarded {
  readonly proto: 'http' | 'https' | null
  readonly host: string | null
}

export interface RequestBody {
  /** The whole body; rejects with a 413 `PlatformError` when it is larger than `maxBytes`. Can be read once. */
  read(maxBytes: number): Promise<Uint8Array>
  /** The body as it arrives, for handlers that must not buffer it. Can be read once. */
  stream(): AsyncIterable<Uint8Array>
}

/** Chunks are written one after the other without being copied together. */
export type ResponseBody = null | string | Uint8Array | readonly Uint8Array[] | StreamedBody

/** A body that is still on its way. */
export interface StreamedBody extends AsyncIterable<Uint8Array> {
  /** Its bytes, where they are known beforehand; without them it is sent in chunks. */
  readonly length?: number | null
  /** A chunk has been sent, or never will be: its memory is the producer's again. Whoever keeps chunks does not call it. */
  release?(chunk: Uint8Array): void
  /** Of one that has no end by itself: comes to an end soon, for the server goes away. */
  finish?(): void
}

export interface HttpResponse {
  readonly status: number
  /** Lower-case names. How the message is framed is the server's to say: `content-length` and the like are replaced. */
  readonly headers: Record<string, string | string[]>
  readonly body: ResponseBody
}

/** A JSON response: `jsonResponse(200, { ok: true })` */
export function jsonResponse(
  status: number,
  value: unknown,
  headers: Record<string, string | string[]> = {},
): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(value),
  }
}

/** A response without a body. */
export function emptyResponse(
  status: number,
  headers: Record<string, string | string[]> = {},
): HttpResponse {
  return { status, headers, body: null }
}

/** A plain-text response. */
export function textResponse(status: number, text: string): HttpResponse {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: text }
}
