/** Port: makes a folder with `source/` runnable (`services/functions/prepare` fills it in). */

export interface PrepareOptions {
  /** Absolute; has `source/`. Beside it come what is imported, a lock file and a `deno.json` of ours. */
  readonly folder: string
  /** Below `source/`. */
  readonly entrypoint: string
  /** Below `source/`: an import map or deno.json that is to be used; null: what is found beside the entrypoint. */
  readonly importMap: string | null
  readonly onProgress: (message: string) => void
}

/**
 * Resolves what the entrypoint imports into the folder: it runs without a network afterwards.
 * @throws FunctionFault naming the import that cannot be had
 */
export type Prepare = (options: PrepareOptions) => Promise<void>
