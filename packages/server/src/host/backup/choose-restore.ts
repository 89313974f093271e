/** Which backup and which log lead to what is wished. */
import { readCoverage } from './archive.ts'
import type { Coverage } from './archive.ts'
import { BackupError } from './errors.ts'
import { idAt, listBackups } from './manifest.ts'
import type { BackupManifest, ListedBackup } from './manifest.ts'
import { keyTag } from './seal.ts'
import type { SealKey } from './seal.ts'
import type { BackupTarget } from './target.ts'
import { readTimelines } from './timelines.ts'
import type { TimelineMark } from './timelines.ts'
import { readWalPieceName } from './wal-names.ts'
import type { WalPiece } from './wal-names.ts'

export type RestoreWish =
  /** All that is stored. */
  | { readonly kind: 'latest' }
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'migration'; readonly version: string }
  /** As it was when this backup was made, without the log behind it. */
  | { readonly kind: 'backup'; readonly id: string }

export interface RestorePlan {
  readonly manifest: BackupManifest
  readonly wish: RestoreWish
  readonly timeline: number
  /** Of the timelines that lead to it. */
  readonly histories: readonly TimelineMark[]
  /** The highest one that there was ever: what is restored has to begin one behind it. */
  readonly taken: number
  readonly archived: readonly WalPiece[]
  /** Those that were stored long after the time: they are needed where nothing was committed in between. */
  readonly later: readonly WalPiece[]
  /** How far the log is stored; null where none is. */
  readonly covered: Coverage | null
}

/** What comes behind a time is stored by then, also where clocks differ. */
const slackMs = 15 * 60_000

/** `goesOnAs`: under which name what is restored will be backed up. @throws BackupError `none`, `refused` */
export async function chooseRestore(
  target: BackupTarget,
  key: SealKey | null,
  system: string,
  wish: RestoreWish,
  goesOnAs = system,
): Promise<RestorePlan> {
  const listed = await listBackups(target, key, system)
  const marks = await readTimelines(target, system)
  const wished = timelineOf(marks, wish)
  const manifest = pick(target, listed, wish, wished)
  const timeline = wished ?? manifest.timeline
  const chain = chainOf(marks, timeline)
  const covered = wish.kind === 'backup' ? null : await readCoverage(target, key, system, timeline)
  if (wish.kind === 'time') checkTime(wish.ms, manifest, covered)
  if (wish.kind === 'latest') refuseOlder(listed, covered?.at ?? manifest.endedAt)
  return {
    manifest,
    wish,
    timeline,
    histories: [
      { timeline: manifest.timeline, startedAt: manifest.startedAt, history: manifest.history },
      ...marks.filter(({ timeline: one }) => chain.has(one)),
    ].filter(({ history }) => history !== null),
    taken: Math.max(
      timeline,
      highest(listed, marks),
      goesOnAs === system ? 0 : await highestOf(target, key, goesOnAs),
    ),
    ...(await archivedLog(target, manifest, chain, { wish, tag: keyTag(key) })),
    covered,
  }
}

function highest(listed: readonly ListedBackup[], marks: readonly TimelineMark[]): number {
  const known = listed.map(({ manifest }) => manifest?.timeline ?? 0)
  return Math.max(0, ...known, ...marks.map(({ timeline }) => timeline))
}

async function highestOf(
  target: BackupTarget,
  key: SealKey | null,
  system: string,
): Promise<number> {
  return highest(await listBackups(target, key, system), await readTimelines(target, system))
}

/** The one that was being written at the time; null for that of the backup. */
function timelineOf(marks: readonly TimelineMark[], wish: RestoreWish): number | null {
  if (wish.kind === 'backup') return null
  const until = wish.kind === 'time' ? wish.ms : Number.POSITIVE_INFINITY
  const found = marks.findLast(({ startedAt }) => Date.parse(startedAt) <= until)
  return found?.timeline ?? null
}

