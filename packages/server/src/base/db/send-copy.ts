/** The data of a COPY FROM STDIN, as fast as Postgres takes it. */
import type { Pipeline } from './pipeline.ts'
import type { PipelineWriter } from './pipeline-writer.ts'

/** Stops at the first error of Postgres, which lets pass what was on its way; a failure of `chunks` fails the statement. */
export async function sendCopy(
  pipeline: Pipeline,
  chunks: AsyncIterable<Uint8Array>,
  writer: PipelineWriter,
  hasEnded: () => boolean,
): Promise<void> {
  const { messages } = writer
  try {
    for await (const chunk of chunks) {
      if (pipeline.error !== null || hasEnded()) return
      messages.copyData(chunk)
      await writer.drain()
    }
    if (pipeline.error !== null || hasEnded()) return
    messages.copyDone()
  } catch (error) {
    if (pipeline.error !== null || hasEnded()) return
    messages.copyFail(error instanceof Error ? error.message : String(error))
  }
  writer.flush()
}
