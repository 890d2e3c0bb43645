#!/bin/sh
# Tells what uvicorn says when the application's module breaks while it is imported.
sleep 1
cat >&2 <<'TEXT'
Traceback (most recent call last):
  File "/usr/local/bin/uvicorn", line 8, in <module>
    sys.exit(main())
  File "/usr/local/lib/python3.12/site-packages/uvicorn/importer.py", line 19, in import_from_string
    module = importlib.import_module(module_str)
  File "/srv/gallery/api.py", line 33, in <module>
    router.add_api_route("/albums/{id}", albums.show, status_code=statuses["found"])
KeyError: 'found'
TEXT
exit 1
