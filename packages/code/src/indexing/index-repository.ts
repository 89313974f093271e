/** A job: fetch the branch, compare its tree with what is known, read and parse what differs, write it. */
import { join } from 'node:path'
import type { CodeConfig } from '#config'
import type { Database } from '#postgres'
import { BlobReader, fetchCommit, readMissing, readTree } from '#git'
import type { GitOptions, TreeFile } from '#git'
import { addEvent, endJob, holdLease } from '#queue'
import type { Job } from '#queue'
import type { SourceParser } from '#parse'
import { CodeError } from '#core'
import { BatchWriter } from './batch-writer.ts'
import { ParseOnce } from './parse-once.ts'
import { readSource } from './read-source.ts'
import type { Failures } from './read-source.ts'
import { writeFiles } from './write-files.ts'
import type { ReadFile } from './write-files.ts'

export interface Indexing {
  readonly db: Database
  readonly config: CodeConfig
  readonly parser: SourceParser
}

export interface Progress {
  phase: 'fetching' | 'indexing' | 'done'
  files_total: number
  files_done: number
  files_removed: number
  symbols: number
  bytes: number
  /** Until the commit was here. */
  fetch_ms: number
  /** Of transactions, beside which the next files are parsed. */
  write_ms: number
  commit: string | null
}

export function newProgress(): Progress {
  return {
    phase: 'fetching',
    files_total: 0,
    files_done: 0,
    files_removed: 0,
    symbols: 0,
    bytes: 0,
    fetch_ms: 0,
    write_ms: 0,
    commit: null,
  }
}

interface Repository {
  readonly git_url: string
  readonly default_branch: string | null
  readonly last_indexed_commit: string | null
}

/** `progress` is written to as it goes on. @throws LeaseLost, CodeError, GitError */
export async function indexRepository(
  indexing: Indexing,
  job: Job,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { db, config, parser } = indexing
  const repository = await findRepository(db, job)
  const git = gitOptions(config, job, signal)
  const startedAt = performance.now()
  parser.prepare()
  const commit = await fetchCommit({
    url: repository.git_url,
    branch: branchOf(job, repository),
    directory: git.directory,
    config,
    signal,
  })
  progress.commit = commit
  progress.fetch_ms = Math.round(performance.now() - startedAt)
  progress.phase = 'indexing'
  const tree = await readTree(git, commit, config.maxFiles)
  const known = await readKnown(db, job)
  const isFull = job.job_type === 'full_index'
  const changed = tree.files.filter(({ path, hash }) => isFull || known.get(path) !== hash)
  for (const { path } of tree.files) known.delete(path)
  progress.files_total = changed.length
  progress.files_removed = known.size
  const failures: Failures = { parse: 0, reasons: {} }
  await indexFiles(indexing, job, { git, commit, changed, progress, failures })
  await removeFiles(db, job, [...known.keys()], signal)
  const skipped = { ...tree.skipped, ...failures.reasons }
  if (Object.keys(skipped).length > 0)
    await addEvent(db, job, 'skipped', 'not all of it was indexed', skipped)
  progress.phase = 'done'
  await finish(db, job, commit, progress)
  if (progress.files_done > 0) await mergeTrigrams(db)
}

/**
 * What was written waits in a list that every search reads: up to 32 MB of it, and as many small pushes as that takes. Nobody
 * waits for the merge, and nothing is lost where it cannot be done: vacuum does the same.
 */
async function mergeTrigrams(db: Database): Promise<void> {
  await db
    .transaction(
      (transaction) =>
        transaction.query(
          'code.mergeTrigrams',
          `select gin_clean_pending_list(to_regclass('public.idx_file_chunks_trigrams'))`,
        ),
      {
        settings: `set local work_mem = '64MB'; set local maintenance_work_mem = '64MB'`,
        isLong: true,
      },
    )
    .catch(() => {})
}

async function findRepository(db: Database, job: Job): Promise<Repository> {
  const [row] = await db.query<Repository>(
    'code.findRepositoryOfJob',
    'select git_url, default_branch, last_indexed_commit from public.repositories where id = $1',
    [job.repository_id],
  )
  if (row === undefined) throw new CodeError('not_found', { message: 'The repository is gone.' })
  return row
}

