/** Options of edge functions: what a call may take, what a function may reach. */
import { bytes, choice, integer, list, secret, text, unset, wait } from './option.ts'

export const functionsOptions = {
  'basalt.functions.network': choice(
    ['open', 'closed'],
    'open',
    "What functions reach: `open` is the internet without private addresses, `closed` nothing; the project's own URL and database always, and `allowed_hosts`.",
  ),
  'basalt.functions.allowed_hosts': list(
    [],
    'Further hosts: `host` or `host:port` of the internet, for network = "closed"; `host:port` on this machine or a private network, which functions reach for no other reason.',
  ),
  'basalt.functions.db_url': secret(
    unset(
      text(
        '',
        'SUPABASE_DB_URL of functions on a database given by `basalt.db_url`, of the role postgres; without it they have none.',
      ),
    ),
  ),
  'basalt.functions.memory_limit': bytes('256MiB', 'Most memory of the worker of a function.'),
  'basalt.functions.cpu_limit': wait('2s', 'Most CPU time of a call.'),
  'basalt.functions.wall_limit': wait(
    '400s',
    'A call, its streams and what it leaves running end after this time.',
  ),
  'basalt.functions.response_timeout': wait(
    '150s',
    'A call that has not begun to answer is given up.',
  ),
  'basalt.functions.boot_timeout': wait('10s', 'A worker that is not ready by then is given up.'),
  'basalt.functions.idle_timeout': wait('60s', 'A worker that is not called is stopped.'),
  'basalt.functions.max_concurrency': integer(
    100,
    'Most calls of a function at the same time; further ones wait, ten seconds at most.',
    1,
    10_000,
  ),
  'basalt.functions.max_workers': integer(20, 'Most workers at the same time.', 1, 1000),
  'basalt.functions.max_request_size': bytes('64MiB', 'Largest body of a call.'),
  'basalt.functions.max_response_size': bytes(
    '256MiB',
    'Largest body of an answer; a longer one is cut.',
  ),
  'basalt.functions.max_tmp_size': bytes('256MiB', 'Most bytes a worker may keep in /tmp.'),
  'basalt.functions.npm_registry': unset(
    text(
      '',
      'Registry that `npm:` imports come from; default: registry.npmjs.org, or what an .npmrc beside the function says.',
    ),
  ),
  'basalt.functions.deno_path': unset(
    text('', 'A Deno of your own (2.9 or newer); default: the one that npm installs.'),
  ),
}
