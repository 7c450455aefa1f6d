import { describe, expect, it } from "vitest";
import { describedService, gaxForService } from "../../../../../adapters/gce/client/protos.ts";
import type { Gax } from "../../../../../adapters/gce/client/protos.ts";
import { OAuth2Client } from "google-auth-library";

/** In the shape of the client's own, as it reads it from its file. */
const description: Parameters<Gax["fallback"]["protobuf"]["Root"]["fromJSON"]>[0] = JSON.parse(
  JSON.stringify({
    nested: {
      google: {
        nested: {
          protobuf: { nested: { Any: { fields: {} }, Empty: { fields: {} } } },
          cloud: {
            nested: {
              compute: {
                nested: {
                  v1: {
                    nested: {
                      Images: {
                        methods: { Get: { requestType: "GetRequest", responseType: "Image" } },
                      },
                      GetRequest: { fields: { image: { type: "string", id: 1 } } },
                      Image: {
                        fields: {
                          state: { type: "State", id: 1 },
                          labels: { keyType: "string", type: "Label", id: 2 },
                          self: { type: "Image", id: 3 },
                        },
                        nested: { State: { values: { READY: 1 } } },
                      },
                      Label: { fields: { text: { type: "string", id: 1 } } },
                      Zones: {
                        methods: { Get: { requestType: "GetZone", responseType: "Zone" } },
                      },
                      GetZone: { fields: {} },
                      Zone: { fields: {} },
                    },
                  },
                  v1beta: { nested: { Image: { fields: {} } } },
                },
              },
            },
          },
        },
      },
    },
  }),
);

describe("the description of a service", () => {
  it("has what the service leads to, and nothing else", () => {
    const root = gaxForService("Images").fallback.protobuf.Root.fromJSON(description);
    const types = root.lookup("google.cloud.compute.v1");
    expect(types?.toJSON()).toMatchObject({
      nested: { Images: {}, GetRequest: {}, Image: { nested: { State: {} } }, Label: {} },
    });
    expect(JSON.stringify(root.toJSON())).not.toMatch(/Zone|v1beta|Empty/);
    expect(
      root.lookupType("google.cloud.compute.v1.Image").fields["state"]?.resolve().resolvedType,
    ).not.toBeNull();
  });

  it("is made once for each service and description", () => {
    const gax = gaxForService("Images");
    const client = new gax.fallback.GrpcClient(
      Object.assign({ fallback: true }, { authClient: new OAuth2Client() }),
    );
    const root = client.loadProtoJSON(description);
    expect(client.loadProtoJSON(description)).toBe(root);
    expect(gax.fallback.protobuf.Root.fromJSON(description)).toBe(root);
  });

  it.each([{}, { nested: {} }, { nested: { google: null } }, { nested: { google: 1 } }])(
    "of %j is empty",
    (strange) => {
      expect(JSON.stringify(describedService(strange, "Images"))).not.toContain("Images");
    },
  );

  it("is not led astray by names of every object", () => {
    expect(JSON.stringify(describedService(description, "constructor"))).not.toContain("Image");
    expect(JSON.stringify(describedService(description, "__proto__"))).not.toContain("Image");
  });
});
