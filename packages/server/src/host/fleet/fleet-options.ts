/** What a node of a fleet is made of. */
import type { ProjectDirectory } from '#host/control-plane'
import type { Expiry } from '#host/gateway'
import type { RequestObserver } from '#host/observe'
import type { FunctionsRuntime } from '#services/functions'
import type { BlobStore } from '#base/blob'
import type { Bus } from '#base/bus'
import type { Config } from '#base/config'
import type { HttpRequest, HttpResponse } from '#base/http'
import type { Clock, Log, Random } from '#base/kernel'
import type { ResolveSecret } from '#base/secret'
import type { Upgrade } from '#base/service'

export interface FleetOptions {
  /** The node's own, and what projects have where they say nothing else. */
  readonly config: Config
  readonly directory: ProjectDirectory
  /** `example.com`: projects are at `<ref>.example.com`. Null: they are named by `x-project-ref` alone. */
  readonly baseDomain: string | null
  /** Where the clients of a project are told it is, without a trailing slash. */
  readonly externalUrl: (ref: string) => string
  /** Over which nodes hear each other; the fleet closes it. */
  readonly bus: Bus
  /** Requests that are for no project: the operators'. Null: there are none. */
  readonly control: ((request: HttpRequest) => Promise<HttpResponse>) | null
  readonly maxProjects: number
  readonly idleMs: number
  /** How long a request waits for its project. */
  readonly patienceMs: number
  /** Where a project keeps bytes; its store is closed with it. */
  readonly blobsOf: (ref: string, config: Config) => BlobStore
  /** What its functions run in; `platform` is how they call their project. */
  readonly functionsOf: (
    ref: string,
    config: Config,
    platform: () => ProjectApi,
  ) => FunctionsRuntime | null
  /** What a reference to a secret stands for; other texts stand for themselves. */
  readonly resolveSecret: ResolveSecret
  /** How often open projects look whether their secrets are still the same. */
  readonly secretsMs: number
  /** Follows requests; null: nobody does. */
  readonly observer?: RequestObserver | null
  /** When certificates end, for the metrics. */
  readonly certificates?: Expiry
  readonly log: Log
  readonly clock: Clock
  readonly random: Random
}

/** A project as its own functions call it. */
export interface ProjectApi {
  readonly externalUrl: string
  handle(request: HttpRequest): Promise<HttpResponse>
  upgrade(request: HttpRequest): Promise<Upgrade>
}
