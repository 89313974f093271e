/** What one row of the table of routes is, and what its handler is given. */
import type { Actor, OperatorRole, Snippets } from '#host/control-plane/core'
import type { Inspector, ProjectDatabases } from '#host/control-plane/inspect'
import type { Projects } from '#host/control-plane/lifecycle'
import type { Caller, Operators, Sessions } from '#host/control-plane/operators'
import type { AuditEntry, AuditQuery, FleetSettings, UsageHour } from '#host/control-plane/store'
import type { OptionValues } from '#base/config'
import type { HttpRequest, HttpResponse } from '#base/http'
import type { Clock } from '#base/kernel'
import type { RunningProject } from '#base/service'
import type { Schema } from './schema.ts'

/** Port: projects as they run. A node implements it; without one, what needs a running project is refused. */
export interface ProjectAccess {
  /** A request to the project's own gateway, by its ref. */
  handle(ref: string, request: HttpRequest): Promise<HttpResponse>
  /** A project as it is on this node: JSON. */
  stats(ref: string): Promise<object>
  /** For who looks on; null where it is not open on this node. */
  running(ref: string): RunningProject | null
  /** Mail caught on this machine, by Mailpit's API; null where none is caught. */
  readonly mail: ((request: HttpRequest) => Promise<HttpResponse>) | null
  /** The node itself: JSON. */
  nodeHealth(): Promise<object>
}

/** Holds `supabase/`, whose migrations and snippets are the project's. */
export interface ProjectFolder {
  readonly workdir: string
  /** Of the user migrations run as. */
  readonly databaseUrl: string
}

/** What the routes work on. */
export interface ControlParts {
  readonly projects: Projects
  readonly operators: Operators
  readonly sessions: Sessions
  readonly audit: {
    list(query: AuditQuery): Promise<AuditEntry[]>
    write(
      actor: Actor,
      action: string,
      ref: string | null,
      detail: Readonly<Record<string, unknown>>,
    ): Promise<void>
  }
  readonly usage: {
    list(query: { ref: string; fromMs: number; toMs: number }): Promise<UsageHour[]>
  }
  readonly settings: FleetSettings
  readonly inspector: Inspector
  readonly databases: ProjectDatabases
  readonly snippets: Snippets
  /** Of the one project of this machine. */
  readonly folder: ProjectFolder | null
  /** Of the one project: its options, and where they are from. */
  readonly options: (() => OptionValues) | null
  readonly clock: Clock
  /** Milliseconds a question to the control database takes. */
  ping(): Promise<number>
}

/** `anyone` has no token; `operator` any role, whatever it is. */
export type LeastRole = OperatorRole | 'anyone' | 'operator'

export interface Call {
  readonly parts: ControlParts
  readonly access: ProjectAccess | null
  readonly request: HttpRequest
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** As the route's schema says. */
  readonly body: unknown
  readonly caller: Caller
  readonly actor: Actor
  /** Of a route below `/projects/:ref`: the role there. Else the operator's own. */
  readonly role: OperatorRole
  readonly ref: string
}

export interface ApiRoute {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below `/admin/v1`. One with `:ref` is a project's: who is no member sees no project. */
  readonly path: string
  readonly least: LeastRole
  readonly summary: string
  readonly query?: Readonly<Record<string, Schema>>
  /** Absent: there is no body, or one that is passed on as it is (`streams`). */
  readonly request?: Schema
  readonly streams?: boolean
  readonly response: Schema
  /** Default 200. */
  readonly status?: 200 | 201 | 204
  /** Written to the audit log before it is done, where what is called does not do it itself. */
  readonly audit?: string
  handle(call: Call): Promise<HttpResponse>
}

export type Handler = (call: Call) => Promise<HttpResponse>
