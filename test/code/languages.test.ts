/** What is found in real code of each language: names, kinds, containers, signatures, and what refers to them. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startTestService } from './test-service.ts'
import type { TestService, TestUser } from './test-service.ts'

const sources: Record<string, string> = {
  'a.ts': `export { one as renamed } from './one'
export default class Widget<T> extends Parent<T> {
  #secret = 1
  handler = (event: Event) => this.run(event)
  'quoted name'() {}
}
export interface Options { readonly limit: number; find(id: string): void }
export enum Color { Red, Green = 'g' }
export declare const VERSION: string
export namespace Geometry { export const PI = 3 }
export const { left, right: other } = pair
export const generate = function* () {}
export async function long(
  first: string,
  second: number,
): Promise<void> {
  new ns.Thing(first)
}
var old = 1
`,
  'b.tsx': 'export const App = () => <Panel><div /><ns.Item /></Panel>\n',
  'c.js': `exports.Shape = class { #area() {} }
export default function () { const own = { 'a-b': () => {} } }
`,
  'd.py': `from typing import Optional as Opt
first, second = 1, 2
square = lambda n: n * n
@dataclass
class Row(base.Model, Generic[T]):
    width: int = 1
async def fetch(
    url: str,
) -> list[Row]: pass
`,
  'e.go': `package e
var (
	Left, Right = 1, 2
)
type Alias = List[int]
type List[T any] struct { Head *T }
type Shape interface { Area() float64 }
func (l *List[T]) Push(v T) {}
`,
  'f.rs': `use crate::shapes::{Round, Square as Box2};
pub struct Point<T> { pub x: T }
enum Event { Key(u8), Quit }
trait Draw { type Out; }
impl<T: Draw> Draw for Point<T> { fn draw(&self) { assert!(check(self.x)); parse::<u8>() } }
`,
  'g.java': `@Entity(
  name = "users")
public class User extends Base {
  private int low, high;
  @Override
  public String name(int max) { list.forEach(User::print); return new Box<>(max); }
  enum Level { LOW }
  record Pair(int a) { Pair { check(); } }
  @interface Marker { String value(); }
}
`,
  'h.h': `#ifndef H
#define H
typedef int (*handler_t)(void *);
typedef struct node { struct node *next; } Node, *NodePtr;
enum shape { CIRCLE };
extern int count, *cursor;
char *copy(const char *text);
static int
old_style(int a)
{
#ifdef LATER
  int local = 1;
#endif
  return a;
}
#if WIDE
extern long wide;
#endif
int CDECL begin(void) { return 1; }
#endif
`,
}

let service: TestService
let ann: TestUser
beforeAll(async () => {
  service = await startTestService()
  ann = await service.signUp('ann')
  const origin = service.git.create('languages')
  origin.commit(sources)
  await origin.push()
  const made = await service.ask('/api/v1/repositories', ann.key, {
    method: 'POST',
    body: { git_url: origin.url },
  })
  const job = `/api/v1/jobs/${made.body.job_id}`
  await vi.waitUntil(async () => (await service.ask(job, ann.key)).body.status === 'completed', {
    timeout: 20_000,
    interval: 20,
  })
})
afterAll(() => service.close())

async function symbolsOf(path: string): Promise<string[]> {
  const asked = `/api/v1/symbols/search?pattern=*&match=glob&limit=200&path=${path}`
  const { body } = await service.ask(asked, ann.key)
  const symbols = body.symbols as unknown as Record<string, string | null>[]
  return symbols.map(
    ({ kind, container, name, signature }) => `${kind} ${container ?? ''}.${name}: ${signature}`,
  )
}

async function referencesIn(path: string): Promise<string[]> {
  const { data: files } = await ann.client.from('indexed_files').select('id').eq('path', path)
  const { data } = await ann.client
    .from('symbol_references')
    .select('name, kind')
    .eq('file_id', files?.[0]?.id)
  return (data ?? []).map(({ name, kind }) => `${kind} ${name}`)
}

test.each([
  [
    'a.ts',
    [
      'variable .renamed: one as renamed',
      'class .Widget: class Widget<T> extends Parent<T>',
      'field Widget.#secret: #secret = 1',
      'method Widget.handler: handler = (event: Event) => this.run(event)',
      "method Widget.quoted name: 'quoted name'() {}",
      'field Options.limit: readonly limit: number',
      'method Options.find: find(id: string): void',
      'enum_member Color.Red: Red',
      "enum_member Color.Green: Green = 'g'",
      'variable .VERSION: VERSION: string',
      'variable Geometry.PI: PI = 3',
      'variable .left: { left, right: other } = pair',
      'variable .other: { left, right: other } = pair',
      'function .generate: generate = function* () {}',
      'function .long: async function long( first: string, second: number, ): Promise<void>',
      'variable .old: old = 1',
    ],
  ],
  [
    'c.js',
    [
      'class .Shape: exports.Shape = class { #area() {} }',
      'method Shape.#area: #area() {}',
      "function .default: export default function () { const own = { 'a-b': () => {} } }",
      "function default.a-b: 'a-b': () => {}",
    ],
  ],
  [
    'd.py',
    [
      'variable .first: first, second = 1, 2',
      'variable .second: first, second = 1, 2',
      'function .square: square = lambda n: n * n',
      'field Row.width: width: int = 1',
      'function .fetch: async def fetch( url: str, ) -> list[Row]: pass',
    ],
  ],
  [
    'e.go',
    [
      'variable .Left: Left, Right = 1, 2',
      'variable .Right: Left, Right = 1, 2',
      'type .Alias: Alias = List[int]',
      'struct .List: List[T any] struct { Head *T }',
      'field List.Head: Head *T',
      'interface .Shape: Shape interface { Area() float64 }',
      'method Shape.Area: Area() float64',
      'method List.Push: func (l *List[T]) Push(v T) {}',
    ],
  ],
  [
    'f.rs',
    [
      'field Point.x: pub x: T',
      'enum_member Event.Key: Key(u8)',
      'type Draw.Out: type Out;',
      'method Point.draw: fn draw(&self) { assert!(check(self.x)); parse::<u8>() }',
    ],
  ],
  [
    'g.java',
    [
      'class .User: public class User extends Base',
      'field User.low: private int low, high;',
      'field User.high: private int low, high;',
      'method User.name: public String name(int max) { list.forEach(User::print); return new Box<>(max); }',
      'enum_member Level.LOW: LOW',
      'method Pair.Pair: Pair { check(); }',
      'interface User.Marker: @interface Marker { String value(); }',
      'method Marker.value: String value();',
    ],
  ],
  [
    'h.h',
    [
      'type .handler_t: typedef int (*handler_t)(void *);',
      'type .NodePtr: typedef struct node { struct node *next; } Node, *NodePtr;',
      'struct Node.node: struct node { struct node *next; }',
      'field node.next: struct node *next;',
      'enum_member shape.CIRCLE: CIRCLE',
      'variable .count: extern int count, *cursor;',
      'variable .cursor: extern int count, *cursor;',
      'variable .wide: extern long wide;',
      'function .begin: int CDECL begin(void) { return 1; }',
      'function .copy: char *copy(const char *text);',
      'function .old_style: static int old_style(int a)',
    ],
  ],
])('symbols of %s', async (path, expected) => {
  expect(await symbolsOf(path)).toEqual(expect.arrayContaining(expected))
})

test('what is inside of functions is no global, and a name is found once', async () => {
  const inHeader = await symbolsOf('h.h')
  expect(inHeader.filter((symbol) => symbol.includes('local'))).toEqual([])
  expect(new Set(inHeader).size).toBe(inHeader.length)
})

test.each([
  ['a.ts', ['export one', 'class Parent', 'class Thing']],
  ['b.tsx', ['call Panel', 'call Item']],
  ['d.py', ['import Optional', 'call dataclass', 'class Model', 'class Generic', 'type list']],
  ['f.rs', ['import Round', 'import Square', 'call check', 'call parse', 'call assert']],
  ['g.java', ['type Entity', 'type Override', 'call print', 'class Box', 'type Base']],
])('references in %s', async (path, expected) => {
  const found = await referencesIn(path)
  expect(found).toEqual(expect.arrayContaining(expected))
  expect(found.filter((reference) => reference === 'type Box')).toEqual([])
  expect(found).not.toContain('call div')
})
