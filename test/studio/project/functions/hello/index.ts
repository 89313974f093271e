Deno.serve(async (request) => {
  console.log('hello was called', request.method)
  return Response.json({ hello: 'world', method: request.method, body: await request.text() })
})
