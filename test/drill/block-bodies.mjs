/**
 * Bodies made to keep a reader busy, of about `megabytes`: [name, content type, bytes].
 * @returns {[name: string, type: string, body: Buffer][]}
 */
export function bodies(megabytes) {
  const size = Math.floor(megabytes * 1_000_000)
  const repeat = (text) => Buffer.from(text.repeat(Math.floor(size / text.length)))
  const numbered = (open, make, close) => {
    const parts = [open]
    let length = open.length
    for (let i = 0; length < size; i++) {
      const part = make(i)
      parts.push(part)
      length += part.length
    }
    return Buffer.from(parts.join('') + close)
  }
  const json = 'application/json'
  const form = 'application/x-www-form-urlencoded'
  const many = numbered('{"x":0', (i) => `,"k${i}":${i}`, '}')
  return [
    ['an object of many keys', json, many],
    ['rows of one key', json, numbered('[{"a":0}', () => ',{"a":1}', ']')],
    ['rows of different keys', json, numbered('[{"a":0}', (i) => `,{"a${i}":1}`, ']')],
    [
      'rows of many keys',
      json,
      numbered(
        '[{"a":0}',
        (i) => `,{${Array.from({ length: 500 }, (_, k) => `"k${k}":${i}`).join(',')}}`,
        ']',
      ),
    ],
    ['nested lists', json, Buffer.concat([repeat('['), Buffer.from(']')])],
    ['nested objects', json, repeat('{"a":')],
    ['a long string', json, Buffer.concat([Buffer.from('{"a":"'), repeat('x'), Buffer.from('"}')])],
    [
      'a long string of escapes',
      json,
      Buffer.concat([Buffer.from('{"a":"'), repeat('\\u00e9'), Buffer.from('"}')]),
    ],
    ['a long key', json, Buffer.concat([Buffer.from('{"'), repeat('x'), Buffer.from('":1}')])],
    ['a long number', json, Buffer.concat([Buffer.from('{"a":'), repeat('1'), Buffer.from('}')])],
    ['long numbers', json, numbered('[{"a":0}', () => ',{"a":12345678901234567890}', ']')],
    ['spaces', json, repeat(' ')],
    [
      'not UTF-8 at its end',
      json,
      Buffer.concat([Buffer.from('{"a":"'), repeat('é'), Buffer.from([0xff, 0x22, 0x7d])]),
    ],
    [
      'steps of a transaction',
      json,
      numbered('{"steps":[{"insert":"items","body":[{"a":0}', () => ',{"a":1}', ']}]}'),
    ],
    [
      'references',
      json,
      numbered(
        '{"steps":[{"insert":"items","body":[{"a":0}',
        () => ',{"a":{"$ref":"0.0.id"}}',
        ']}]}',
      ),
    ],
    ['short rows', 'text/csv', Buffer.concat([Buffer.from('a\n'), repeat('1\n')])],
    ['one long line', 'text/csv', repeat('a,')],
    ['quotes', 'text/csv', Buffer.concat([Buffer.from('a\n'), repeat('"x""y"\n')])],
    ['an open quote', 'text/csv', Buffer.concat([Buffer.from('a\n"'), repeat('x""')])],
    [
      'a long column name',
      'text/csv',
      Buffer.concat([
        Buffer.alloc(size / 100, 'n'),
        Buffer.from('\n'),
        Buffer.from('1\n'.repeat(size / 4)),
      ]),
    ],
    ['many names', form, numbered('x=1', (i) => `&k${i}=${i}`, '')],
    ['one name often', form, repeat('a=1&')],
    ['names only', form, repeat('a&')],
    ['escapes', form, Buffer.concat([Buffer.from('a='), repeat('%C3%A9')])],
    ['text', 'text/plain', repeat('é')],
    ['text that is not UTF-8', 'text/plain', Buffer.concat([repeat('é'), Buffer.from([0xff])])],
    ['xml', 'text/xml', repeat('<a>')],
    ['bytes', 'application/octet-stream', Buffer.alloc(size, 0x80)],
    [
      'parts',
      'multipart/form-data; boundary=x',
      repeat('--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n'),
    ],
    ['an unknown type', 'application/vnd.unknown', repeat('x')],
  ]
}
