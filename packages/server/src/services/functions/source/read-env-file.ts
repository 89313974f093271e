/** `supabase/functions/.env`: `NAME=value` lines, quotes and comments as dotenv reads them. */

/** `'A=1\nexport B="x\\ny"\n# no'` → `{ A: '1', B: 'x\ny' }` */
export function readEnvFile(text: string): Record<string, string> {
  const variables: Record<string, string> = {}
  const line =
    /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*("(?:[^"\\]|\\[\s\S])*"|'[^']*'|`[^`]*`|[^\n#]*)/gm
  for (const [, name = '', raw = ''] of text.replaceAll('\r\n', '\n').matchAll(line)) {
    const value = raw.trim()
    const quote = value[0]
    if (quote === '"' && value.endsWith('"')) variables[name] = unescaped(value.slice(1, -1))
    else if ((quote === "'" || quote === '`') && value.endsWith(quote))
      variables[name] = value.slice(1, -1)
    else variables[name] = value
  }
  return variables
}

function unescaped(text: string): string {
  return text.replace(/\\([\s\S])/g, (_, char: string) =>
    char === 'n' ? '\n' : char === 'r' ? '\r' : char,
  )
}
