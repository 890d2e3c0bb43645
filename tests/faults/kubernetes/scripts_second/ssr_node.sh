#!/bin/sh
# Tells what node says when a package was left out of the image.
sleep 1
cat >&2 <<'TEXT'
node:internal/modules/cjs/loader:1228
  throw err;
  ^

Error: Cannot find module 'sharp'
Require stack:
- /app/dist/render/images.js
- /app/dist/server.js
    at Function._resolveFilename (node:internal/modules/cjs/loader:1225:15)
    at Function._load (node:internal/modules/cjs/loader:1055:27)
    at Object.<anonymous> (/app/dist/render/images.js:4:15) {
  code: 'MODULE_NOT_FOUND',
  requireStack: [ '/app/dist/render/images.js', '/app/dist/server.js' ]
}

Node.js v22.11.0
TEXT
exit 1
