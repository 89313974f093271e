/** What a route is: one value that serves it, checks what comes in, and describes it in the OpenAPI document. */
import type { IncomingMessage } from 'node:http'
import type { Schema } from './schema.ts'

export interface Field {
  readonly type: 'string' | 'integer' | 'boolean' | 'object' | 'array'
  readonly description: string
  readonly enum?: readonly string[]
  readonly format?: 'uuid'
  /** Smallest number; of texts, 1: not an empty one. */
  readonly minimum?: number
  /** Largest number, or longest text. */
  readonly maximum?: number
  readonly default?: string | number | boolean
  readonly required?: boolean
  readonly nullable?: boolean
  /** Null is as if it were not there. */
  readonly ignoresNull?: boolean
}

export type Fields = Readonly<Record<string, Field>>

export interface HttpCall {
  readonly request: IncomingMessage
  readonly url: URL
  /** Of the client, as far as it can be believed. */
  readonly address: string
  readonly path: Readonly<Record<string, string>>
  /** Checked, with defaults filled in: of the query and of the JSON body. */
  readonly input: Readonly<Record<string, unknown>>
  /** The bytes of the body, where the route asked for them. */
  readonly bytes: Buffer
}

export interface Answer {
  readonly status: number
  readonly body?: unknown
  /** In place of `body`: JSON as it goes out. */
  readonly json?: string
  /** In place of JSON. */
  readonly html?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Route<Context> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** `/api/v1/symbols/:id` */
  readonly path: string
  readonly summary: string
  readonly tag: string
  /** Null: nobody is asked who he is. `user`: the token of a user only. */
  readonly permission: 'read' | 'write' | 'user' | null
  readonly query?: Fields
  /** For the document: the route checks them itself. */
  readonly headers?: Fields
  readonly body?: Fields
  /** The body as it came, of this size at most. */
  readonly rawBodyBytes?: number
  /** What it answers where all is well; without it, nothing. */
  readonly answers?: Schema
  /** Of an answer of the same form that is no error's. */
  readonly badStatus?: number
  handle(context: Context, call: HttpCall): Promise<Answer>
}

/** As an entry of a table: inference without losing the names. */
export function defineRoute<Context>(route: Route<Context>): Route<Context> {
  return route
}
