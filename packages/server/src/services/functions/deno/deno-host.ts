/** Where and as whom Deno runs on this machine. */
import { cacheFolderOf } from './cache-folder.ts'

export interface DenoHost {
  /** Absolute, and reachable for `account`. Asked for at first use. @throws MissingRuntime */
  readonly binary: () => string
  /** Whom it runs as where we are root: nobody who owns anything. Null: as ourselves. */
  readonly account: { readonly uid: number; readonly gid: number } | null
  /** Absolute; belongs to `account`: functions made ready to run, and Deno's cache. */
  readonly folder: string
  /** Absolute and short, for Unix sockets (107 bytes); belongs to us, `account` may pass through it. */
  readonly sockets: string
  /** Where npm packages come from; null: registry.npmjs.org. */
  readonly npmRegistry: string | null
}

/** What Deno itself is told, for all of its commands: its cache below `folder`, nothing from around, certificates of the system too. */
export function denoEnvironment(host: DenoHost): Record<string, string> {
  return {
    DENO_DIR: cacheFolderOf(host),
    DENO_NO_PACKAGE_JSON: '1',
    DENO_NO_UPDATE_CHECK: '1',
    DENO_TLS_CA_STORE: 'mozilla,system',
    NO_COLOR: '1',
    ...(host.npmRegistry === null ? {} : { NPM_CONFIG_REGISTRY: host.npmRegistry }),
  }
}
