import { describe, expect, it } from "vitest";
import { homeFolder, userName } from "../../../src/host/environment.ts";

const ann = () => ({ username: "ann", homedir: "/home/ann" });

/** As Node fails for a user who is not in the system's list: https://github.com/facebook/relay/issues/2699 */
function unlisted(): never {
  const words = "A system error occurred: uv_os_get_passwd returned ENOENT";
  throw Object.assign(new Error(words), { code: "ERR_SYSTEM_ERROR" });
}

describe("a user", () => {
  it("has the home that HOME names, or else that of the system's list", () => {
    expect(homeFolder({ HOME: "/other" }, ann)).toBe("/other");
    expect(homeFolder({}, ann)).toBe("/home/ann");
    // A relative path would lead into the current folder.
    expect(homeFolder({ HOME: "" }, ann)).toBe("/home/ann");
    expect(userName(ann)).toBe("ann");
  });

  it("may have neither, as in a container with a random user", () => {
    expect(homeFolder({}, unlisted)).toBe("/");
    expect(homeFolder({ HOME: "/other" }, unlisted)).toBe("/other");
    expect(userName(unlisted)).toBe(`uid ${process.getuid?.()}`);
  });

  it("does not hide another failure", () => {
    const broken = () => {
      throw new TypeError("a defect");
    };
    expect(() => homeFolder({}, broken)).toThrow("a defect");
  });
});