function branchOf({ payload }: Job, repository: Repository): string | null {
  const { branch } = payload
  return typeof branch === 'string' ? branch : repository.default_branch
}

function gitOptions(config: CodeConfig, job: Job, signal: AbortSignal): GitOptions {
  return {
    directory: join(config.dataDir, 'git', `${job.repository_id}.git`),
    limits: { maxFileBytes: config.maxRepositoryBytes, timeoutMs: config.cloneTimeoutMs },
    signal,
  }
}

async function readKnown(db: Database, job: Job): Promise<Map<string, string>> {
  const rows = await db.query<{ path: string; content_hash: string }>(
    'code.readKnownFiles',
    'select path, content_hash from public.indexed_files where repository_id = $1',
    [job.repository_id],
  )
  return new Map(rows.map(({ path, content_hash }) => [path, content_hash]))
}

interface Work {
  readonly git: GitOptions
  readonly commit: string
  readonly changed: readonly TreeFile[]
  readonly progress: Progress
  readonly failures: Failures
}

const batchFiles = 200
const batchBytes = 1_500_000

async function indexFiles(indexing: Indexing, job: Job, work: Work): Promise<void> {
  const { db, config, parser } = indexing
  const { git, changed, progress, failures } = work
  if (changed.length === 0) return
  const missing = await readMissing(git, work.commit)
  const tooLarge = config.maxFileBytes + 1
  const blobs = new BlobReader(git)
  const present = changed.map(({ hash }) => hash).filter((hash) => !missing.has(hash))
  const contents = blobs.readAll(present, config.maxFileBytes)
  const once = new ParseOnce((language, text) => parser.parse(language, text), changed)
  const writer = new BatchWriter<ReadFile>(async (files) => {
    const startedAt = performance.now()
    await writeFiles(db, job, files, [])
    progress.write_ms += Math.round(performance.now() - startedAt)
    count(progress, files)
  }, git.signal)
  let batch: Promise<ReadFile>[] = []
  let bytes = 0
  try {
    for (const file of changed) {
      git.signal.throwIfAborted()
      const content = missing.has(file.hash)
        ? tooLarge
        : ((await contents.next()).value ?? tooLarge)
      bytes += typeof content === 'number' ? 0 : content.length
      const reading = readSource(once, file, content, failures)
      reading.catch(() => {})
      batch.push(reading)
      if (batch.length < batchFiles && bytes < batchBytes) continue
      await writer.add(batch)
      batch = []
      bytes = 0
    }
    await writer.add(batch)
    await writer.finish()
  } finally {
    blobs.close()
    await writer.settle()
  }
}

function count(progress: Progress, files: readonly ReadFile[]): void {
  progress.files_done += files.length
  for (const { parsed, sizeBytes } of files) {
    progress.symbols += parsed?.symbols.count ?? 0
    if (parsed !== null) progress.bytes += sizeBytes
  }
}

const batchRemoved = 1_000

async function removeFiles(
  db: Database,
  job: Job,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (let from = 0; from < paths.length; from += batchRemoved) {
    signal.throwIfAborted()
    await writeFiles(db, job, [], paths.slice(from, from + batchRemoved))
  }
}

const charactersAToken = 4

async function finish(db: Database, job: Job, commit: string, progress: Progress): Promise<void> {
  await db.transaction(async (transaction) => {
    // the repository first, as who deletes it takes it
    await transaction.query(
      'code.markIndexed',
      `update public.repositories set last_indexed_commit = $2, last_indexed_at = now() where id = $1`,
      [job.repository_id, commit],
    )
    await holdLease(transaction, job)
    if (job.requested_by !== null && progress.bytes > 0)
      await transaction.query(
        'code.addTokenUsage',
        `insert into public.token_usage (api_key_id, repository_id, job_id, usage_type, tokens_used)
         select id, $2, $3, 'indexing', $4 from public.api_keys where id = $1`,
        [job.requested_by, job.repository_id, job.id, Math.ceil(progress.bytes / charactersAToken)],
      )
    await endJob(transaction, job, 'completed', null, progress)
  })
}
