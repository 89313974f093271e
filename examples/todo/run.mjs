/** `node examples/todo/run.mjs`, while `npm start` runs in another terminal: the journey of todo-journey.mjs, told line by line. */
import { todoJourney } from './todo-journey.mjs'

const url = process.env.SUPABASE_URL ?? 'http://127.0.0.1:54321'
// The key every local project has; `basalt status` prints it.
const anonKey = process.env.SUPABASE_ANON_KEY ?? 'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH'

await todoJourney({ url, anonKey, log: (line) => console.log(`ok  ${line}`) })
console.log('done: everything a todo app needs works')
