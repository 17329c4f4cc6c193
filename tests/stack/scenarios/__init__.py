"""The table: one deployment, one question, one answer. Changes are against the sound deployment of deployment.py."""

from scenarios import https, outside, policy, sound, way

TABLE = [
    *sound.SOUND,
    *sound.TRAPS,
    *sound.LIMITS,
    *outside.SILENCE,
    *outside.PORTS,
    *outside.DOWN,
    *outside.NAMES,
    *way.ANSWERS,
    *way.ROUTES,
    *way.SILENCE,
    *way.REFUSALS,
    *way.OWN_SIDE,
    *way.IMPOSTORS,
    *https.HTTPS,
    *https.CERTIFICATES,
    *policy.POLICIES,
    *policy.CORS,
    *policy.SECRETS,
]
