import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { API_CALLS } from "../../../adapters/gce/client/api-calls.ts";
import { DESCRIPTION } from "../../../adapters/gce/client/description.ts";
import { describeCalls } from "../../../scripts/build/compute-description.ts";

const PACKAGE = "@google-cloud/compute/build/protos/protos.json";

const get = (requestType: string, responseType: string) => ({ requestType, responseType });
const TYPES = {
  Images: {
    options: { host: "compute" },
    methods: { Get: get("GetImage", "Image"), Delete: get("DeleteImage", "Operation") },
  },
  GetImage: { fields: { image: { type: "string", id: 1 } } },
  DeleteImage: { fields: {} },
  Image: {
    fields: {
      state: { type: "State", id: 1 },
      labels: { keyType: "string", type: "Label", id: 2 },
      self: { type: "Image", id: 3 },
      odd: { type: "constructor", id: 4 },
    },
    nested: { State: { values: { READY: 1 } } },
  },
  Label: { fields: { text: { type: "string", id: 1 } } },
  Operation: { fields: {} },
  Zones: { methods: { Get: get("GetZone", "Zone") } },
  GetZone: { fields: {} },
  Zone: { fields: {} },
};
const ANY = { fields: { value: { type: "bytes", id: 2 } } };

/** A description in the shape of the package's own. */
function describing(v1: object, protobuf: object = { Any: ANY }): object {
  const cloud = { nested: { compute: { nested: { v1: { nested: v1 } } } } };
  return { nested: { google: { nested: { protobuf: { nested: protobuf }, cloud } } } };
}

describe("describeCalls", () => {
  const whole = describing({ ...TYPES }, { Any: ANY, Empty: { fields: {} } });

  it("copies the methods that are called, with all types that they lead to, and nothing else", () => {
    const { GetImage, Image, Images, Label } = TYPES;
    expect(describeCalls(whole, ["images.get"])).toEqual(
      describing({
        Images: { ...Images, methods: { Get: Images.methods.Get } },
        GetImage,
        Image,
        Label,
      }),
    );
  });

  it("copies several services", () => {
    const text = JSON.stringify(describeCalls(whole, ["images.delete", "zones.get"]));
    for (const name of ["Images", "Delete", "DeleteImage", "Operation", "Zones", "GetZone", "Zone"])
      expect(text).toContain(`"${name}":`);
    expect(text).not.toContain('"Image":');
  });

  it.each(["images.patch", "disks.get", "constructor.get", "images.constructor", "", "images"])(
    "fails for %j, which the description does not have",
    (method) => {
      expect(() => describeCalls(whole, [method])).toThrow(`has no ${method}`);
    },
  );

  it.each([{}, { nested: {} }, { nested: { google: null } }, null])(
    "fails for %j, which is not a description",
    (strange) => {
      expect(() => describeCalls(strange, ["images.get"])).toThrow("Invalid input");
    },
  );
});

describe("the adapter's description of Compute Engine", () => {
  it("is what node scripts/describe-compute.ts writes for the installed package", () => {
    const path = createRequire(import.meta.url).resolve(PACKAGE);
    const methods = API_CALLS.map(({ method }) => method);
    const described = describeCalls(JSON.parse(readFileSync(path, "utf8")), methods);
    expect(JSON.stringify(described) === DESCRIPTION).toBe(true);
  });
});
