/** What the storage commands share: the running project, their options, and how many at once. */
import { CliError } from '#terminal'
import { runningProject, workdirOf } from '#project'
import type { CommonOptions } from '#project'
import type { Terminal } from '#terminal'
import { openStorageApi } from './storage-api.ts'
import type { StorageApi } from './storage-api.ts'

export interface StorageOptions extends CommonOptions {
  readonly recursive?: boolean
  /** How many at once. */
  readonly jobs?: string
  readonly cacheControl?: string
  readonly contentType?: string
}

export interface Work {
  readonly terminal: Terminal
  readonly api: StorageApi
  readonly options: StorageOptions
  readonly jobs: number
}

const maxJobs = 64

export function open(terminal: Terminal, options: StorageOptions): Work {
  const jobs = Number(options.jobs ?? 1)
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > maxJobs)
    throw new CliError(`--jobs ${options.jobs}: expected a number from 1 to ${maxJobs}.`)
  const api = openStorageApi(runningProject(workdirOf(terminal, options)))
  return { terminal, api, options, jobs }
}

/** Runs `work` for each item, so many at a time; the first failure stops the rest. */
export async function inParallel<T>(
  jobs: number,
  items: AsyncIterable<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const source = items[Symbol.asyncIterator]()
  let failed = false
  const worker = async (): Promise<void> => {
    while (!failed) {
      const { done, value } = await source.next()
      if (done === true) return
      try {
        await work(value)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: jobs }, worker))
}
