/** Options of answers: how small they are made, which are kept for others. */
import { boolean, bytes, choice, duration, integer, list } from './option.ts'

export const answerOptions = {
  'basalt.compression.enabled': boolean(
    true,
    'Compresses answers for clients that accept it (`Accept-Encoding`: zstd where Node has it, br, gzip).',
  ),
  'basalt.compression.level': integer(3, 'From 1, fast, to 9, small.', 1, 9),
  'basalt.compression.min_size': bytes('1KiB', 'Smaller answers are sent as they are.'),
  'basalt.cache.enabled': boolean(
    false,
    'Keeps answers to the routes below until what they show changes (docs/cache.md).',
  ),
  'basalt.cache.routes': list(
    [],
    'Reads of the data API whose answers are kept: `products`, `rpc/top_products`, `rpc/*`.',
  ),
  'basalt.cache.ttl': duration('1h', 'An answer is kept no longer.'),
  'basalt.cache.max_age': duration(
    '0s',
    'How long clients and proxies may show an answer without asking; 0: they ask each time, and are told when nothing has changed.',
  ),
  'basalt.cache.store': choice(
    ['memory', 'redis'],
    'memory',
    "Where answers are kept: with each node, or besides in Redis (`basalt.redis_url`), where one node finds another's.",
  ),
  'basalt.cache.max_size': bytes('64MiB', 'Of all answers that a node keeps of a project.'),
  'basalt.cache.max_entry_size': bytes('1MiB', 'A larger answer is not kept.'),
}
