/** Options of Realtime; limits have the names and defaults of supabase/realtime's tenants. */
import { accepted, boolean, bytes, choice, integer, wait } from './option.ts'

export const realtimeOptions = {
  'realtime.enabled': boolean(true, 'Serves Realtime.'),
  'realtime.ip_version': accepted(
    choice(['IPv4', 'IPv6'], 'IPv4', 'IP version the Realtime container binds to.'),
  ),
  'realtime.max_header_length': accepted(
    integer(4096, 'Longest request header of the Realtime container.'),
  ),
  'realtime.private_only': boolean(false, 'Refuses channels that are not private.'),
  'realtime.max_concurrent_users': integer(
    200,
    'Most connections with a channel, on all nodes together as of a second ago.',
    1,
  ),
  'realtime.max_channels_per_client': integer(100, 'Most channels of a connection.', 1),
  'realtime.max_joins_per_second': integer(100, 'Most joins a second, over ten seconds.', 1),
  'realtime.max_events_per_second': integer(
    100,
    'Most messages of clients a second, over ten seconds.',
    1,
  ),
  'realtime.max_presence_events_per_second': integer(
    1000,
    'Most presence messages a second, over ten seconds.',
    1,
  ),
  'realtime.max_payload_size_in_kb': integer(3000, 'Largest message of a client, in kB.', 1),
  'realtime.max_record_size': bytes(
    '1MiB',
    'Largest changed row that postgres_changes sends whole; of larger ones, values up to 64 bytes.',
  ),
  'realtime.max_queue': bytes(
    '16MiB',
    'What may wait for one connection; a client that reads too slowly is dropped.',
  ),
  'realtime.resume_window': wait(
    '60s',
    'How long changes are kept for clients that come back with the position of their last one; 0s keeps none.',
  ),
  'realtime.resume_size': bytes('32MiB', 'Most memory of such changes, on each node.'),
  'realtime.slot_linger': wait(
    '10s',
    'How long the replication slot stays when the last channel is gone.',
  ),
}
