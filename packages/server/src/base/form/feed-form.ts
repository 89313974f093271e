/** A body on its way into `@fastify/busboy`. */
import type { Readable } from 'node:stream'
import type { Busboy } from '@fastify/busboy'
import type { HttpRequest } from '#base/http'

interface PartsReader {
  readonly _parser: {
    readonly parser: { on(event: 'part', listen: (part: Readable) => void): void }
  }
}

/** The library listens to the errors of the parts it reads, not of those it skips: a form that broke off there ended the process. */
export function guardParts(form: Busboy): void {
  const { parser } = (form as unknown as PartsReader)._parser
  parser.on('part', (part) => part.on('error', () => {}))
}

/** Hands the body on as fast as its files are read. */
export async function pumpForm(request: HttpRequest, form: Busboy): Promise<void> {
  for await (const chunk of request.body.stream()) {
    if (form.destroyed) return
    if (!form.write(chunk))
      await new Promise<void>((resolve) => {
        form.once('drain', resolve)
        form.once('close', resolve)
      })
  }
  form.end()
}
