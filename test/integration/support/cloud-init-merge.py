"""Reads user data from standard input as cloud-init does at boot; prints the merged cloud-config and the scripts."""
import json
import sys

from cloudinit import helpers, user_data, util
from cloudinit.handlers.cloud_config import CloudConfigPartHandler

paths = helpers.Paths({"cloud_dir": sys.argv[1], "run_dir": sys.argv[1]})
message = user_data.UserDataProcessor(paths).process(sys.stdin.buffer.read())
merger = CloudConfigPartHandler(paths)
merger.handle_part(None, "__begin__", None, None, None, None)
scripts = []
for part in message.walk():
    if part.is_multipart():
        continue
    content = util.fully_decoded_payload(part)
    if part.get_content_type() == "text/cloud-config":
        merger.handle_part(None, part.get_content_type(), part.get_filename(), content, None, part)
    else:
        scripts.append({"type": part.get_content_type(), "content": content})
print(json.dumps({"config": merger.cloud_buf, "scripts": scripts}))
