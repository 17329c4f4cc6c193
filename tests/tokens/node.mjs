// Tokens made by Node's libraries, one answer a line: what golive must find in it, and the secret that made it.
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

// The libraries are where they were installed, not beside this file.
const modules = process.argv[2];
const require = createRequire(join(modules, "package.json"));

const PLACEHOLDER = "REPLACE_ME";

/** `secret`: a text that golive knows or that is a candidate of the owner's; null where nobody knows it. */
function tell(library, kind, algorithm, place, secret, cookies, body = "") {
  const { version } = require(join(modules, "node_modules", library, "package.json"));
  const fields = cookies.map((cookie) => ["Set-Cookie", cookie]);
  console.log(JSON.stringify({ made_by: `${library} ${version}`, kind, algorithm, place, secret, fields, body }));
}

/** The secret itself, and one that nobody knows. */
function each(secret) {
  return [[secret, secret], [randomBytes(36).toString("base64"), null]];
}

/** What a server of Node's sets. */
async function answer(handler) {
  const server = createServer(handler).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const response = await fetch(`http://127.0.0.1:${server.address().port}/`);
  const cookies = response.headers.getSetCookie();
  await response.text();
  await new Promise((resolve) => server.close(resolve));
  return cookies;
}

async function express() {
  const session = require("express-session");
  for (const [secret, told] of each("keyboard cat")) {
    for (let round = 0; round < 3; round += 1) {
      const middleware = session({ secret, resave: false, saveUninitialized: true });
      const cookies = await answer((req, res) => middleware(req, res, () => res.end("in")));
      tell("express-session", "express-session", "HMAC-SHA256", { cookie: "connect.sid" }, told, cookies);
    }
  }
  const signature = require("cookie-signature");
  for (const [secret, told] of each(PLACEHOLDER)) {
    const cookie = `user=${encodeURIComponent(signature.sign("alice", secret))}; Path=/`;
    tell("cookie-signature", "express-session", "HMAC-SHA256", { cookie: "user" }, told, [cookie]);
  }
}

async function cookieSession() {
  const session = require("cookie-session");
  for (const [secret, told] of each(PLACEHOLDER)) {
    const middleware = session({ name: "session", keys: [secret, "an older key"] });
    const enter = (req, res) => {
      req.session.user = "alice";
      res.end("in");
    };
    const cookies = await answer((req, res) => middleware(req, res, () => enter(req, res)));
    tell("cookie-session", "cookie-session", "HMAC-SHA1", { cookie: "session" }, told, cookies);
  }
  const Keygrip = require("keygrip");
  for (const [secret, told] of each(PLACEHOLDER)) {
    const signed = new Keygrip([secret], "sha256").sign("who=alice");
    tell("keygrip", "cookie-session", "HMAC-SHA256", { cookie: "who" }, told, ["who=alice", `who.sig=${signed}`]);
  }
}

async function iron() {
  const { getIronSession, sealData } = require("iron-session");
  for (const [secret, told] of each("complex_password_at_least_32_characters_long")) {
    const cookies = await answer(async (req, res) => {
      const session = await getIronSession(req, res, { password: secret, cookieName: "sid" });
      session.user = "alice";
      await session.save();
      res.end("in");
    });
    tell("iron-session", "iron-session", "HMAC-SHA256", { cookie: "sid" }, told, cookies);
    const sealed = await sealData({ user: "alice" }, { password: { 1: "x".repeat(32), 7: secret }, ttl: 0 });
    tell("iron-session", "iron-session", "HMAC-SHA256", { json: "$['seal']" }, told, [], JSON.stringify({ seal: sealed }));
    const bare = sealed.split("~")[0];
    tell("iron-session", "iron-session", "HMAC-SHA256", { cookie: "old" }, told, [`old=${bare}`]);
  }
}

