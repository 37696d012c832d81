'use strict';
// The reference of the agent: a server of node:http that compares the SHA-256 of one token and answers with one fixed secret. No cache, no audit.
const { createHash, timingSafeEqual } = require('node:crypto');
const { createServer } = require('node:http');

const { PORT, TOKEN } = process.env;
const digest = createHash('sha256').update(TOKEN).digest();
const body = JSON.stringify({ secret_id: 'secret-0', username: 'user', password: 'password-0', expires_at: '2025-05-30T18:00:00Z' });

createServer((request, response) => {
  const [, token = ''] = (request.headers.authorization ?? '').split(' ');
  if (!timingSafeEqual(createHash('sha256').update(token).digest(), digest)) {
    response.writeHead(401).end();
    return;
  }
  if (request.url !== '/secret/secret-0') {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body);
}).listen(Number(PORT), '127.0.0.1');