/** The timeline and those it branched from, as the first column of its history says. */
function chainOf(marks: readonly TimelineMark[], timeline: number): ReadonlySet<number> {
  const history = marks.find((mark) => mark.timeline === timeline)?.history ?? ''
  const parents = [...history.matchAll(/^(\d+)\t/gm)].map(([, number]) => Number(number))
  return new Set([...parents, timeline])
}

function pick(
  target: BackupTarget,
  listed: readonly ListedBackup[],
  wish: RestoreWish,
  timeline: number | null,
): BackupManifest {
  const unreadable = listed.find(({ manifest }) => manifest === null)
  const manifests = listed.flatMap(({ manifest }) => (manifest === null ? [] : [manifest]))
  const found = manifests.findLast((one) => fits(one, wish, timeline))
  if (found !== undefined) return found
  if (unreadable !== undefined) throw new BackupError('key', `${unreadable.problem}`)
  const first = manifests[0]
  const range =
    first === undefined ? 'there is none' : `the first one is good from ${first.endedAt} on`
  throw new BackupError(
    'none',
    `No backup in ${target.place} leads to ${describeWish(wish)}: ${range}.`,
  )
}

function fits(manifest: BackupManifest, wish: RestoreWish, timeline: number | null): boolean {
  if (wish.kind === 'backup') return manifest.id === wish.id
  if (timeline !== null && manifest.timeline > timeline) return false
  if (wish.kind === 'time') return Date.parse(manifest.endedAt) <= wish.ms
  return wish.kind === 'latest' || !manifest.migrations.includes(wish.version)
}

export function describeWish(wish: RestoreWish): string {
  if (wish.kind === 'time') return new Date(wish.ms).toISOString()
  if (wish.kind === 'migration') return `before the migration ${wish.version}`
  return wish.kind === 'backup' ? `the backup ${wish.id}` : 'the newest state'
}

function checkTime(ms: number, { endedAt }: BackupManifest, covered: Coverage | null): void {
  const until = Math.max(...[endedAt, covered?.at ?? endedAt].map((at) => Date.parse(at)))
  if (ms <= until) return
  throw new BackupError(
    'none',
    `${new Date(ms).toISOString()} is behind what is stored: up to ${new Date(until).toISOString()}. Without --to-time all that is stored is restored.`,
  )
}

/** All that is stored is not what ends where a newer backup cannot be read. @throws BackupError `key` */
function refuseOlder(listed: readonly ListedBackup[], until: string): void {
  const newer = listed.find(
    ({ id, manifest }) => manifest === null && id > idAt(Date.parse(until) + 1_000),
  )
  if (newer === undefined) return
  throw new BackupError(
    'key',
    `There is a newer backup that cannot be read, ${newer.id}: ${newer.problem} What can be read ends at ${until}: for that, --to-time or --backup.`,
  )
}

async function archivedLog(
  target: BackupTarget,
  { system, start, segmentBytes }: BackupManifest,
  chain: ReadonlySet<number>,
  { wish, tag }: { readonly wish: RestoreWish; readonly tag: string },
): Promise<Pick<RestorePlan, 'archived' | 'later'>> {
  if (wish.kind === 'backup') return { archived: [], later: [] }
  const first = Number(BigInt(start) / BigInt(segmentBytes))
  const untilMs = wish.kind === 'time' ? wish.ms + slackMs : Number.POSITIVE_INFINITY
  const archived: WalPiece[] = []
  const later: WalPiece[] = []
  const beyond = new Map<number, number>()
  for (const { name, modifiedMs } of await target.list(`${system}/wal/`)) {
    const piece = readWalPieceName(name, modifiedMs)
    if (piece === null || piece.tag !== tag || !chain.has(piece.timeline) || piece.segment < first)
      continue
    const last = beyond.get(piece.timeline) ?? Number.POSITIVE_INFINITY
    if (piece.segment > last) later.push(piece)
    else archived.push(piece)
    // the first one that was stored long after may hold what is still missing
    if (modifiedMs > untilMs && piece.segment < last) beyond.set(piece.timeline, piece.segment)
  }
  return { archived, later }
}
