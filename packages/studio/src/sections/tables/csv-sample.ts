/** The first lines of a CSV file: whatever its size, 256 kB of it are read. */
import Papa from 'papaparse'

export interface Sample {
  readonly delimiter: string
  readonly names: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

const readBytes = 256 * 1024
const shownRows = 20

/** Names of decoders for what Postgres calls encodings. */
const decoders: Readonly<Record<string, string>> = {
  UTF8: 'utf-8',
  LATIN1: 'latin1',
  WIN1252: 'windows-1252',
  WIN1251: 'windows-1251',
  SJIS: 'shift_jis',
  EUC_KR: 'euc-kr',
  BIG5: 'big5',
  GBK: 'gbk',
}

export async function readSample(
  file: File,
  {
    delimiter,
    header,
    encoding,
  }: { readonly delimiter: string; readonly header: boolean; readonly encoding: string },
): Promise<Sample> {
  const bytes = await file.slice(0, readBytes).arrayBuffer()
  const text = new TextDecoder(decoders[encoding] ?? 'utf-8').decode(bytes)
  if (text.includes('\0')) throw new Error('This is no text file. Is it UTF-16? Save it as UTF-8.')
  const parsed = Papa.parse<string[]>(text, {
    delimiter,
    delimitersToGuess: [',', ';', '\t', '|'],
    preview: shownRows + 1,
    skipEmptyLines: true,
  })
  const [first = [], ...rest] = parsed.data
  if (first.length === 0) throw new Error('The file is empty.')
  return {
    delimiter: parsed.meta.delimiter,
    names: header ? first : first.map((_, index) => String(index + 1)),
    rows: (header ? rest : parsed.data).slice(0, shownRows),
  }
}
