/** Joins a connection to a topic, or says why not. */
import { ConnectionError } from '#base/db'
import { uuid } from '#base/kernel'
import { readToken } from '#services/realtime/core'
import type { Member } from '#services/realtime/core'
import type { ClientMessage } from '#services/realtime/wire'
import { Channel } from './channel.ts'
import { parseJoin } from './join-config.ts'
import type { JoinConfig } from './join-config.ts'
import { everything, readRights } from './read-rights.ts'
import { parseReplay, replay } from './replay.ts'
import type { RealtimeRuntime } from './runtime.ts'
import type { RealtimeSocket } from './socket.ts'

/** `reason` of the reply. */
export class JoinRefused extends Error {}

/** The first channel of a project waits for its changes to be followed, so that it misses none; no longer than this. */
const readyWithinMs = 3_000

/** @throws JoinRefused */
export async function join(
  runtime: RealtimeRuntime,
  socket: RealtimeSocket,
  message: ClientMessage,
): Promise<void> {
  const name = message.topic.slice('realtime:'.length)
  checkLimits(runtime, socket)
  if (name === '') throw new JoinRefused('TopicNameRequired: You must provide a topic name')
  const config = parseJoin(message.payload)
  const member = readMember(runtime, socket, config)
  const { isPrivate } = config
  if (!isPrivate && runtime.project.config['realtime.private_only'])
    throw new JoinRefused('PrivateOnly: This project only allows private channels')
  const wantedReplay = parseReplayOf(config)
  const readable = isPrivate ? await authorize(runtime, member, name, config) : everything
  const hold = socket.holdChanges()
  const problem = await hold.ready(readyWithinMs)
  const release = await runtime.hub.prepare(name, isPrivate, config.presence.isEnabled)
  if (socket.isClosed) return release()
  const presenceKey =
    config.presence.key === '' ? uuid(runtime.project.random) : config.presence.key
  const channel = new Channel(runtime, socket, name, {
    message,
    config,
    member,
    presenceKey,
    readable,
  })
  socket.addChannel(channel)
  release()
  const greet = async (): Promise<void> => {
    socket.reply(message, 'ok', channel.bindings.describe())
    if (channel.seesPresence) channel.push('presence_state', channel.topic?.presenceState() ?? '{}')
    if (wantedReplay !== null && channel.hearsBroadcasts)
      await replay(runtime, channel, wantedReplay)
    if (config.wantsReplicationReady && problem === null)
      channel.system('system', 'ok', 'Replication connection established')
  }
  if (config.waitMs !== null && !channel.bindings.isEmpty) {
    greetWithChanges(runtime, { socket, message, channel, waitMs: config.waitMs, greet })
    return
  }
  await greet()
  channel.bindings.renew()
}

/** Other messages of the connection do not wait meanwhile. */
function greetWithChanges(
  { project }: RealtimeRuntime,
  join_: {
    readonly socket: RealtimeSocket
    readonly message: ClientMessage
    readonly channel: Channel
    readonly waitMs: number
    readonly greet: () => Promise<void>
  },
): void {
  const { socket, message, channel, waitMs, greet } = join_
  const refuse = (reason: string): void => {
    if (socket.removeChannel(channel)) socket.reply(message, 'error', JSON.stringify({ reason }))
  }
  const timer = setTimeout(
    () =>
      refuse(
        `PostgresChangesSubscribeTimeout: The subscription to changes was not there within ${waitMs} ms`,
      ),
    waitMs,
  ).unref()
  channel.bindings.renew((problem) => {
    clearTimeout(timer)
    if (problem !== null) refuse(`RealtimeDisabledForConfiguration: ${problem}`)
    else
      greet().catch((error: unknown) => {
        project.log.error('a join could not be answered', { error: String(error) })
      })
  })
}

function checkLimits(runtime: RealtimeRuntime, socket: RealtimeSocket): void {
  const { project, joins, hub, stats } = runtime
  const { config } = project
  if (joins.isOver(config['realtime.max_joins_per_second'])) {
    socket.disconnectSoon()
    throw new JoinRefused('ClientJoinRateLimitReached: Too many joins per second')
  }
  if (socket.channels.size >= config['realtime.max_channels_per_client'])
    throw new JoinRefused('ChannelRateLimitReached: Too many channels')
  if (socket.channels.size > 0) return
  if (stats.users + hub.usersElsewhere >= config['realtime.max_concurrent_users'])
    throw new JoinRefused('ConnectionRateLimitReached: Too many connected users')
}

function readMember(
  { project }: RealtimeRuntime,
  socket: RealtimeSocket,
  { token }: JoinConfig,
): Member {
  const reading = readToken(project, token ?? socket.token)
  if (!reading.ok) throw new JoinRefused(`${reading.code}: ${reading.message}`)
  return reading.member
}

function parseReplayOf({ replay: wanted, isPrivate }: JoinConfig): ReturnType<typeof parseReplay> {
  if (wanted === null) return null
  if (!isPrivate)
    throw new JoinRefused('UnableToReplayMessages: Replay is not allowed for public channels')
  const parsed = parseReplay(wanted)
  if (parsed === null) throw new JoinRefused('UnableToReplayMessages: Replay params are not valid')
  return parsed
}

async function authorize(
  runtime: RealtimeRuntime,
  member: Member,
  name: string,
  { presence }: JoinConfig,
): Promise<Channel['readable']> {
  try {
    const readable = await readRights(runtime, member, name, presence.isEnabled)
    if (readable.size > 0) return readable
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error
    throw new JoinRefused(
      error.failure === 'pool-full' || error.failure === 'pool-timeout'
        ? 'IncreaseConnectionPool: Please increase your connection pool size'
        : 'UnableToConnectToProject: Realtime was unable to connect to the project database',
    )
  }
  throw new JoinRefused(
    `Unauthorized: You do not have permissions to read from this Channel topic: ${name}`,
  )
}
