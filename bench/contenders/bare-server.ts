/** The bare forwarder's process. With `HASH`, it copies each body and hashes the copy: what handling bytes costs at least. */
const upstream = process.env.UPSTREAM!;
const hashing = process.env.HASH !== undefined;
const headers = { 'content-type': 'application/json', 'accept-encoding': 'identity' };

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  idleTimeout: 0,
  development: false,
  async fetch(request) {
    const body = await request.arrayBuffer();
    if (hashing) new Bun.CryptoHasher('sha256').update(body.slice(0)).digest();
    const answer = await fetch(upstream + request.url.slice(request.url.indexOf('/', 8)), {
      method: 'POST',
      headers,
      body,
      signal: request.signal,
    });
    return new Response(answer.body, { headers: { 'content-type': answer.headers.get('content-type') ?? '' } });
  },
});

console.log(`listening on ${server.port}`);
