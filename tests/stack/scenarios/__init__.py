"""The table: one deployment, one question, one answer. Changes are against the sound deployment of deployment.py."""

from scenarios import https, outside, policy, sound

TABLE = [
    *sound.SOUND,
    *sound.TRAPS,
    *sound.LIMITS,
    *outside.SILENCE,
    *outside.PORTS,
    *outside.DOWN,
    *outside.NAMES,
    *https.HTTPS,
    *https.CERTIFICATES,
    *policy.POLICIES,
    *policy.CORS,
    *policy.SECRETS,
]
