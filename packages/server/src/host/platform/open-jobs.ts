/** The worker behind pg_net and pg_cron, with what this platform can connect as. */
import { openExtensionsWorker } from '#services/extensions'
import type { ConnectAs, ExtensionsWorker, JobCounts } from '#services/extensions'
import { parseConnectionUrl } from '#base/db'
import type { ConnectionOptions } from '#base/db'
import type { Clock, Log } from '#base/kernel'
import type { Databases } from './open-databases.ts'
import type { PlatformOptions } from './platform-options.ts'

export function openJobs(
  options: PlatformOptions & { readonly log: Log; readonly clock: Clock },
  externalUrl: string,
  { own, apiDb, worker }: Databases,
  counts: JobCounts,
): Promise<ExtensionsWorker> {
  const { jobsUrl, privateNetworks = true, log, clock } = options
  const login = jobsUrl === undefined ? own : parseConnectionUrl(jobsUrl)
  return openExtensionsWorker({
    db: worker.db,
    // where the data API listens already: one connection for both
    listenOn: apiDb,
    connection: worker.connection,
    connectAs: asOnly(login),
    externalUrl,
    privateNetworks,
    clock,
    log,
    counts,
  })
}

/** A job's SQL could go back to whoever connected: so nobody connects for a role but that role. */
function asOnly(login: ConnectionOptions): ConnectAs {
  return (user, database) => (user === login.user ? { ...login, database } : null)
}
