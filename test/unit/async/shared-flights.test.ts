import { describe, expect, it } from "vitest";
import { createSharedFlights } from "../../../src/async/shared-flights.ts";

const forever = new AbortController().signal;

function passenger(key: string, signal = forever) {
  return { key, signal, what: "the work" };
}

describe("createSharedFlights", () => {
  it("does work once for all who want it at the time, and again later", async () => {
    const flights = createSharedFlights<number>();
    let started = 0;
    const start = async (): Promise<number> => {
      started += 1;
      return started;
    };
    expect(
      await Promise.all([
        flights.join(passenger("a"), start),
        flights.join(passenger("a"), start),
        flights.join(passenger("b"), start),
      ]),
    ).toEqual([1, 1, 2]);
    expect(await flights.join(passenger("a"), start)).toBe(3);
  });

  it("does not remember a failure", async () => {
    const flights = createSharedFlights<string>();
    const failing = flights.join(passenger("a"), async () => {
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await flights.join(passenger("a"), async () => "yes")).toBe("yes");
  });

  it("lets one leave without the others", async () => {
    const flights = createSharedFlights<string>();
    const work = Promise.withResolvers<string>();
    const controller = new AbortController();
    const leaving = flights.join(passenger("a", controller.signal), () => work.promise);
    const staying = flights.join(passenger("a"), () => work.promise);
    controller.abort();
    await expect(leaving).rejects.toThrow(
      expect.objectContaining({ code: "CANCELLED", message: "the work was cancelled" }),
    );
    await expect(
      flights.join(passenger("a", controller.signal), () => work.promise),
    ).rejects.toThrow("cancelled");
    work.resolve("done");
    expect(await staying).toBe("done");
  });
});
