import { invalidArgument, type JsonObject } from "../../src/errors.ts";
import type { MediaTypeFamily } from "./content.ts";
import {
  type BuiltImage,
  type BuiltIndex,
  type LayerCompression,
  buildImage,
  buildIndex,
  buildLayer,
} from "./image-builder.ts";
import { MACHINE_CODE, type TinyArchitecture } from "./machine-code.ts";
import type { LayerEntry } from "./tar.ts";

export interface TinyProgramOptions {
  /** The line that it writes to standard output. Default `slipway demo machine is up` and a line feed. */
  readonly line?: string;
  /** Numbers (1 to 64) of the signals that end it. Default: 15 (SIGTERM). With an empty list it exits at once. */
  readonly signals?: readonly number[];
  /** 0 to 255. Default 0. */
  readonly exitCode?: number;
}

export interface TinyImageOptions {
  readonly program?: TinyProgramOptions;
  /** Overrides for the `config` section, whose `Entrypoint` is the program and whose `WorkingDir` is `/`. */
  readonly config?: JsonObject;
  /** Additional files, in a separate layer above the program's. */
  readonly files?: readonly LayerEntry[];
  readonly mediaTypes?: MediaTypeFamily;
  readonly compression?: LayerCompression;
}

const DEFAULT_LINE = "slipway demo machine is up\n";
const SIGTERM = 15;
const PROGRAM_PATH = "/machine";
const ELF_MACHINES = { amd64: 62, arm64: 183 } as const;
const ELF_HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const HEADERS = ELF_HEADER_BYTES + PROGRAM_HEADER_BYTES;
const LOAD_ADDRESS = 0x40_0000n;

/**
 * A static Linux program as the bytes of its ELF file: it writes a line, waits for a signal and exits. It needs no other
 * file in its image, and every build yields the same bytes.
 *
 * @throws SlipwayError `INVALID_INPUT` for an invalid signal number or exit code.
 */
export function tinyProgram(
  architecture: TinyArchitecture,
  options: TinyProgramOptions = {},
): Uint8Array {
  const code = MACHINE_CODE[architecture];
  const parameters = programParameters(options);
  const size = HEADERS + code.byteLength + parameters.byteLength;
  const file = new Uint8Array(size);
  file.set(elfHeaders(architecture, size));
  file.set(code, HEADERS);
  file.set(parameters, HEADERS + code.byteLength);
  return file;
}

function programParameters(options: TinyProgramOptions): Uint8Array {
  const line = new TextEncoder().encode(options.line ?? DEFAULT_LINE);
  const bytes = new Uint8Array(16 + line.byteLength);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, signalMask(options.signals ?? [SIGTERM]), true);
  view.setUint32(8, requireRange("exit code", options.exitCode ?? 0, 0, 255), true);
  view.setUint32(12, line.byteLength, true);
  bytes.set(line, 16);
  return bytes;
}

function signalMask(signals: readonly number[]): bigint {
  return signals.reduce((mask, signal) => {
    return mask | (1n << BigInt(requireRange("signal", signal, 1, 64) - 1));
  }, 0n);
}

function requireRange(what: string, value: number, lowest: number, highest: number): number {
  if (Number.isInteger(value) && value >= lowest && value <= highest) return value;
  throw invalidArgument("INVALID_INPUT", `${what} ${value} is not within ${lowest} and ${highest}`);
}

/** An ELF-64 header and one program header that loads the whole file, readable and executable. */
function elfHeaders(architecture: TinyArchitecture, fileSize: number): Uint8Array {
  const bytes = new Uint8Array(HEADERS);
  const view = new DataView(bytes.buffer);
  // Magic, 64 bit, little-endian, version 1.
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true); // ET_EXEC
  view.setUint16(18, ELF_MACHINES[architecture], true);
  view.setUint32(20, 1, true); // version
  view.setBigUint64(24, LOAD_ADDRESS + BigInt(HEADERS), true); // entry point
  view.setBigUint64(32, BigInt(ELF_HEADER_BYTES), true); // offset of the program header
  view.setUint16(52, ELF_HEADER_BYTES, true);
  view.setUint16(54, PROGRAM_HEADER_BYTES, true);
  view.setUint16(56, 1, true); // program headers
  view.setUint16(58, 64, true); // size of a section header; there are no sections
  view.setUint32(64, 1, true); // PT_LOAD
  view.setUint32(68, 5, true); // readable, executable
  view.setBigUint64(80, LOAD_ADDRESS, true); // virtual address
  view.setBigUint64(88, LOAD_ADDRESS, true); // physical address
  view.setBigUint64(96, BigInt(fileSize), true); // bytes in the file
  view.setBigUint64(104, BigInt(fileSize), true); // bytes in memory
  // 64 KiB: the largest page that an arm64 kernel uses.
  view.setBigUint64(112, 0x1_0000n, true);
  return bytes;
}

/** An image with only the tiny program, at `/machine`. It is smaller than two kilobytes and runs without any network. */
export function tinyImage(
  architecture: TinyArchitecture,
  options: TinyImageOptions = {},
): BuiltImage {
  const compression = options.compression ?? "gzip";
  const program: LayerEntry = {
    type: "file",
    path: PROGRAM_PATH,
    mode: 0o755,
    content: tinyProgram(architecture, options.program),
  };
  const layers = [[program], ...(options.files === undefined ? [] : [options.files])];
  return buildImage({
    platform: { os: "linux", architecture, ...(architecture === "arm64" ? { variant: "v8" } : {}) },
    layers: layers.map((entries) => buildLayer(entries, { compression })),
    config: { Entrypoint: [PROGRAM_PATH], WorkingDir: "/", ...options.config },
    ...(options.mediaTypes === undefined ? {} : { mediaTypes: options.mediaTypes }),
  });
}

/** An index of the tiny image for linux/amd64 and linux/arm64. */
export function tinyMultiPlatformImage(options: TinyImageOptions = {}): BuiltIndex {
  return buildIndex([tinyImage("amd64", options), tinyImage("arm64", options)]);
}
