// What is served: a page and an answer for programs behind npm's cors.
const fs = require('fs')
const https = require('https')
const cors = require('cors')

const [port, key, cert] = process.argv.slice(2)
const read = (value) => {
  const regex = typeof value === 'string' && value.match(/^\/(.*)\/$/s)
  return Array.isArray(value) ? value.map(read) : regex ? new RegExp(regex[1]) : value
}
const given = JSON.parse(process.env.MIDDLEWARE)
const byPath = Object.entries(given).map(([prefix, options]) => [prefix, cors({ ...options, origin: read(options.origin) })])
byPath.sort((a, b) => b[0].length - a[0].length)

const answer = (request, response) => {
  const path = request.url.split('?')[0]
  const [status, type, text] =
    path === '/' ? [200, 'text/html', '<!doctype html><p>A small page that keeps a list of parcels</p>']
    : path === '/api/health' ? [200, 'application/json', '{"status":"ok","database":"ok","cache":"ok"}']
    : [404, 'application/json', '{"detail":"Not Found"}']
  response.writeHead(status, { 'Content-Type': type })
  response.end(text)
}
const serve = (request, response) => {
  const [, middleware] = byPath.find(([prefix]) => request.url.startsWith(prefix))
  middleware(request, response, () => answer(request, response))
}
https.createServer({ key: fs.readFileSync(key), cert: fs.readFileSync(cert) }, serve).listen(Number(port), '127.0.0.1')
