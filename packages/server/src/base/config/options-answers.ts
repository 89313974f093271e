/** Options of answers on their way out: how small they are made. */
import { boolean, bytes, integer } from './option.ts'

export const answerOptions = {
  'basalt.compression.enabled': boolean(
    true,
    'Compresses answers for clients that accept it (`Accept-Encoding`: zstd where Node has it, br, gzip).',
  ),
  'basalt.compression.level': integer(3, 'From 1, fast, to 9, small.', 1, 9),
  'basalt.compression.min_size': bytes('1KiB', 'Smaller answers are sent as they are.'),
}
