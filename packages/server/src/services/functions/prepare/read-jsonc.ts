/** JSON with comments and trailing commas, as deno.jsonc and many a deno.json have. */

/** `'{ "a": 1, // one\n }'` → `{ a: 1 }` @throws SyntaxError */
export function readJsonc(text: string): unknown {
  const bare = text.replace(
    /("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (_, literal: string | undefined) => literal ?? ' ',
  )
  return JSON.parse(
    bare.replace(
      /("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g,
      (_, literal: string | undefined) => literal ?? '',
    ),
  ) as unknown
}
