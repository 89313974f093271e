/** The directory of projects over the control database: read at each change, told of changes by NOTIFY. */
import { controlErrors } from '#host/control-plane/core'
import type { ProjectDirectory, ProjectUsage } from '#host/control-plane/core'
import { mergeConfigTree } from '#base/config'
import type { ConfigProblem, ConfigTree } from '#base/config'
import { arrayLiteral, sql } from '#base/sql'
import { auditRow, change, read } from './control-store.ts'
import type { ControlStore } from './control-store.ts'
import { KnownRefs } from './known-refs.ts'
import { lockProject, readProject, updateProject } from './project-rows.ts'

const channel = 'basalt_control_projects'

/** Refs come from host names and headers: what cannot be one is not asked for. */
const couldBeRef = /^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$/

type Listener = (ref: string | null) => void

/** Port: what is checked before a project's configuration is stored, besides what a node checks. */
export interface ConfigChecks {
  /** What a project's own service key may not change. */
  checkOwnPatch(patch: ConfigTree): readonly ConfigProblem[]
  checkProjectConfig(tree: ConfigTree): readonly ConfigProblem[]
}

/** Rejects when the control database cannot be reached. `close` leaves the database open: it is the caller's. */
export async function openDirectory(
  store: ControlStore,
  checks: ConfigChecks,
): Promise<ProjectDirectory> {
  const listeners: Listener[] = []
  const tell = (ref: string | null): void => {
    for (const listener of listeners) listener(ref)
  }
  const stop = await store.db.listen(channel, tell, () => tell(null))
  const known = new KnownRefs((refs) => findRefs(store, refs))
  return {
    find: async (ref) => {
      if (!couldBeRef.test(ref) || !(await known.has(ref))) return null
      const found = await read(store, (transaction) => readProject(store, transaction, ref))
      return found?.record ?? null
    },
    keptOpen: async () => {
      const rows = await read(store, (transaction) =>
        transaction.rows<{ ref: string }>(sql`/* control.listKeptOpen */
          select ref from basalt_control.projects
          where kept_open and not is_paused and deleted_at is null order by ref`),
      )
      return rows.map(({ ref }) => ref)
    },
    setKeptOpen: async (ref, isKept) => {
      // nodes say it again and again: only what is new is a change
      await change(store, (transaction) =>
        transaction.run(sql`/* control.setKeptOpen */
          update basalt_control.projects set kept_open = ${isKept}
          where ref = ${ref} and kept_open <> ${isKept}`),
      )
    },
    changeConfig: (ref, patch, check) => changeConfig(store, checks, ref, patch, check),
    addUsage: (usage) => addUsage(store, usage),
    onChange: (listener) => void listeners.push(listener),
    close: () => {
      stop()
      listeners.length = 0
      return Promise.resolve()
    },
  }
}

async function findRefs(store: ControlStore, refs: readonly string[]): Promise<readonly string[]> {
  const rows = await read(store, (transaction) =>
    transaction.rows<{ ref: string }>(sql`/* control.findRefs */
      select ref from basalt_control.projects where ref = any (${arrayLiteral(refs)}::text[])`),
  )
  return rows.map(({ ref }) => ref)
}

/** By the project's own service key: it is the project that is named in the audit log. */
function changeConfig(
  store: ControlStore,
  checks: ConfigChecks,
  ref: string,
  patch: ConfigTree,
  check: (tree: ConfigTree) => Promise<readonly ConfigProblem[]>,
): Promise<readonly ConfigProblem[]> {
  return change(store, async (transaction) => {
    const project = await lockProject(store, transaction, ref)
    if (project.record.status === 'deleted') throw controlErrors.control_project_deleted({ ref })
    const config = mergeConfigTree(project.record.config, patch)
    const own = [...checks.checkOwnPatch(patch), ...checks.checkProjectConfig(config)]
    const problems = own.length > 0 ? own : await check(config)
    if (problems.length > 0) return problems
    await updateProject(transaction, project, { config })
    await transaction.run(auditRow({ name: 'project', address: null }, 'project.config', ref))
    return []
  })
}

/** Of projects that are gone nothing is kept. In one order, so that nodes do not wait for each other in a circle. */
async function addUsage(store: ControlStore, usage: readonly ProjectUsage[]): Promise<void> {
  if (usage.length === 0) return
  const column = (of: (row: ProjectUsage) => string | number): string =>
    arrayLiteral(usage.map((row) => String(of(row))))
  await change(store, (transaction) =>
    transaction.run(sql`/* control.addUsage */
      insert into basalt_control.usage as known (ref, hour, requests, errors, duration_ms)
      select ref, pg_catalog.to_timestamp(hour_ms / 1000), sum(requests), sum(errors), sum(duration_ms)
      from unnest(
        ${column(({ ref }) => ref)}::text[], ${column(({ hourMs }) => hourMs)}::float8[],
        ${column(({ requests }) => requests)}::bigint[], ${column(({ errors }) => errors)}::bigint[],
        ${column(({ durationMs }) => durationMs)}::float8[]
      ) as given (ref, hour_ms, requests, errors, duration_ms)
      join basalt_control.projects using (ref)
      group by ref, hour_ms order by ref, hour_ms
      on conflict (ref, hour) do update set
        requests = known.requests + excluded.requests,
        errors = known.errors + excluded.errors,
        duration_ms = known.duration_ms + excluded.duration_ms`),
  )
}
