/** What a member may read in a private channel. */
import { findReadable } from '#services/realtime/core'
import type { Extension, Member } from '#services/realtime/core'
import type { RealtimeRuntime } from './runtime.ts'

export const everything: ReadonlySet<Extension> = new Set(['broadcast', 'presence'])

export function readRights(
  { project }: RealtimeRuntime,
  member: Member,
  name: string,
  wantsPresence: boolean,
): Promise<ReadonlySet<Extension>> {
  return findReadable(project, member, name, wantsPresence ? [...everything] : ['broadcast'])
}
