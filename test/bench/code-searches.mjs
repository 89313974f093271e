/** What `npm run bench -- code` searches for. */

const search = (query) => `/api/v1/symbols/search?${query}`
const code = (query) => `/api/v1/search/code?${query}`
const misspelt = ['decod', 'updat', 'craete', 'parze', 'rendr', 'mergee', 'strat', 'stopp']
const nouns = ['Usr', 'Order', 'Invoce', 'Sesion', 'Tokn', 'Cahce', 'Bufer', 'Stream', 'Scoket']
const texts = [
  'Symbol.asyncIterator',
  'createHmac',
  'prototype.toString',
  'getOwnPropertyDescriptor',
  'MAX_SAFE_INTEGER',
]
const expressions = [
  String.raw`async function \w+Stream`,
  String.raw`throw new \w*RangeError`,
  String.raw`class \w+ extends Transform`,
]

function misspeltName(i) {
  const [verb, noun, by] = [misspelt[i % 8], nouns[(i >> 3) % 9], nouns[(i >> 6) % 9]]
  return `${verb}${noun}By${by}${i}`
}

/** Names of what is asked for, with the paths that ask for it in turn. */
export const searches = Object.entries({
  'symbols, exact': (i) => search(`match=exact&pattern=findOrderByUser${i % 120}`),
  'symbols, prefix': (i) => search(`match=prefix&pattern=parseToken${i % 2 ? 'ByRow' : 'ByT'}`),
  'symbols, substring': (i) => search(`match=substring&pattern=TokenByCache${i % 100}`),
  'symbols, substring, common': () => search(`match=substring&pattern=token`),
  'symbols, glob': (i) => search(`match=glob&pattern=open*BySocket${i % 100}`),
  'symbols, fuzzy': (i) => search(`match=fuzzy&limit=10&pattern=decodGrafByStrem${i % 100}`),
  'symbols, fuzzy, each another one': (i) =>
    search(`match=fuzzy&limit=10&pattern=${misspeltName(i)}`),
  'code, substring, rare': (i) => code(`pattern=${texts[i % 5]}`),
  'code, substring, common': () => code('pattern=function'),
  'code, regular expression': (i) =>
    code(`regex=true&pattern=${encodeURIComponent(expressions[i % 3])}`),
}).map(([name, path]) => [
  name,
  Array.from({ length: name.includes('another') ? 50_000 : 200 }, (_, i) => path(i)),
])
