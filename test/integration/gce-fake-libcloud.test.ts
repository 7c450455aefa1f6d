import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { startGce } from "../../testing/gce/index.ts";
import { describeWithLibcloud } from "../support/localstack.ts";
import { scratchFolder } from "../support/scratch.ts";

const run = promisify(execFile);

/** Lists, creates, finds, stops, starts and destroys, one machine and several. */
const SCRIPT = `
import json, sys
from urllib.parse import urlparse
from libcloud.common.google import GoogleAuthType, GoogleBaseError, ResourceNotFoundError
from libcloud.compute.drivers.gce import GCEConnection, GCENodeDriver
endpoint, token = urlparse(sys.argv[1]), sys.argv[2]

class Connection(GCEConnection):
    host = endpoint.hostname
    poll_interval = 0.05
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{**kwargs, "port": endpoint.port})

class Driver(GCENodeDriver):
    connectionCls = Connection

driver = Driver("user", "key", project="agents", datacenter="us-central1-a", secure=False,
    auth_type=GoogleAuthType.IA, credential_file=token)
found = {}
def refusal(work):
    try:
        work()
    except GoogleBaseError as error:
        return [type(error).__name__, error.value["reason"]]
found["images"] = sorted({i.name for i in driver.list_images()})
found["has"] = sorted({"e2-small", "c4a-standard-1"} & {s.name for s in driver.list_sizes("us-central1-a")})
image = driver.ex_get_image_from_family("debian-12", ex_project_list=["agents"])
found["family"] = image.name
node = driver.create_node("one", "e2-small", image, ex_labels={"a": "b"})
found["made"] = [node.name, node.state, node.extra["labels"]]
found["again"] = refusal(lambda: driver.create_node("one", "e2-small", image))
found["mismatch"] = refusal(lambda: driver.create_node("two", "t2a-standard-1", image))
driver.ex_stop_node(node)
found["stopped"] = driver.ex_get_node("one").state
driver.ex_start_node(node)
found["nodes"] = [[n.name, n.state] for n in driver.list_nodes()]
found["disks"] = [[v.name, v.size] for v in driver.list_volumes()]
driver.destroy_node(node)
found["gone"] = refusal(lambda: driver.ex_get_node("one"))
many = driver.ex_create_multiple_nodes("many", "e2-small", image, 3, poll_interval=0.05)
found["many"] = [n.name for n in many]
found["ended"] = driver.ex_destroy_multiple_nodes(many, poll_interval=0.05)
found["left"] = driver.list_nodes()
print(json.dumps(found))
`;

describeWithLibcloud("apache-libcloud with the Compute Engine fake as its endpoint", (python) => {
  it("lists, creates, finds, stops, starts and destroys", async () => {
    await using gce = await startGce({
      timing: { provisioningMs: 10, stagingMs: 10, endingMs: 10 },
    });
    using folder = scratchFolder();
    const token = join(folder.path, "token");
    writeFileSync(token, '{"access_token": "x", "expire_time": "2099-01-01T00:00:00Z"}');
    const { stdout } = await run(python, ["-c", SCRIPT, gce.url, token], {
      env: { NO_PROXY: "*", HOME: folder.path },
    });
    expect(JSON.parse(stdout)).toEqual({
      images: ["debian-12-bookworm-arm64-v20251111", "debian-12-bookworm-v20251111"],
      has: ["c4a-standard-1", "e2-small"],
      family: "debian-12-bookworm-v20251111",
      made: ["one", "running", { a: "b" }],
      again: ["ResourceExistsError", "alreadyExists"],
      mismatch: ["InvalidRequestError", "invalid"],
      stopped: "stopped",
      nodes: [["one", "running"]],
      disks: [["one", "10"]],
      gone: ["ResourceNotFoundError", "notFound"],
      many: ["many-000", "many-001", "many-002"],
      ended: [true, true, true],
      left: [],
    });
    expect(gce.instances("agents")).toEqual([]);
  }, 60_000);
});