async function nextAuth() {
  const { encode } = require("next-auth/jwt");
  const core = join(dirname(require.resolve("next-auth/jwt")), "..", "core", "index.js");
  const { AuthHandler } = require(core);
  for (const [secret, told] of each(PLACEHOLDER)) {
    const name = "__Secure-next-auth.session-token";
    const token = await encode({ token: { sub: "alice" }, secret });
    tell("next-auth", "auth-js", "A256GCM", { cookie: name }, told, [`${name}=${token}; Path=/; HttpOnly; Secure`]);
    const long = await encode({ token: { sub: "alice", picture: "x".repeat(6000) }, secret });
    const half = [long.slice(0, 3933), long.slice(3933, 7866), long.slice(7866)];
    const pieces = half.map((piece, number) => `${name}.${number}=${piece}; Path=/; Secure`);
    tell("next-auth", "auth-js", "A256GCM", { cookie: `${name}.0` }, told, pieces);
    const state = await encode({ token: { value: "x" }, secret, salt: "__Secure-next-auth.state" });
    tell("next-auth", "auth-js", "A256GCM", { cookie: "__Secure-next-auth.state" }, told, [
      `__Secure-next-auth.state=${state}; Path=/`,
    ]);
    const req = { action: "csrf", method: "GET", headers: { host: "app.example.com" }, query: {}, cookies: {} };
    const { cookies } = await AuthHandler({ req, options: { secret, providers: [] } });
    const [csrf] = cookies.filter((cookie) => cookie.name.endsWith("csrf-token"));
    tell("next-auth", "auth-js", "SHA-256", { cookie: csrf.name }, told, [
      `${csrf.name}=${encodeURIComponent(csrf.value)}; Path=/; HttpOnly; SameSite=Lax`,
    ]);
  }
}

async function authJs() {
  const { Auth } = await import(require.resolve("@auth/core"));
  const { default: Credentials } = await import(require.resolve("@auth/core/providers/credentials"));
  for (const [secret, told] of each(PLACEHOLDER)) {
    for (const name of ["alice", "x".repeat(6000)]) {
      const providers = [Credentials({ credentials: {}, authorize: () => ({ id: "1", name }) })];
      const config = { secret, providers, trustHost: true, basePath: "/auth", logger: { error: console.error } };
      const site = "https://app.example.com/auth";
      const first = await Auth(new Request(`${site}/csrf`), config);
      const { csrfToken } = await first.json();
      const cookie = first.headers.getSetCookie();
      tell("@auth/core", "auth-js", "SHA-256", { cookie: "__Host-authjs.csrf-token" }, told, cookie);
      const second = await Auth(
        new Request(`${site}/callback/credentials`, {
          method: "POST",
          headers: {
            "content-type": "application/x-www-form-urlencoded",
            cookie: cookie.map((line) => line.split(";")[0]).join("; "),
          },
          body: new URLSearchParams({ csrfToken }),
        }),
        config,
      );
      const place = "__Secure-authjs.session-token" + (name === "alice" ? "" : ".0");
      const set = second.headers.getSetCookie().filter((line) => line.startsWith("__Secure-authjs.session-token"));
      tell("@auth/core", "auth-js", "A256CBC-HS512", { cookie: place }, told, set);
    }
  }
}

async function jsonwebtoken() {
  const jwt = require("jsonwebtoken");
  for (const [secret, told] of each("your-256-bit-secret")) {
    const token = jwt.sign({ sub: "alice" }, secret);
    const supabase = Buffer.from(JSON.stringify({ access_token: token, user: {} })).toString("base64url");
    const whole = `base64-${supabase}`;
    tell("jsonwebtoken", "jws", "HS256", { cookie: "sb-x-auth-token.0" }, told, [
      `sb-x-auth-token.0=${whole.slice(0, 90)}; Path=/`,
      `sb-x-auth-token.1=${whole.slice(90)}; Path=/`,
    ]);
    tell("jsonwebtoken", "jws", "HS256", { cookie: "login" }, told, [
      `login=${encodeURIComponent(`j:${JSON.stringify({ token })}`)}; Path=/`,
    ]);
  }
}

for (const make of [express, cookieSession, iron, nextAuth, authJs, jsonwebtoken]) {
  await make();
}
