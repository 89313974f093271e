/** A function as who runs it sees it, and the ports it comes through. */

/** One version of a function, unpacked on this machine and ready to run: all it imports is in its folder. */
export interface RunnableFunction {
  readonly slug: string
  /** Tells two states of it apart: workers of another one are replaced. */
  readonly version: string
  /** Absolute: all a worker may read. `source/` has the files as they were written, with their paths below `supabase/functions`. */
  readonly folder: string
  /** Below `source/`: `hello/index.ts`, `count/module.wasm`. */
  readonly entrypoint: string
  readonly kind: 'javascript' | 'wasm'
  readonly verifyJwt: boolean
  /** Its own variables: secrets of the project, and over them `[functions.<slug>] env`. */
  readonly env: Readonly<Record<string, string>>
}

/** Port: where functions come from. */
export interface FunctionSource {
  /**
   * Null where there is none of that name, or it is not enabled. Asked for each request: what is known is kept, and looked at
   * again now and then, or at once (`isFresh`).
   * @throws FunctionFault of what cannot be made ready (an import that is not there, a file that does not parse)
   */
  find(slug: string, isFresh?: boolean): Promise<RunnableFunction | null>
  close(): Promise<void>
}

/** What the first of them has that has anything of that name. */
export function firstOf(sources: readonly FunctionSource[]): FunctionSource {
  return {
    find: async (slug, isFresh) => {
      for (const source of sources) {
        const found = await source.find(slug, isFresh)
        if (found !== null) return found
      }
      return null
    },
    close: async () => void (await Promise.all(sources.map((source) => source.close()))),
  }
}

/** What went wrong in a function's own code, told to the service role and to the log. */
export class FunctionFault extends Error {
  override readonly name = 'FunctionFault'
  /** `file:line:column` below `source/` where it is known. */
  readonly where: string | null

  constructor(message: string, where: string | null = null, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.where = where
  }
}

/** What functions run in is not installed; the message says what to do. */
export class MissingRuntime extends Error {
  override readonly name = 'MissingRuntime'
}

/** As the Supabase CLI has it. */
export const slugPattern = /^[A-Za-z][A-Za-z0-9_-]*$/
/** Of a name in a URL. */
export const maxSlugLength = 64
